"""The way in: migrate a database by the files of a project, from a program as from a command.

psycopg2 comes with the first connection: so the files of a command are read while it is loaded.
"""

from __future__ import annotations

from promptlib.config.project import BY_PROGRAM, DEFAULT_SECTION, read_project
from promptlib.config.settings import override_settings
from promptlib.core.errors import ConfigurationError, UnknownVersionError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import STATUS, Remedy
from promptlib.engine.results import (
    CloseLook,
    DatabaseStatus,
    Deployment,
    MigrationStatus,
    database_status,
    migration_status,
)
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import Status, compare_status

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.project import Project
    from promptlib.config.settings import Settings
    from promptlib.core.errors import PromptlibError
    from promptlib.core.events import Progress
    from promptlib.engine.deploy import Deploy
    from promptlib.engine.kept_connection import KeptConnection
    from promptlib.engine.kept_downs import KeptDown
    from promptlib.engine.locked import Locked
    from promptlib.engine.request import Request
    from promptlib.ledger.history import Attempt, KeptTexts, RecordedDeploy
    from promptlib.ledger.state import Ledger
    from promptlib.plan.deploys import DeployProgress
    from promptlib.plan.readiness import Readiness
    from promptlib.plan.steps import PlannedStep
    from promptlib.postgres.target import Target


