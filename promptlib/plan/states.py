"""Files and ledger -> where each migration stands, and what keeps a deploy from going on. Pure."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import (
    ChangedMeanwhileError,
    EditedMigrationError,
    HalfDoneMigrationError,
    LateMigrationError,
    LedgerError,
    MissingMigrationError,
    NotAdoptedError,
    PlanRefusedError,
    ReadOnlyServerError,
    combine_errors,
    display_path,
)
from promptlib.core.remedies import ADOPT, MIGRATE, REPAIR, ROLLBACK, STATUS, CommandLine, Remedy
from promptlib.files.directory import migration_path
from promptlib.ledger.state import LedgerRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from promptlib.files.directory import MigrationFile
    from promptlib.files.section import Section
    from promptlib.ledger.state import HalfDone, Ledger


_STAMP = CommandLine("stamp", "VERSION")


class State(enum.StrEnum):
    """Where a migration stands.

    A late one is older than the current revision and never ran here; of an edited one the UP
    section differs from what ran; a missing one ran here and has no file.
    """

    EXECUTED = "executed"
    PENDING = "pending"
    LATE = "late"
    EDITED = "edited"
    MISSING = "missing"


class Entry(NamedTuple):
    """One migration of the plan; `name` is as in the file's name."""

    version: str
    name: str
    state: State


def migration_entries(
    files: Iterable[MigrationFile],
    checksums: Mapping[str, str],
    ledger: Ledger,
    rows: Mapping[str, LedgerRow],
) -> list[Entry]:
    """Where every migration stands, oldest first.

    Args:
        files: the migrations in sql/.
        checksums: of their UP sections, by version; for one that is not here, the file is taken
            as it is.
        ledger: what the database remembers.
        rows: the ledger's rows; of a database without a ledger, those that it would have.
    """
    found = {file.version: _of_file(file, checksums, ledger.version, rows) for file in files}
    for version in (*rows, *ledger.current):
        row = rows.get(version)
        if version not in found and not (row and row.is_foreign):
            found[version] = Entry(version, row.file_name if row else "", State.MISSING)
    return [found[version] for version in sorted(found)]


def known_rows(
    files: Iterable[MigrationFile], checksums: Mapping[str, str], ledger: Ledger
) -> dict[str, LedgerRow]:
    """The ledger's rows; of a database without a ledger, those that it would have."""
    if not ledger.is_unfilled:
        return ledger.rows
    taken = [file for file in files if file.version <= ledger.version]
    known = {
        file.version: LedgerRow(file.version, file.name, checksums.get(file.version, ""), "")
        for file in taken
    }
    return {**ledger.rows, **known}


def _of_file(
    file: MigrationFile, checksums: Mapping[str, str], current: str, rows: Mapping[str, LedgerRow]
) -> Entry:
    row = rows.get(file.version)
    if row is None:
        state = State.LATE if file.version <= current else State.PENDING
    else:
        # What the predecessor ran is compared once it is taken over: its texts were not ours.
        unadopted = row.is_foreign and file.version > current
        same = unadopted or checksums.get(file.version, row.checksum) == row.checksum
        state = State.EXECUTED if same else State.EDITED
    return Entry(file.version, file.name, state)


def state_problems(plan: Iterable[Entry], folder: Path, current: str) -> Iterator[PlanRefusedError]:
    """Say what is wrong with each migration that is late, edited or missing.

    Args:
        plan: from `migration_entries`.
        folder: of the migrations.
        current: the current revision.
    """
    for entry in plan:
        place = display_path(migration_path(folder, entry.version, entry.name))
        if entry.state is State.LATE:
            yield _late(place, current, stands_here=entry.version == current)
        elif entry.state is State.EDITED:
            yield EditedMigrationError(
                "was edited after it ran here",
                Remedy(
                    "restore the file and write a new migration, or accept the file as it is: {}",
                    REPAIR,
                ),
                place=place,
            )
        elif entry.state is State.MISSING:
            yield MissingMigrationError(
                "ran here, and the file is gone",
                Remedy("restore the file, or take the migration out of the ledger: {}", REPAIR),
                place=place,
            )


def _late(place: str, current: str, *, stands_here: bool) -> PlanRefusedError:
    if stands_here:
        return LedgerError(
            "is where alembic_version stands, but the ledger says that it never ran here",
            Remedy("say what is right: {} sets both", _STAMP),
            place=place,
        )
    return LateMigrationError(
        f"is older than the current revision {current} and never ran here",
        Remedy(
            "rename it to a newer version, or run it now: late_migrations = apply in alembic.ini, "
            "or {} (if it ran here by other means: {})",
            CommandLine("migrate", late="apply"),
            CommandLine("stamp", current),
        ),
        place=place,
    )


