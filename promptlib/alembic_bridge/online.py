"""A command on a database: one that looks, or a deploy, with everything that keeps it safe."""

from __future__ import annotations

import contextlib
import gc
import logging
import time
from typing import TYPE_CHECKING, Any, cast

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from promptlib.alembic_bridge.errors import FROM, is_command
from promptlib.alembic_bridge.steps import Running
from promptlib.core.durations import display_duration
from promptlib.core.errors import PromptlibError
from promptlib.engine.deploy import Deploy
from promptlib.engine.sections import Sections
from promptlib.engine.watcher import Watcher
from promptlib.ledger.lock import DeployLock, acquire_lock, hold_lock, lock_key
from promptlib.ledger.state import REPLICA, make_ledger, read_ledger
from promptlib.ledger.tables import VERSION_TABLE
from promptlib.plan.states import (
    State,
    known_rows,
    migration_entries,
    require_applicable,
    require_clear,
    require_ours,
    require_unmoved,
    rows_without_files,
    state_problems,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.environment import EnvironmentContext
    from psycopg2.extensions import connection as DriverConnection
    from sqlalchemy import Connection

    from promptlib.alembic_bridge.revisions import SqlScriptDirectory
    from promptlib.config.settings import Settings
    from promptlib.ledger.state import Ledger
    from promptlib.plan.states import Entry

_log = logging.getLogger(__name__)


def run(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    settings: Settings,
    connection: Connection,
    options: dict[str, Any],
) -> None:
    """Run the command.

    Args:
        context: Alembic's.
        script: the migrations.
        settings: how to behave.
        connection: to the database.
        options: for `context.configure`.
    """
    this = _Command(context, script, settings, connection)
    context.configure(connection, **options)
    this.take_over()
    try:
        if "destination_rev" in context.get_context().opts:
            this.deploy()
        else:
            this.look()
    except BaseException:
        this.undo()
        raise
    if not this.external:
        connection.commit()  # a caller's next command on it must not find a transaction open


class _Command:
    """One run of Alembic's command on a connection."""

    def __init__(
        self,
        context: EnvironmentContext,
        script: SqlScriptDirectory,
        settings: Settings,
        connection: Connection,
    ) -> None:
        self.context, self.script, self.settings = context, script, settings
        self.connection = connection
        self.driver: Any = connection.connection.driver_connection
        self.external = connection.in_transaction()
        self.alembics: Callable[[Any, Any], list[Any]]
        self.running: Running | None = None

    def undo(self) -> None:
        """End what is open after an error; a caller's next command must not find that either."""
        if not self.external and not self.driver.closed:
            with contextlib.suppress(psycopg2.Error, SQLAlchemyError):  # it may be lost
                self.connection.rollback()
                self.driver.rollback()  # what SQLAlchemy knows nothing of

    def take_over(self) -> None:
        """Stand between Alembic and the function that gives it the command's steps."""
        context = self.context.get_context()
        self.alembics = context.opts["fn"]
        context._migrations_fn = self.planned

    def planned(self, heads: Any, context: Any) -> Any:
        """What Alembic asks for the steps."""
        steps = self.alembics(heads, context)
        return self.running.planned(steps) if self.running else steps

    def look(self) -> None:
        """Run a command that only looks: report what is not as the files say, and go on."""
        # Alembic makes its version table for commands that only look (check, history -i): not here.
        self.context.get_context().opts.setdefault("dont_mutate", True)
        with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):
            found = self.read()
            try:
                entries = self.plan(found)
            except PromptlibError as error:  # a file that cannot be read
                _log.warning("%s", error)
            else:
                for problem in state_problems(entries, self.script.folder, found.version):
                    _log.warning("%s", problem)
            self.script.require_head(found.current)
        self.context.run_migrations()

    def read(self) -> Ledger:
        """Read what the database remembers, without touching a caller's open transaction."""
        try:
            with self.driver.cursor() as cursor:
                found = read_ledger(cursor, self.settings.version_table_schema)
        finally:
            if not self.external:
                self.driver.rollback()
        self.script.rows = self.script.rows or found.rows
        rows = known_rows(self.script.files, {}, found)
        self.script.remember(rows_without_files(rows, found.current, self.script.files))
        self.script.never_ran = {
            each.version for each in self.script.files if each.version not in rows
        }
        self.script.has_half = any(each.version not in found.rows for each in found.half_done)
        return found

    def plan(self, found: Ledger) -> list[Entry]:
        """Where each migration stands."""
        files, checksums = self.script.files, self.script.checksums
        return migration_entries(files, checksums, found, known_rows(files, checksums, found))

    def deploy(self) -> None:
        """Change the database, if there is something to do; one deploy at a time."""
        began = time.monotonic()
        found = self.read()
        self.script.require_readable()
        if found.is_replica:
            raise PromptlibError(*REPLICA)
        entries = self.plan(found)
        steps = self.alembics(found.current, self.context.get_context())
        self.require(found, entries)
        done = 0
        if self.has_work(found, entries, steps):
            done = self.locked(found)
        else:
            self.context.run_migrations()
        self.tell_end(done, time.monotonic() - began)

    def require(self, found: Ledger, entries: list[Entry]) -> None:
        """Refuse what no deploy may touch."""
        if self.script.asked == "stamp":
            require_ours(found)
            return
        require_clear(found, self.script.files)
        if self.script.asked == "upgrade":
            late = self.settings.applies_late
            require_applicable(entries, found, self.script.folder, applies_late=late)

    def has_work(self, found: Ledger, entries: list[Entry], steps: list[Any]) -> bool:
        """Whether anything would be written."""
        late = State.LATE in [entry.state for entry in entries]
        return bool(
            steps
            or found.half_done
            or not found.is_ready
            or self.script.asked == "stamp"
            or (late and self.settings.applies_late and self.script.asked == "upgrade")
        )

    def locked(self, found: Ledger) -> int:
        """Deploy while no other deploy runs; the number of migrations that ran."""
        number = lock_key(found.schema, VERSION_TABLE)
        with self.lock(number) as held:
            found = self.prepare()
            require_unmoved(found, self.context.config.attributes.get(FROM))
            entries = self.plan(found)
            self.require(found, entries)
            if is_command(self.context.config):
                gc.freeze()  # files and modules stay: no use in searching them again and again
            with self.watcher() as watcher:
                sections = Sections(self.driver, found, self.script.migrations, self.script.folder)
                deploy = Deploy(
                    connection=self.driver,
                    connect=self.second,
                    settings=self.settings,
                    sections=sections,
                    lock=held,
                    watcher=watcher,
                    external=self.external,
                )
                self.running = Running(self.script, self.context.get_context(), deploy, entries)
                self.context.run_migrations()
                deploy.commit()
                return self.running.done

    def lock(self, number: int) -> contextlib.AbstractContextManager[DeployLock | None]:
        """The deploy lock; in a caller's transaction it is held until that ends."""
        if not self.external:
            return hold_lock(self.second, number, self.settings.deploy_wait)
        with self.driver.cursor() as cursor:
            acquire_lock(cursor, number, self.settings.deploy_wait)
        return contextlib.nullcontext()

    def prepare(self) -> Ledger:
        """Read the ledger again, now that nobody else writes; make and fill it if need be."""
        found = self.read()
        migrations = self.script.migrations
        before = (migrations[key] for key in migrations if key <= found.version)
        with self.driver.cursor() as cursor:
            made = make_ledger(cursor, found, before)
        if not found.has_version_table:
            # Left to run_migrations, it would go when the first migration is begun again.
            self.context.get_context()._ensure_version_table()
        elif not made:
            return found
        if not self.external:
            self.driver.commit()
        return self.read()

    def watcher(self) -> Watcher:
        """What looks at statements that take their time."""
        answers = is_command(self.context.config)
        return Watcher(self.second, self.driver, interruptible=answers)

    def second(self) -> DriverConnection:
        """Another connection to the same database."""
        # A pool of its own: the caller's may have no connection left, or always give the same.
        made = self.connection.engine.pool.recreate().connect()
        driver: Any = made.driver_connection
        made.detach()
        return cast("DriverConnection", driver)

    def tell_end(self, done: int, took: float) -> None:
        """Say what was done, and where the database stands."""
        heads = self.context.get_context().get_current_heads()
        newest = " (head)" if tuple(self.script.get_heads()) == heads else ""
        ran = f"{done} migration{'s' * (done != 1)} in {display_duration(took)}; " if done else ""
        _log.info("%sthe database is at %s%s", ran, ", ".join(heads) or "base", newest)
