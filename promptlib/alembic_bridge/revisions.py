"""Each migration becomes an Alembic revision: a Script without a Python file behind it."""

from __future__ import annotations

import contextlib
import logging
import re
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from alembic.script import Script, ScriptDirectory, write_hooks
from alembic.script.revision import RevisionMap
from alembic.util import CommandError, to_tuple

from promptlib.alembic_bridge.errors import (
    READ,
    configure_logging,
    errors_reported,
    fewer_warnings,
    is_offline_revision,
)
from promptlib.core.errors import PromptlibError, combine_errors
from promptlib.files.directory import (
    MigrationFile,
    is_version,
    list_migrations,
    migration_path,
)
from promptlib.files.new_file import TEMPLATE, name_next_migration, write_errors_explained
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.reading import Migrations, read_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.config import Config

    from promptlib.autogenerate.write.draft import Draft
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.reading import Reading

_log = logging.getLogger(__name__)
_BACK = re.compile(r"-(\d+)")
_ONE_LINE = "migrations form one line, in the order of their versions"


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
        self.rows: Mapping[
            str, LedgerRow
        ] = {}  # the ledger's: what is as it ran is not parsed again
        self.ghosts: list[LedgerRow] = []
        self.never_ran: set[str] = set()  # older than the current revision
        self.bound = ""  # how far an upgrade goes that takes no step of Alembic's
        self.has_half = False  # whether half of an UP is there, of which Alembic does not know
        self.compares = False  # whether a model is compared with the database
        self.drafts: Iterator[Draft] | None = None  # what --autogenerate has found
        self.asked = ""  # upgrade, downgrade or stamp: what Alembic last planned
        self.perform: Callable[[str, str], None]  # what a revision's functions do
        self.place: Callable[[], str] = str  # the file of the migration that runs
        configure_logging(config)
        if is_offline_revision(config):
            # Else Alembic says that it makes no sense. It runs env.py, which then connects nowhere.
            config.set_main_option("revision_environment", "true")

    @cached_property
    def files(self) -> list[MigrationFile]:
        """The migrations by name, oldest first; none has been read."""
        with errors_reported(self.config):
            return list_migrations(self.folder)

    @cached_property
    def _reading(self) -> Reading:
        found = read_files(self.files, self.rows, self.config.attributes.get(READ, {}))
        if found.broken:
            raise combine_errors(found.broken)
        return found

    @cached_property
    def migrations(self) -> Mapping[str, Migration]:
        """Every migration, checked, by version."""
        return Migrations(self.files, self._reading.changed)

    @property
    def checksums(self) -> dict[str, str]:
        """The checksums of their UP sections, by version."""
        return self._reading.checksums

    def require_readable(self) -> None:
        """Raise PromptlibError for what is broken anywhere, before a deploy begins."""
        _ = self._reading

    def take(self, drafts: Iterator[Draft]) -> None:
        """Keep what --autogenerate has found until the files are written."""
        self.drafts = drafts

    def require_head(self, current: tuple[str, ...]) -> None:
        """Refuse to compare a model with an older schema, which lacks what pending ones make.

        Raises:
            PromptlibError: naming both versions.
        """
        heads = tuple(self.get_heads())
        if self.compares and current != heads:
            raise PromptlibError(
                f"the database is not up to date: it is at {', '.join(current) or 'base'}, the "
                f"newest migration is {', '.join(heads)}",
                "run what is pending first: alembic upgrade head",
            )

    def remember(self, ghosts: list[LedgerRow]) -> None:
        """Take what the database names and sql/ does not have for revisions as well."""
        if ghosts:
            self.ghosts = ghosts
            self.revision_map = RevisionMap(self.generate_scripts)

    def generate_scripts(self) -> Iterator[Script]:
        """Yield the revisions in the order of their versions: what RevisionMap asks for."""
        gone = [
            MigrationFile(
                row.version,
                row.file_name,
                str(migration_path(self.folder, row.version, row.file_name)),
            )
            for row in self.ghosts
        ]
        before = None
        for file in sorted([*self.files, *gone]) if gone else self.files:
            yield self._script(file, before)
            before = file.version

    def _script(self, file: MigrationFile, before: str | None) -> Script:
        module = ModuleType(f"sql_{file.version}", file.name.replace("_", " "))
        module.__dict__.update(
            revision=file.version,
            down_revision=before,
            upgrade=self._function("upgrade", file.version, UP),
            downgrade=self._function("downgrade", file.version, DOWN),
        )
        return Script(module, file.version, file.where)

    def _function(self, name: str, version: str, direction: str) -> Callable[..., None]:
        """The upgrade or downgrade function of a revision. Alembic logs it by its name."""

        def run(**_: object) -> None:
            self.perform(version, direction)

        run.__name__ = name
        return run

    def _upgrade_revs(self, destination: str, current_rev: str) -> list[Any]:
        self.asked = "upgrade"
        steps = super()._upgrade_revs(destination, current_rev)
        self.bound = "" if steps else self._absolute(destination)
        return steps

    def _absolute(self, destination: str) -> str:
        """The version that a target names, or nothing for one that counts from here."""
        with contextlib.suppress(CommandError):
            return next((str(each.revision) for each in self.get_revisions(destination)), "")
        return ""

    def _downgrade_revs(self, destination: str, current_rev: str | None) -> list[Any]:
        self.asked = "downgrade"
        back = _BACK.fullmatch(destination)
        if back:
            count = int(back[1]) - self.has_half
            if not count:
                return []
            destination = f"-{count + self._passed_over(count, current_rev)}"
        return super()._downgrade_revs(destination, current_rev)

    def _passed_over(self, count: int, current: Any) -> int:
        """How many migrations never ran among the last ones, of which `count` did."""
        newest = max(to_tuple(current), default="")
        versions = [
            script.revision for script in self.walk_revisions() if script.revision <= newest
        ]
        ran = [number for number, version in enumerate(versions) if version not in self.never_ran]
        if count > len(ran):
            raise CommandError(f"Relative revision -{count} didn't produce {count} migrations")
        return ran[count - 1] + 1 - count

    def _stamp_revs(self, revision: Any, heads: Any) -> list[Any]:
        self.asked = "stamp"
        # What is missing is newer than all files, perhaps, but nobody wants to go there.
        newest = self.files[-1].version if self.files else "base"
        named = [newest if each in ("head", "heads") else each for each in to_tuple(revision)]
        return super()._stamp_revs(tuple(named), heads)

    def get_all_current(self, id_: tuple[str, ...]) -> set[Script]:
        """The current revisions. In one line of history these are what the database names.

        Alembic's own looks for branches among the ancestors, which takes seconds for 5,000.
        """
        return set(self.get_revisions(id_))

    def generate_revision(  # fewer arguments have a meaning here
        self, revid: str, message: str | None, head: Any = None, *_: Any, **options: Any
    ) -> Script | None:
        """Write the next migration, prepared from script.sql.mako; what `alembic revision` calls.

        Returns:
            Nothing, where --autogenerate has found nothing to do: then no file is written.

        Raises:
            CommandError: for the options of branches and merges: there is one line of history.
        """
        self._require_one_line(head, options)
        draft = next(self.drafts) if self.drafts else None
        if draft is not None and not draft:
            _log.info("no migration was written: the database is as the model says")
            return None
        given = revid if is_version(revid) else ""
        before = self.get_current_head()
        with errors_reported(self.config):
            file = name_next_migration(self.folder, message or "", after=self.files, version=given)
            with write_errors_explained(file.path):
                self._generate_template(Path(self.dir, TEMPLATE), file.path, message=message)
            if draft:
                _fill(file.path, draft)
        if self.hooks:
            write_hooks._run_hooks(file.path, self.hooks)
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


def _fill(path: Path, draft: Draft) -> None:
    """Write what --autogenerate has found into a new migration; there is none, if that fails."""
    try:
        with fewer_warnings():
            text = draft.render(path.read_text("utf-8"), TEMPLATE)
        path.write_text(text, "utf-8", newline="\n")
    except BaseException:
        path.unlink()
        raise
