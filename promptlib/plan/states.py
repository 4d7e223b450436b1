"""Files and ledger -> where each migration stands. Pure; what is refused then is in refusals."""

from __future__ import annotations

import enum

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.state import LedgerRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptlib.files.directory import MigrationFile
    from promptlib.ledger.state import Ledger


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


def rows_without_files(
    rows: Mapping[str, LedgerRow], current: Iterable[str], files: Iterable[MigrationFile]
) -> list[LedgerRow]:
    """What the database names and sql/ does not have."""
    known = {file.version for file in files}
    named = {version: LedgerRow(version, "", "", None) for version in current}
    kept = {version: row for version, row in rows.items() if not row.is_foreign}
    return [row for version, row in {**named, **kept}.items() if version not in known]