def require_applicable(
    plan: Iterable[Entry], ledger: Ledger, folder: Path, *, applies_late: bool = False
) -> None:
    """Refuse to upgrade what is not as the files say.

    Args:
        plan: from `entries`.
        ledger: what the database remembers.
        folder: of the migrations.
        applies_late: whether late migrations are to run.

    Raises:
        PlanRefusedError: naming every file, and the remedy for each.
    """
    accepted = {State.LATE} if applies_late else set()
    refused = [entry for entry in plan if entry.state not in accepted]
    found = list(state_problems(refused, folder, ledger.version))
    if found:
        raise combine_errors(found)


def require_agreement(ledger: Ledger, rows: Mapping[str, LedgerRow]) -> None:
    """Refuse when alembic_version and the ledger were moved apart by hand.

    Raises:
        LedgerError: naming both versions.
    """
    newest = max((version for version, row in rows.items() if not row.is_foreign), default="")
    if newest > ledger.version:
        raise LedgerError(
            f"alembic_version is at {ledger.version or 'base'}, but the ledger says that {newest} "
            "ran here",
            Remedy("say which is right: {} sets both", _STAMP),
        )


def require_ours(ledger: Ledger) -> None:
    """Refuse to write into another program's table.

    Raises:
        LedgerError: saying what to do first.
    """
    if ledger.foreign:
        raise LedgerError(
            f"the table {ledger.schema}.{ledger.foreign} is not a ledger of promptlib's: it lacks "
            "columns that ours has",
            "rename it, or set version_table_schema in alembic.ini to a schema of its own",
        )


def require_adopted(ledger: Ledger, files: Iterable[MigrationFile]) -> None:
    """Refuse to run what the predecessor ran.

    Raises:
        NotAdoptedError: saying how to take it over.
    """
    if ran := ledger.unadopted(file.version for file in files):
        raise NotAdoptedError(
            f"the predecessor migrated this database: its table migrations has {', '.join(ran)}",
            Remedy("take that over, then go on: {}", ADOPT),
        )


def require_clear(ledger: Ledger, files: Collection[MigrationFile]) -> None:
    """Refuse where it is not clear what ran on the database.

    Raises:
        PlanRefusedError: saying what to do first.
    """
    require_ours(ledger)
    require_adopted(ledger, files)
    require_agreement(ledger, known_rows(files, {}, ledger))


def require_unmoved(ledger: Ledger, start: tuple[str, ...] | None) -> None:
    """Refuse where a deploy ran since somebody agreed to what was to be done; None: nobody did.

    Raises:
        ChangedMeanwhileError: saying so.
    """
    if start not in (None, ledger.current):
        raise ChangedMeanwhileError(
            "another deploy has moved the database meanwhile, so nothing was changed",
            Remedy("look where it stands with {}, then run it again", STATUS),
        )


def require_writable(ledger: Ledger) -> None:
    """Refuse a server that takes no writes.

    Raises:
        ReadOnlyServerError: saying where to connect.
    """
    if ledger.is_replica:
        raise ReadOnlyServerError(
            "this server is a read-only replica", "connect to the primary in DATABASE_URL"
        )


def require_unchanged(half: HalfDone, section: Section, path: Path) -> None:
    """Refuse to go on behind statements that are not those that ran.

    Raises:
        HalfDoneMigrationError: saying how to go on, or back.
    """
    if half.done and section.transactional:
        what = "runs in a transaction now"
    elif section.checksum_of(half.done) != half.checksum:
        what = "differs in them now"
    else:
        return
    other = ROLLBACK if half.direction == "up" else MIGRATE
    raise HalfDoneMigrationError(
        f"the first {half.done} statements of this {half.direction.upper()} section took effect "
        f"here, before it failed, and it {what}",
        Remedy("restore them, and it goes on behind them; or undo them: {}", other),
        place=display_path(path),
    )


def rows_without_files(
    rows: Mapping[str, LedgerRow], current: Iterable[str], files: Iterable[MigrationFile]
) -> list[LedgerRow]:
    """What the database names and sql/ does not have."""
    known = {file.version for file in files}
    named = {version: LedgerRow(version, "", "", None) for version in current}
    kept = {version: row for version, row in rows.items() if not row.is_foreign}
    return [row for version, row in {**named, **kept}.items() if version not in known]
