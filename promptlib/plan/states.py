"""Files and ledger -> where each migration stands. Pure; what is refused then is in refusals."""

from __future__ import annotations

import enum

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.state import LedgerRow

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping

    from promptlib.files.directory import MigrationFile
    from promptlib.ledger.state import Ledger


class State(enum.StrEnum):
    """Where a migration stands.

    A late one is older than the current revision and never ran here; of an edited one the UP
    section differs from what ran; a missing one ran here and has no file; of an unknown one
    alembic_version alone says that it ran, and no row of the ledger.
    """

    EXECUTED = "executed"
    PENDING = "pending"
    LATE = "late"
    EDITED = "edited"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Entry(NamedTuple):
    """One migration of the plan.

    Attributes:
        version: 14 digits; or what alembic_version names that is none.
        name: as in the file's name.
        state: where it stands.
        ran_as: the name that the ledger has, where that is another one.
    """

    version: str
    name: str
    state: State
    ran_as: str = ""


def unknown_revisions(files: Container[str], ledger: Ledger) -> tuple[str, ...]:
    """What alembic_version names, and neither a file nor a row of ours knows.

    Args:
        files: the versions in sql/.
        ledger: what the database remembers.
    """
    rows = (ledger.rows.get(each) for each in ledger.current)
    known = {row.version for row in rows if row and not row.is_foreign}
    return tuple(sorted(each for each in ledger.current if each not in files and each not in known))


def current_version(files: Container[str], ledger: Ledger) -> str:
    """The newest version that alembic_version names, as far as it is known; or nothing."""
    return max({*ledger.current} - {*unknown_revisions(files, ledger)}, default="")


def migration_entries(
    files: Collection[MigrationFile], checksums: Mapping[str, str], ledger: Ledger
) -> list[Entry]:
    """Where every migration stands, oldest first; before them what nobody knows.

    Args:
        files: the migrations in sql/.
        checksums: of their UP sections, by version; for one that is not here, the file is taken
            as it is.
        ledger: what the database remembers.
    """
    versions = {file.version for file in files}
    current, ours = current_version(versions, ledger), ledger.ours
    never_ran, executed = State.LATE if ours else State.UNKNOWN, State.EXECUTED
    found = []
    for version, name, _ in files:  # no call for each of thousands that are as they ran
        row = ledger.rows.get(version)
        if not row:
            found.append(Entry(version, name, never_ran if version <= current else State.PENDING))
            continue
        ran_as = "" if row.name.replace(" ", "_") == name else row.name
        # What the predecessor ran is compared once it is taken over: its texts were not ours.
        same = checksums.get(version, row.checksum) == row.checksum or (
            row.is_foreign and version > current
        )
        found.append(Entry(version, name, executed if same else State.EDITED, ran_as))
    found += (
        Entry(version, ours[version].file_name, State.MISSING) for version in ours.keys() - versions
    )
    unknown = unknown_revisions(versions, ledger)
    return [*(Entry(version, "", State.UNKNOWN) for version in unknown), *sorted(found)]


def rows_without_files(ledger: Ledger, files: Iterable[MigrationFile]) -> list[LedgerRow]:
    """What the database names and sql/ does not have; first what nobody knows."""
    known = {file.version for file in files}
    named = [LedgerRow(version, "", "", None) for version in unknown_revisions(known, ledger)]
    return [*named, *(row for version, row in ledger.ours.items() if version not in known)]
