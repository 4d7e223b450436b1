"""Each migration becomes an Alembic revision: a Script without a Python file behind it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.script import Script, ScriptDirectory, write_hooks
from alembic.script.revision import RevisionMap
from alembic.util import CommandError, to_tuple

from promptlib.alembic_bridge.errors import (
    errors_reported,
    fewer_warnings,
    is_offline_revision,
    show_command_progress,
)
from promptlib.alembic_bridge.threads import own_environment
from promptlib.config.packaged import packaged_path
from promptlib.core.errors import MigrationFileError
from promptlib.core.logs import Log
from promptlib.files.directory import (
    MigrationFile,
    is_version,
)
from promptlib.files.new_file import (
    DEFAULT_TEXT,
    TEMPLATE,
    name_next_migration,
    write_errors_explained,
)
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.refusals import require_clear
from promptlib.plan.states import State, rows_without_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

    from promptlib.autogenerate.write.draft import Draft
    from promptlib.files.section import Section
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.status import Status

_log = Log(__name__)
_BACK = re.compile(r"-(\d+)")
_ONE_LINE = "migrations form one line, in the order of their versions"


class Asked(NamedTuple):
    """What a command of Alembic's asked for last.

    Attributes:
        command: `upgrade`, `downgrade` or `stamp`; empty: something that changes no database.
        bound: the version that an upgrade names absolutely, or a stamp means; or nothing.
    """

    command: str = ""
    bound: str = ""


class SqlScriptDirectory(ScriptDirectory):
    """A script directory whose revisions are the migrations in sql/.

    Args:
        config: of a project with `sql_location` in its `[alembic]` section.
        plain: what Alembic makes of the same configuration.

    Attributes:
        sources: the migrations' files.
        asked: what was asked for last.
    """

    def __init__(self, config: Config, plain: ScriptDirectory) -> None:
        self.__dict__.update(plain.__dict__)
        self.config = config
        location = str(config.get_alembic_option("sql_location"))
        with errors_reported(config):
            self.sources = MigrationFiles(Path(packaged_path(location)))
        self.revision_map = RevisionMap(self.generate_scripts)
        self.asked = Asked()
        self._status: Status | None = None  # of the database, once somebody has looked
        self._ghosts: list[LedgerRow] = []  # what it names and sql/ does not have
        self._drafts: Iterator[Draft] | None = None  # what --autogenerate has found
        show_command_progress(config)
        if is_offline_revision(config):
            # Else Alembic says that it makes no sense. It runs env.py, which then connects nowhere.
            config.set_main_option("revision_environment", "true")

    @property
    def files(self) -> list[MigrationFile]:
        """The migrations by name, oldest first; none has been read."""
        with errors_reported(self.config):
            return self.sources.files

    def run_env(self) -> None:
        """Run env.py with the environment of this thread."""
        with own_environment(self.config, self):
            super().run_env()

    def acquaint(self, status: Status) -> None:
        """Take note of where the database stands: targets like -1 and head depend on it."""
        self._status = status
        self._ghosts = rows_without_files(status.ledger, self.files)
        if self._ghosts:
            self.revision_map = RevisionMap(self.generate_scripts)

    def get_heads(self, consider_depends_on: bool = False) -> list[str]:  # noqa: ARG002, FBT001, FBT002 - as Alembic calls it
        """The newest file's version, and those of late ones: all that is to have run."""
        late = self._status.in_states(State.LATE) if self._status else []
        newest = [file.version for file in self.files[-1:]]  # whose errors are reported
        return [*newest, *(each.version for each in late if each.version not in newest)]

    def up_sections(self) -> Iterator[Section]:
        """Yield the UP sections, oldest first, but for those of files that cannot be read."""
        for version in self.sources:
            with contextlib.suppress(MigrationFileError):  # who looks has been told already
                yield self.sources[version].up

    def take_drafts(self, drafts: Iterator[Draft]) -> None:
        """Keep what --autogenerate has found until the files are written."""
        self._drafts = drafts

    def generate_scripts(self) -> Iterator[Script]:
        """Yield the revisions in the order of their versions: what RevisionMap asks for.

        What nobody knows comes first: so nothing of ours counts as its ancestor, which ran.
        """
        unknown = self._status.unknown if self._status else ()
        gone = {
            row.version: MigrationFile(
                row.version,
                row.file_name,
                str(self.sources.path(row.version, row.file_name)),
            )
            for row in self._ghosts
        }
        before, files = None, self.files
        if gone:
            known = sorted(file for file in [*files, *gone.values()] if file.version not in unknown)
            files = [*(gone[version] for version in unknown), *known]
        for file in files:
            yield _script(file, before, _WithoutFile if file.version in gone else Script)
            before = file.version

    def _require_clear(self) -> None:
        """Refuse to count from where a database stands, if that is not clear."""
        if self._status:
            require_clear(self._status)

    def _upgrade_revs(self, destination: str, current_rev: str) -> list[Any]:
        self._require_clear()
        steps = super()._upgrade_revs(destination, current_rev)
        self.asked = Asked("upgrade", "" if steps else self._absolute(destination))
        return steps

    def _absolute(self, destination: str) -> str:
        """The version that a target names, or nothing for one that counts from here."""
        with contextlib.suppress(CommandError):
            return next((str(each.revision) for each in self.get_revisions(destination)), "")
        return ""

    def _downgrade_revs(self, destination: str, current_rev: str | None) -> list[Any]:
        self._require_clear()
        self.asked = Asked("downgrade")
        back = _BACK.fullmatch(destination)
        if back and self._status:
            count = int(back[1]) - _has_half_an_up(self._status)
            if not count:
                return []
            destination = f"-{count + self._passed_over(count, self._status)}"
        return super()._downgrade_revs(destination, current_rev)

    def _passed_over(self, count: int, status: Status) -> int:
        """How many migrations never ran among the last ones, of which `count` did."""
        scripts = (script.revision for script in self.walk_revisions())
        versions = [version for version in scripts if version <= status.current]
        ran = [number for number, version in enumerate(versions) if version in status.rows]
        if count > len(ran):
            raise CommandError(f"Relative revision -{count} didn't produce {count} migrations")
        return ran[count - 1] + 1 - count

    def _stamp_revs(self, revision: Any, heads: Any) -> list[Any]:
        # What is missing is newer than all files, perhaps, but nobody wants to go there.
        newest = self.sources.newest or "base"
        named = [newest if each in ("head", "heads") else each for each in to_tuple(revision)]
        steps = super()._stamp_revs(tuple(named), heads)
        self.asked = Asked("stamp", max(map(self._absolute, named), default=""))
        return steps

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
        draft = next(self._drafts) if self._drafts else None
        if draft is not None and not draft:
            _log.info("no migration was written: the database is as the model says")
            return None
        given = revid if is_version(revid) else ""
        before = self.get_current_head()
        with errors_reported(self.config):
            folder, title = self.sources.folder, message or ""
            file = name_next_migration(folder, title, after=self.files, version=given)
            with write_errors_explained(file.path):
                self._make_file(file, message)
            if draft:
                _fill(file.path, draft)
        if self.hooks:
            write_hooks._run_hooks(file.path, self.hooks)
        self.sources.add(file)
        script = _script(file, before)
        self.revision_map.add_revision(script)
        return script

    def _make_file(self, file: MigrationFile, message: str | None) -> None:
        template = Path(self.dir, TEMPLATE)
        if template.exists():
            self._generate_template(template, file.path, message=message)
        else:
            file.path.write_text(DEFAULT_TEXT, "utf-8", newline="\n")

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


