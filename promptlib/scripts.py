"""Each migration becomes an Alembic revision: a Script without a Python file behind it."""

from __future__ import annotations

import contextlib
import logging
import time
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from alembic import op
from alembic.script import Script, ScriptDirectory, write_hooks
from alembic.script.revision import RevisionMap
from alembic.util import CommandError

from promptlib import directory, offline, report, runner
from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext, MigrationInfo

    from promptlib.directory import File
    from promptlib.migration import Migration, Section

TEMPLATE = "script.sql.mako"
SETTINGS = "promptlib_settings"
_ONE_LINE = "migrations form one line, in the order of their versions"
_log = logging.getLogger(__name__)


class SqlScriptDirectory(ScriptDirectory):
    """A script directory whose revisions are the migrations in sql/.

    Args:
        config: of a project with `sql_location` in its `[alembic]` section.
        plain: what Alembic makes of the same configuration.
    """

    def __init__(self, config: Config, plain: ScriptDirectory) -> None:
        self.__dict__.update(plain.__dict__)
        self.config = config
        self.folder = Path(str(config.get_alembic_option("sql_location")))
        self.revision_map = RevisionMap(self.generate_scripts)
        self.running: Migration | None = None
        self._began = 0.0
        self._finished = ""
        report.configure_logging(config)

    @cached_property
    def files(self) -> list[File]:
        """The migrations by name, oldest first; none has been read."""
        with report.errors(self.config):
            return directory.files(self.folder)

    @cached_property
    def migrations(self) -> dict[str, Migration]:
        """Every migration, read and checked, by version."""
        return {found.version: found for found in directory.read_all(self.files)}

    def require_readable(self) -> None:
        """Read every migration: one broken file anywhere stops a deploy before it begins.

        Raises:
            PromptlibError: naming every file that is refused.
        """
        _ = self.migrations

    def generate_scripts(self) -> Iterator[Script]:
        """Yield the revisions in the order of their versions: what RevisionMap asks for."""
        before = None
        for file in self.files:
            yield self._script(file, before)
            before = file.version

    def _script(self, file: File, before: str | None) -> Script:
        module = ModuleType(f"sql_{file.version}", file.name.replace("_", " "))
        module.__dict__.update(
            revision=file.version,
            down_revision=before,
            upgrade=self._function("upgrade", file, "up"),
            downgrade=self._function("downgrade", file, "down"),
        )
        return Script(module, file.version, file.path)

    def _function(self, name: str, file: File, part: str) -> Callable[..., None]:
        """The upgrade or downgrade function of a revision. Alembic logs it by its name."""

        def run(**_: object) -> None:
            self.log_finished()
            self.running, self._began = self.migrations[file.version], time.perf_counter()
            self._run(getattr(self.running, part), file.path)

        run.__name__ = name
        return run

    def _run(self, section: Section, path: Path) -> None:
        context = op.get_context()
        settings = {**context.opts.get(SETTINGS, {}), **section.settings}
        with contextlib.nullcontext() if section.transactional else _outside(context, path):
            if context.as_sql:
                context.impl.static_output(offline.script(section, settings))
                return
            assert context.connection
            driver: Any = context.connection.connection.driver_connection
            runner.run(driver, section, path, settings)

    def place(self) -> str:
        """The path of the migration that runs, or nothing."""
        return shown(self.running.path) if self.running else ""

    def log_step(self, step: MigrationInfo) -> None:
        """Remember to tell that a step was taken, and how long its SQL took: it may not commit."""
        if self.running and not step.is_stamp:
            word = "upgrade  " if step.is_upgrade else "downgrade"
            name = self.running.name.replace("_", " ")
            took = 1000 * (time.perf_counter() - self._began)
            self._finished = f"{word} {self.running.version}  {name}  {took:.0f} ms"

    def log_finished(self) -> None:
        """Tell of the last step: its transaction has been committed."""
        if self._finished:
            _log.info(self._finished)
            self._finished = ""

    def get_all_current(self, id_: tuple[str, ...]) -> set[Script]:
        """The current revisions. In one line of history these are what the database names.

        Alembic's own looks for branches among the ancestors, which takes seconds for 5,000.
        """
        return set(self.get_revisions(id_))

    def generate_revision(  # fewer arguments have a meaning here
        self, revid: str, message: str | None, head: Any = None, *_: Any, **options: Any
    ) -> Script:
        """Write the next migration, prepared from script.sql.mako; what `alembic revision` calls.

        Raises:
            CommandError: for the options of branches and merges: there is one line of history.
        """
        self._require_one_line(head, options)
        given = revid if directory.is_version(revid) else ""
        before = self.get_current_head()
        with report.errors(self.config):
            file = directory.new_file(self.folder, message or "", after=self.files, version=given)
            try:
                self._generate_template(Path(self.dir, TEMPLATE), file.path, message=message)
            except OSError as error:
                raise PromptlibError(
                    f"cannot be written: {error.strerror}",
                    "make the folder writable",
                    place=shown(file.path),
                ) from error
        if self.hooks:
            write_hooks._run_hooks(file.path, self.hooks)  # noqa: SLF001 - as Alembic's own does
        self.files.append(file)
        script = self._script(file, before)
        self.revision_map.add_revision(script)
        return script

    def _require_one_line(self, head: Any, options: dict[str, Any]) -> None:
        if isinstance(head, (list, tuple)):
            raise CommandError(f"there is nothing to merge: {_ONE_LINE}")
        refused = [
            f"--{name.replace('_', '-').removesuffix('s')}"
            for name in ("splice", "branch_labels", "version_path", "depends_on")
            if options.get(name)
        ]
        if head not in (None, "head", "heads", self.get_current_head()):
            refused.append("--head")
        if refused:
            raise CommandError(f"{', '.join(refused)} has no meaning here: {_ONE_LINE}")
        if options.get("upgrades", "pass").strip() not in ("", "pass"):
            raise CommandError("--autogenerate cannot write SQL yet; write the migration by hand")


def _outside(context: MigrationContext, path: Path) -> contextlib.AbstractContextManager[None]:
    """Alembic's autocommit block, which a caller's own open transaction makes impossible."""
    if context._in_external_transaction:  # noqa: SLF001 - Alembic offers no other way to ask
        raise CommandError(
            f"{shown(path)}: transaction:false needs a connection without an open transaction; "
            "pass an engine, or a connection that has begun nothing"
        )
    return context.autocommit_block()
