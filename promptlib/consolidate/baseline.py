"""The first migration of a database that has none: one file that makes what is there already."""

from __future__ import annotations

import contextlib
import os

from promptlib.consolidate.sections import NO_WAY_BACK, WrittenSections, write_sections
from promptlib.core.errors import PlanRefusedError, PromptlibError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.logs import Log
from promptlib.core.remedies import ADOPT, CommandLine, Remedy
from promptlib.engine.runner import Step
from promptlib.files.new_file import name_next_migration, write_errors_explained
from promptlib.files.parser import parse_migration
from promptlib.ledger.tables import DOWN, LedgerSql
from promptlib.plan.refusals import require_ours, require_writable
from promptlib.postgres.catalog_wording import difference_beyond_wording
from promptlib.schema_dump.counted_catalog import read_counted
from promptlib.verify.build import build_schema
from promptlib.verify.measure import run_measured
from promptlib.verify.scratch import open_scratch_databases
from promptlib.verify.session import scratch_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.engine.migrator import CommandMigrator
    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.plan.status import Status
    from promptlib.postgres.target import Target
    from promptlib.verify.place import ScratchPlace
    from promptlib.verify.scratch import ScratchDatabases

_log = Log(__name__)
# What is there already is no longer to be judged.
_HEADER = """\
-- squawk-ignore-file
-- What was there before the first migration: without rows, owners and rights.
-- On databases that held it already it counts as executed.
"""
_OUTCOME = "stamped"


def make_baseline(migrator: CommandMigrator, title: str, place: ScratchPlace) -> Path:
    """Write the file, try it in a scratch database, and record it as executed.

    Args:
        migrator: of the database.
        title: of the migration.
        place: where to make the scratch database.

    Returns:
        the file's path.

    Raises:
        PlanRefusedError: when something ran here, or there are files.
        PromptlibError: when the file would make something else: nothing is written then.
    """
    found = migrator.look()
    _require_beginning(found)
    file = name_next_migration(found.files.folder, title, after=[])
    migration = _tried(migrator, found, file, place)
    with migrator.locked(found) as locked:
        _require_beginning(locked.status)
        with _written(migration), locked.recording("stamp", file.version) as cursor:
            sql = LedgerSql(locked.status.ledger.names)
            cursor.execute(sql.took_over([migration], _OUTCOME))
            cursor.execute(sql.moved(file.version))
    return file.path


def _require_beginning(found: Status) -> None:
    """Refuse a project that has migrations, or a database where some ran.

    Raises:
        PlanRefusedError: saying what to do instead.
    """
    require_ours(found.ledger)
    require_writable(found.ledger)
    if found.files:
        path = next(iter(found.files.files)).path
        raise PlanRefusedError(
            "is there already, and a baseline is the first migration of all",
            Remedy(
                "where a baseline was cut off, and this is its file, remove it, or count it as "
                "executed: {}",
                CommandLine("stamp", found.files.newest),
            ),
            place=display_path(path),
        )
    if found.ledger.rows or found.ledger.current:
        raise PlanRefusedError(
            "migrations ran here, so a baseline would not be the first of them",
            Remedy(
                "restore their files; or, where the predecessor ran them, take that over: {}", ADOPT
            ),
        )


def _tried(
    migrator: CommandMigrator, found: Status, file: MigrationFile, place: ScratchPlace
) -> Migration:
    """The migration, once it is known to make what the database holds."""
    sql = LedgerSql(found.ledger.names)
    ledger = [sql.version, sql.migrations, sql.events, sql.deploys]
    with contextlib.closing(migrator.target.connect()) as connection:
        written = write_sections(connection, migrator.target, ledger)
    _log.info("trying the baseline in a scratch database")
    with open_scratch_databases(place) as scratch:
        migration = _parsed(file, written)
        first = scratch.create()
        is_undone = _is_undone(migrator, scratch, first, migration)
        scratch.drop(first)
        made = scratch.create()
        build_schema(made, [migration], migrator.settings, scratch.guard)
        _make_ledger(made, found)
        _require_same(migrator.target, made)
    if is_undone:
        return migration
    _log.warning("its DOWN section refuses to run: what pg_dump would remove it with does not do")
    return _parsed(file, written._replace(down=[NO_WAY_BACK]))


def _parsed(file: MigrationFile, written: WrittenSections) -> Migration:
    return parse_migration(file.version, file.name, file.path, written.text(_HEADER).encode())


def _is_undone(
    migrator: CommandMigrator, scratch: ScratchDatabases, made: Target, migration: Migration
) -> bool:
    """Whether DOWN removes what UP makes, and nothing else."""
    before = read_counted(made)
    build_schema(made, [migration], migrator.settings, scratch.guard)
    step = Step(migration.version, DOWN, migration.down, migration.path)
    try:
        with scratch_session(made, scratch.guard) as session:
            [*run_measured(session, step, migrator.settings)]
    except PromptlibError:
        return False
    return read_counted(made) == before


def _make_ledger(made: Target, found: Status) -> None:
    """Make the tables that the other database has, which do not count."""
    sql = LedgerSql(found.ledger.names)
    statements = [sql.create()] * found.ledger.exists
    statements += [sql.create_version()] * found.ledger.has_version_table
    with contextlib.closing(made.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for each in statements:
            cursor.execute(each)


def _require_same(target: Target, made: Target) -> None:
    """Refuse a migration that makes something else than is there.

    Raises:
        PromptlibError: naming each difference.
    """
    lines = [
        f"  {each}" for each in difference_beyond_wording(read_counted(target), read_counted(made))
    ]
    if lines:
        raise PromptlibError(
            "the baseline would make something else than this database holds, so nothing was "
            "written; `-` is here alone, `+` there",
            "mend each difference by hand, then run it again",
            notes=lines,
        )


@contextlib.contextmanager
def _written(migration: Migration) -> Iterator[None]:
    """A migration's file, which is gone again where what follows fails."""
    path = migration.path
    with write_errors_explained(path), path.open("xb") as made:
        try:
            made.write(migration.up.source)
            made.flush()
            os.fsync(made.fileno())
        except BaseException:
            path.unlink()
            raise
    try:
        yield
    except BaseException:
        path.unlink()
        raise