class _WithoutFile(Script):
    """What the database names and sql/ does not have: never the head."""

    def cmd_format(self, *arguments: Any, **options: Any) -> str:
        """What `alembic current` and `alembic history` print."""
        text = super().cmd_format(*arguments, **options)
        return text.replace(" (head)", " (ahead)", 1)


def _has_half_an_up(status: Status) -> bool:
    """Whether half of an UP is there, of which Alembic does not know."""
    return any(each.version not in status.rows for each in status.ledger.half_done)


def _script(file: MigrationFile, before: str | None, kind: type[Script] = Script) -> Script:
    module = ModuleType(f"sql_{file.version}", file.name.replace("_", " "))
    module.__dict__.update(
        revision=file.version,
        down_revision=before,
        upgrade=_is_run_by_the_engine,
        downgrade=_is_run_by_the_engine,
    )
    return kind(module, file.version, file.where)


def _is_run_by_the_engine(**_: object) -> None:
    """Stand for what Alembic expects of a revision's module: sections run elsewhere."""
    raise CommandError("promptlib runs its migrations itself: call environment.run in env.py")


def _fill(path: Path, draft: Draft) -> None:
    """Write what --autogenerate has found into a new migration; there is none, if that fails."""
    try:
        with fewer_warnings():
            text = draft.render(path.read_text("utf-8"), TEMPLATE)
        path.write_text(text, "utf-8", newline="\n")
    except BaseException:
        path.unlink()
        raise
