"""Take the files for right where the ledger says something else: edited and missing migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import display_path
from promptlib.core.printable import printable_line
from promptlib.files.directory import migration_path
from promptlib.ledger.history import Execution
from promptlib.ledger.tables import UP, LedgerSql
from promptlib.plan.refusals import require_clear
from promptlib.plan.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlib.ledger.state import HalfDone
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Status

_OUTCOME = "repaired"
_UNKNOWN = Execution()


class Repair(NamedTuple):
    """What a repair changes.

    Attributes:
        edited: migrations whose checksums and DOWN sections are replaced.
        missing: migrations that the ledger forgets.
        abandoned: sections that were cut off, of which there is neither a row nor a file.
        end: the current revision after it, or nothing.
    """

    edited: list[Entry]
    missing: list[Entry]
    abandoned: list[HalfDone]
    end: str

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.edited or self.missing or self.abandoned)


def find_repairs(found: Status) -> Repair:
    """Compare the files with the ledger.

    Raises:
        PromptlibError: where a file is broken, or it is not clear what is right.
    """
    found.files.require_readable()
    require_clear(found)
    missing = found.in_states(State.MISSING)
    known = {entry.version for entry in found.entries}
    rest = [entry.version for entry in found.applied if entry not in missing]
    gone = any(entry.version == found.current for entry in missing)
    return Repair(
        found.in_states(State.EDITED),
        missing,
        [each for each in found.ledger.half_done if each.version not in known],
        max(rest, default="") if gone else found.current,
    )


def explain_repairs(
    found: Status, executions: Mapping[str, Execution], changes: Repair
) -> Iterator[str]:
    """Say what is different, and what becomes of it, line by line.

    Args:
        found: the database and the files.
        executions: when its migrations ran, by version.
        changes: from `find_repairs`.
    """
    for entry in changes.edited:
        ran = _ran(executions, entry)
        yield f"{_path(found, entry)}: its UP section is not the one that ran {ran}"
        if entry.ran_as:
            yield f"  it ran under another name: {printable_line(entry.ran_as)}"
        yield f"  checksum that ran: {found.rows[entry.version].checksum}"
        yield f"  checksum now:      {found.files[entry.version].up.checksum}"
        yield "  the ledger takes checksum and DOWN section of the file, and loses its own"
    for entry in changes.missing:
        row = found.ledger.rows.get(entry.version)
        kept = row is not None and not row.is_foreign
        yield f"{_path(found, entry)}: the file of what ran {_ran(executions, entry)} is gone"
        lost = ", with the DOWN section that it keeps, the last there is" if kept else ""
        yield f"  the ledger forgets it{lost}; what it made in the database stays"
    for half in changes.abandoned:
        yield f"{half.version}: its {half.direction.upper()} section was cut off, its file is gone"
        yield f"  the ledger forgets its {half.done} statements; what they made stays"
    if changes.end != found.current:
        yield f"alembic_version goes from {found.current} to {changes.end or 'base'}"


def repair_statements(found: Status, changes: Repair) -> Iterator[str]:
    """The SQL that writes a repair into the ledger."""
    tables = LedgerSql(found.ledger.schema)
    if changes.edited:
        yield tables.took_over(found.files.parse(each.version for each in changes.edited), _OUTCOME)
    if changes.missing:
        yield tables.forgotten([entry.version for entry in changes.missing], _OUTCOME)
    for half in changes.abandoned:
        yield tables.declared(half.version, UP, _OUTCOME)
    if changes.end != found.current:
        yield tables.moved(changes.end)


def _path(found: Status, entry: Entry) -> str:
    return display_path(migration_path(found.files.folder, entry.version, entry.name))


def _ran(executions: Mapping[str, Execution], entry: Entry) -> str:
    executed_at = executions.get(entry.version, _UNKNOWN).executed_at
    return f"here at {executed_at}" if executed_at else "here, nobody knows when"
