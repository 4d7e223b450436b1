"""Old migrations become one: tried in scratch databases, then written in their place.

The file is put in the place of the newest one in one step: from then on it says that it replaces
the others. Those that are still there after that are removed by whoever runs it next.
"""

from __future__ import annotations

import contextlib
import os
from codecs import BOM_UTF8

from promptlib.consolidate.sections import NO_WAY_BACK, WrittenSections, write_sections
from promptlib.core.errors import (
    ChangedMeanwhileError,
    MigrationFileError,
    PromptlibError,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.engine.runner import Step
from promptlib.files.directory import migration_path, parse_all, resolve_version
from promptlib.files.new_file import write_errors_explained
from promptlib.files.parser import parse_migration
from promptlib.files.replaced import join_replaced, read_replaced
from promptlib.ledger.tables import DOWN
from promptlib.postgres.catalog import read_catalog
from promptlib.postgres.catalog_wording import difference_beyond_wording
from promptlib.schema_dump.schema_file import hold_unfinished
from promptlib.verify.build import build_schema
from promptlib.verify.measure import run_measured
from promptlib.verify.scratch import open_scratch_databases
from promptlib.verify.session import scratch_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from promptlib.config.settings import Settings
    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.postgres.catalog import Catalog
    from promptlib.postgres.target import Target
    from promptlib.verify.place import ScratchPlace
    from promptlib.verify.scratch import ScratchDatabases

_log = Log(__name__)
_NAME = "squashed"
# What they make was judged when they were merged.
_HEADER = """\
-- squawk-ignore-file
-- {count} migrations in one: what they made, rows too. Databases that ran them all know it by these
-- lines; keep them.
"""


class Squash(NamedTuple):
    """What becomes one.

    Attributes:
        migrations: oldest first; the last one's version is kept. One alone is squashed already.
        left: those that it replaces and that are still there.
    """

    migrations: list[Migration]
    left: list[Migration]

    @property
    def last(self) -> Migration:
        """The newest, in whose place the one is put."""
        return self.migrations[-1]

    @property
    def path(self) -> Path:
        """Where the one will be."""
        return migration_path(self.last.path.parent, self.last.version, _NAME)

    @property
    def is_whole(self) -> bool:
        """Whether the file is there, and only others are to be removed."""
        return len(self.migrations) == 1


def choose_squash(files: Iterable[MigrationFile], to: str) -> Squash:
    """The migrations up to a version, which may be shortened.

    Raises:
        UnknownVersionError: when there is no such version, or there are several.
        MigrationFileError: when one cannot be read, or there is nothing to do.
    """
    files = [*files]
    version = resolve_version((each.version for each in files), to)
    *earlier, last = parse_all(each for each in files if each.version <= version)
    replaced = read_replaced(last.up.source).versions
    if replaced:
        if others := [each for each in earlier if each.version not in replaced]:
            raise MigrationFileError(
                f"is older than {display_path(last.path)}, which does not replace it",
                "rename it to a newer version",
                place=display_path(others[0].path),
            )
        if not earlier and last.name == _NAME:
            raise _nothing_to_do(last)
        return Squash([last], earlier)
    if not earlier:
        raise _nothing_to_do(last)
    for each in earlier:
        again = read_replaced(each.up.source).versions - {each.version}
        if any(other.version in again for other in earlier):
            raise MigrationFileError(
                "replaces others that are still there",
                f"first finish that: promptlib squash --to {each.version}",
                place=display_path(each.path),
            )
    return Squash([*earlier, last], [])


def _nothing_to_do(last: Migration) -> MigrationFileError:
    return MigrationFileError(
        "there is nothing to squash: no other migration is as old",
        "name a newer version",
        place=display_path(last.path),
    )


def try_squash(squash: Squash, settings: Settings, place: ScratchPlace) -> Migration:
    """The one migration, once it is known to make what the others make.

    Args:
        squash: what becomes one.
        settings: how sections run.
        place: where to make scratch databases.

    Raises:
        PromptlibError: when there can be none, a section fails, or the one makes something else.
    """
    with open_scratch_databases(place) as scratch:
        made = scratch.create()
        before = _read(made)
        build_schema(made, squash.migrations, settings, scratch.guard)
        expected, written = _read(made), _write(made)
        scratch.drop(made)
        other, one = scratch.create(), _parsed(squash, written)
        build_schema(other, [one], settings, scratch.guard)
        _require_same(expected, _read(other), written, _write(other))
        if _is_undone(scratch, other, one, settings, before):
            return one
    _log.warning("its DOWN section refuses to run: what pg_dump would remove it with does not do")
    return _parsed(squash, written._replace(down=[NO_WAY_BACK]))


def _read(made: Target) -> Catalog:
    with contextlib.closing(made.connect()) as connection:
        return read_catalog(connection)


def _write(made: Target) -> WrittenSections:
    with contextlib.closing(made.connect()) as connection:
        return write_sections(connection, made, [], is_whole=True)


def _parsed(squash: Squash, written: WrittenSections) -> Migration:
    lines = "\n".join(join_replaced(squash.migrations).lines())
    header = f"{_HEADER.format(count=len(squash.migrations))}{lines}\n"
    content = written.text(header).encode()
    return parse_migration(squash.last.version, _NAME, squash.path, content)


def _require_same(
    expected: Catalog, found: Catalog, written: WrittenSections, again: WrittenSections
) -> None:
    """Refuse one that makes something else.

    Args:
        expected: what the migrations make.
        found: what the one makes.
        written: the one.
        again: what would make that in turn, with the same rows.

    Raises:
        PromptlibError: naming each difference.
    """
    lines = [*difference_beyond_wording(expected, found)]
    for sign, one, other in (("-", written, again), ("+", again, written)):
        lines += [f"{sign} {_shortened(each)}" for each in one.rows if each not in other.rows]
    if lines:
        raise PromptlibError(
            "one migration would make something else than these, so nothing was written: `-` is "
            "what they make, `+` what it would",
            "leave what pg_dump does not know in a migration behind, or squash to an older version",
            notes=[f"  {each}" for each in lines],
        )


def _shortened(statement: str) -> str:
    """What makes rows, without these."""
    return f"rows: {statement.partition('VALUES')[0].rstrip()}"


def _is_undone(
    scratch: ScratchDatabases, made: Target, one: Migration, settings: Settings, before: Catalog
) -> bool:
    """Whether DOWN removes what UP makes, and nothing else."""
    step = Step(one.version, DOWN, one.down, one.path)
    try:
        with scratch_session(made, scratch.guard) as session:
            [*run_measured(session, step, settings)]
    except PromptlibError:
        return False
    return _read(made) == before


def put_in_place(squash: Squash, one: Migration | None) -> Path:
    """Write the one in the place of the others.

    Args:
        squash: what becomes one.
        one: that; None, where its file is there already.

    Returns:
        its path.

    Raises:
        MigrationFileError: when it cannot be written, or another one cannot be removed.
        ChangedMeanwhileError: when files have changed since they were read.
    """
    path = squash.last.path
    with write_errors_explained(path):
        if one:
            with hold_unfinished(path) as unfinished:
                _require_unchanged(squash)
                unfinished.write_bytes(one.up.source)
                with unfinished.open("rb") as written:
                    os.fsync(written.fileno())
                unfinished.replace(path)
        for each in [*squash.left, *squash.migrations[:-1]]:
            each.path.unlink(missing_ok=True)
        with _done_by_another(squash.path):
            path.rename(squash.path)
    return squash.path


@contextlib.contextmanager
def _done_by_another(path: Path) -> Iterator[None]:
    """Take it for done where somebody else has, just now."""
    try:
        yield
    except FileNotFoundError:
        if not path.exists():
            raise


def _require_unchanged(squash: Squash) -> None:
    for each in squash.migrations:
        if (
            not each.path.exists()
            or each.path.read_bytes().removeprefix(BOM_UTF8) != each.up.source
        ):
            raise ChangedMeanwhileError(
                "has changed meanwhile, so nothing was squashed",
                "run it again",
                place=display_path(each.path),
            )