class Migrator:
    """Migrates one database by the files of one project.

    Use it in a `with` block: it keeps one connection open, and opens others while it deploys. It
    prints nothing, handles no signals and shares nothing with other migrators; each belongs to one
    thread at a time.

        with Migrator("postgresql://user@host/database", config="alembic.ini") as migrator:
            migrator.migrate()

    Args:
        url: the database; None: what the configuration, DATABASE_URL or .env says.
        config: the path of alembic.ini or pyproject.toml; None: the one in the current folder, or
            what ALEMBIC_CONFIG names.
        section: the section of alembic.ini that is read, as `alembic --name` has it.
        settings: what wins over the configuration, by the names that it has there: lock_timeout,
            lock_attempts, statement_timeout, deploy_wait, version_table_schema, ledger_table.
        progress: called with each event of a deploy, perhaps from another thread.

    Raises:
        ConfigurationError: when there is no configuration, or it makes no sense.
        NoConnectionError: later, when the database cannot be reached.
    """

    _is_command = False

    def __init__(
        self,
        url: str | None = None,
        *,
        config: str | None = None,
        section: str = DEFAULT_SECTION,
        settings: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        if url is not None and not url.strip():
            raise ConfigurationError("the url is empty", "name a database, or leave it out")
        project = read_project(config or "", {}, url or "", section, BY_PROGRAM)
        chosen = override_settings(project.settings, settings or {})
        self._set_up(project._replace(settings=chosen), progress)

    def _set_up(
        self, project: Project, progress: Progress | None, target: Target | None = None
    ) -> None:
        self._project, self._progress, self._target = project, progress, target
        self._kept: KeptConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._kept:
            self._kept.close()

    @property
    def target(self) -> Target:
        """The database, once it is known where it is."""
        if not self._target:
            self._target = self._project.target()
        return self._target

    @property
    def project(self) -> Project:
        """Whose files and settings these are."""
        return self._project

    @property
    def settings(self) -> Settings:
        """How it behaves."""
        return self._project.settings

    def status(self) -> DatabaseStatus:
        """Where the database stands. Nothing is written or locked.

        Raises:
            PromptlibError: when it cannot be reached, or a name in sql/ is not a migration's.
        """
        return self._report(self._look_closely())

    def _report(self, seen: CloseLook) -> DatabaseStatus:
        """Where the database stands, from what was read of it."""
        return database_status(seen, self._database.connection.info.dbname, str(self.target))

    def pending(self) -> tuple[MigrationStatus, ...]:
        """The migrations that have not run, late ones too, oldest first.

        Raises:
            PromptlibError: as `status` does.
        """
        found = self._look()
        return tuple(migration_status(found, {}, entry) for entry in found.waiting)

    def executed(self) -> tuple[MigrationStatus, ...]:
        """The migrations that ran, oldest first.

        Raises:
            PromptlibError: as `status` does.
        """
        found, executions, _ = self._look_closely()
        return tuple(migration_status(found, executions, entry) for entry in found.applied)

    def history(self, version: str = "") -> tuple[Attempt, ...]:
        """Every attempt to run a migration, oldest first.

        Args:
            version: of the only one to tell of, or how it begins; empty: all.

        Raises:
            UnknownVersionError: when neither an attempt nor a file has such a version.
        """
        from promptlib.ledger.history import read_history

        ledger = self._ledger()
        with self._database.looking() as cursor:
            rows = read_history(cursor, ledger, version)
        files = self._sources().files if version and not rows else []
        if version and not rows and not any(each.version.startswith(version) for each in files):
            raise UnknownVersionError(
                f"no migration has a version that begins with {version!r}",
                Remedy("{} shows them all", STATUS),
            )
        return tuple(rows)

    def deploys(self) -> tuple[RecordedDeploy, ...]:
        """Every deploy, oldest first, whatever became of it.

        Raises:
            PromptlibError: as `status` does.
        """
        from promptlib.ledger.history import read_deploys

        ledger = self._ledger()
        with self._database.looking() as cursor:
            return tuple(read_deploys(cursor, ledger))

    def migrate(self, to: str = "head", *, late: str | None = None) -> Deployment:
        """Run pending migrations, oldest first.

        Args:
            to: head, +N for the next N, or a version, which may be shortened while it is unique.
            late: `apply` runs late migrations first, `refuse` refuses them; None: what the
                configuration says.

        Raises:
            UnknownVersionError: for a target that is none.
            MigrationFileError: for a file that is broken; nothing has run.
            PlanRefusedError: when a migration is late, edited, missing or cut off; its subclasses
                tell which. Nothing has run.
            LockNotAcquiredError: when another deploy does not end in time.
            StatementError: when a statement fails. Nothing of its migration is left, if that runs
                in a transaction; those before it stay.
        """
        from promptlib.engine.request import request_upgrade

        self._project.database.require_agreement()
        chosen = {} if late is None else {"late_migrations": late}
        return self._run(request_upgrade(to), self._look(), chosen)

    def rollback(
        self,
        count: int | None = None,
        *,
        to: str | None = None,
        allow_data_loss: bool = False,
        kept_down: bool = False,
    ) -> Deployment:
        """Take the newest migrations back.

        Args:
            count: how many; None: one.
            to: all after this version instead, which may be shortened; `base`: all.
            allow_data_loss: whether DOWN sections may delete rows that no migration made.
            kept_down: whether DOWN sections may run that only the ledger has, because the file is
                gone or another one: whoever may write the ledger may have written them.

        Raises:
            KeptDownError: with these sections, where that is not so. Nothing has run.
            PromptlibError: as `migrate` does.
        """
        from promptlib.engine.request import request_downgrade
        from promptlib.plan.steps import choose_rollback

        self._project.database.require_agreement()
        found = self._look()
        back = choose_rollback(found, count, to)
        chosen = {"allow_data_loss": "on"} if allow_data_loss else {}
        chosen |= {"kept_down": "run"} if kept_down else {}
        return self._run(request_downgrade(back.end, agreed=found), found, chosen)

    def _look(self, *, closely: bool = False) -> Status:
        """Compare the files with the database, as it is at one moment."""
        files = self._sources(hurried=self._is_command)
        return compare_status(files, self._ledger(closely=closely))

    def _look_closely(self) -> CloseLook:
        """The same, with how the applied migrations ran, and the deploys that have not ended."""
        found = self._look(closely=True)
        return CloseLook(found, found.ledger.executions, self._unfinished(found))

    def _unfinished(self, found: Status) -> tuple[DeployProgress, ...]:
        if not found.ledger.unfinished:
            return ()
        from promptlib.plan.deploys import look_at_deploys

        with self._database.looking() as cursor:
            return look_at_deploys(cursor, found)

    def _ledger(self, *, closely: bool = False) -> Ledger:
        """What the database remembers, whatever the files say."""
        return self._database.read_ledger(LedgerNames(*self.settings.ledger), closely=closely)

    def _sources(self, *, hurried: bool = False) -> MigrationFiles:
        """The files as they are now, listed: a wrong name is told before anything is asked."""
        found = MigrationFiles(self._project.sql_name, hurried=hurried)
        _ = found.files
        return found

    @property
    def _database(self) -> KeptConnection:
        if not self._kept:
            target = self.target
            from promptlib.engine.kept_connection import KeptConnection  # and with it psycopg2

            self._kept = KeptConnection(target, is_command=self._is_command)
        return self._kept

    def _run(self, request: Request, seen: Status, chosen: Mapping[str, str]) -> Deployment:
        from promptlib.engine.request import is_needed, plan_request, untouched

        settings = override_settings(self.settings, chosen)
        steps = plan_request(request, seen, settings)
        if not is_needed(steps, seen):
            return untouched(seen)
        return self._deploy(seen.files, settings).run_locked(request, seen, steps)

    def _deploy(self, files: MigrationFiles, settings: Settings) -> Deploy:
        from promptlib.core.events import ignore
        from promptlib.engine.context import Connections
        from promptlib.engine.deploy import Deploy

        self._project.database.require_agreement()
        connection = self._database.connection
        connect = self.target.beside(connection).connect
        connections = Connections(connection, connect, owned=True, is_command=self._is_command)
        return Deploy(connections, files, settings, self._progress or ignore)


class CommandMigrator(Migrator):
    """One for a command, which has read its configuration and answers to Ctrl-C and SIGTERM.

    Args:
        project: whose files and settings.
        progress: called with each event of a deploy.
        target: the database; None: the one that the project names.
    """

    _is_command = True

    def __init__(self, project: Project, progress: Progress, target: Target | None = None) -> None:
        self._set_up(project, progress, target)

    def look(self) -> Status:
        """Compare the files with the database, as it is at one moment."""
        return self._look()

    def look_closely(self) -> CloseLook:
        """The same, with how the applied migrations ran, and the deploys that have not ended."""
        return self._look_closely()

    def report(self, seen: CloseLook) -> DatabaseStatus:
        """Where the database stands, from what was read of it."""
        return self._report(seen)

    def ledger(self) -> Ledger:
        """What the database remembers, whatever the files say."""
        return self._ledger()

    def readiness(self) -> tuple[Readiness, list[PromptlibError]]:
        """Whether a deploy could run: what it would find, and what stands in the way."""
        from promptlib.plan.readiness import check_readiness

        sources = self._sources()
        with self._database.asking() as connection:
            return check_readiness(connection, self.target, sources, self.settings)

    def plan(self, found: Status, request: Request) -> list[PlannedStep]:
        """The steps of a deploy, which would be refused where this is."""
        from promptlib.engine.request import plan_request

        return plan_request(request, found, self.settings)

    def kept_downs(self, found: Status, versions: Iterable[str]) -> dict[str, KeptDown]:
        """The DOWN sections that come from the ledger, of migrations that are to be taken back."""
        from promptlib.engine.kept_downs import find_kept_downs

        with self._database.looking() as cursor:
            return find_kept_downs(cursor, found, versions)

    def looking(self) -> contextlib.AbstractContextManager[Cursor]:
        """A cursor to look with at the database as it is at one moment."""
        return self._database.looking()

    def kept_texts(self, found: Status, versions: Sequence[str]) -> dict[str, KeptTexts]:
        """What ran of some migrations, as far as the ledger keeps it."""
        from promptlib.ledger.history import read_kept_texts

        with self._database.looking() as cursor:
            return read_kept_texts(cursor, found.ledger, versions)

    def deploy(self, request: Request, seen: Status) -> Deployment:
        """Run what is asked for, by somebody who has looked before."""
        return self._run(request, seen, {})

    def script(self, found: Status, steps: list[PlannedStep]) -> str:
        """The SQL of steps, for psql."""
        from promptlib.engine.psql_script import PsqlScript

        sql = LedgerSql(found.ledger.names)  # where it was found, or a deploy would make it
        script = PsqlScript(found.files, self.settings, sql)
        return "\n\n".join([*script.deploy(found.current, steps), ""])

    def locked(self, seen: Status) -> contextlib.AbstractContextManager[Locked]:
        """Keep other deploys out, and compare again: files may have changed as well."""
        return self._deploy(self._sources(), self.settings).locked(seen)
