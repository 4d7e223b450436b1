"""Where a database stands: its ledger and the files, compared."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable_line
from promptlib.core.remedies import CommandLine, Remedy
from promptlib.files.directory import is_version, resolve_version
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.repeatable import repeatable_entries
from promptlib.plan.states import (
    State,
    current_version,
    migration_entries,
    unknown_revisions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.repeatable import RepeatableEntry
    from promptlib.plan.states import Entry

_WAITING = (State.PENDING, State.LATE)


class Status(NamedTuple):
    """A database and the files, compared.

    Attributes:
        files: the migrations.
        ledger: what the database remembers.
        entries: where each migration stands, oldest first.
        current: the current revision, as far as it is known; or nothing.
        unknown: what alembic_version names that nobody knows.
        repeatable: where each repeatable file stands, in the order in which they run.
    """

    files: MigrationFiles
    ledger: Ledger
    entries: list[Entry]
    current: str
    unknown: tuple[str, ...]
    repeatable: list[RepeatableEntry]

    @property
    def head(self) -> str:
        """The newest file's version, or nothing."""
        return self.files.newest

    @property
    def revision(self) -> str:
        """What alembic_version names, known or not; or nothing."""
        return self.current or max(self.unknown, default="")

    @property
    def rows(self) -> Mapping[str, LedgerRow]:
        """The ledger's rows, by version."""
        return self.ledger.rows

    @property
    def unadopted(self) -> list[str]:
        """Which of our migrations the predecessor ran since the current revision, or before any."""
        theirs = self.rows.keys() - self.ledger.ours.keys()
        return sorted(each for each in theirs if each in self.files and each > self.current)

    @property
    def applied(self) -> list[Entry]:
        """What ran here, oldest first."""
        return self.in_states(State.EXECUTED, State.EDITED, State.MISSING)

    @property
    def waiting(self) -> list[Entry]:
        """What did not, oldest first."""
        return [entry for entry in self.entries if entry.state in _WAITING]

    def in_states(self, *states: State) -> list[Entry]:
        """The migrations in some states, oldest first."""
        return [entry for entry in self.entries if entry.state in states]

    def version(self, text: str) -> str:
        """The version that begins so.

        Raises:
            UnknownVersionError: when there is none, or there are several.
        """
        return resolve_version((entry.version for entry in self.entries), text)


def compare_status(files: MigrationFiles, ledger: Ledger) -> Status:
    """Compare the files with what was read from a database. Files are read, if nobody did."""
    files.read(ledger.rows)
    if files.replaced:
        from promptlib.plan.absorbing import absorb_replaced  # noqa: PLC0415 - few are squashed

        ledger = absorb_replaced(files, ledger)
    return Status(
        files,
        ledger,
        migration_entries(files.files, files.checksums, ledger),
        current_version(files, ledger),
        unknown_revisions(files, ledger),
        repeatable_entries(files, ledger.repeatable),
    )


def describe_place(status: Status) -> str:
    """Say where the database stands."""
    return place_of_version(status.revision, status.head)


def place_of_version(version: str, head: str) -> str:
    """Say that the database stands at a version, and how that is to the newest file's."""
    return f"the database is at {printable_line(version) or 'base'}{_beside_head(version, head)}"


def _beside_head(version: str, head: str) -> str:
    if version == head:
        return " (head)" if head else ", without migrations"
    if version and not is_version(version):
        return " (unknown)"
    newest = f"the newest file, {head}" if head else "all files, as there is none"
    return f" (ahead of {newest})" if version > head else ""


def describe_half_done(half: HalfDone) -> Remedy:
    """Say that a section was cut off, and what to do."""
    ways = (CommandLine("migrate"), CommandLine("rollback"))
    finish, undo = ways if half.direction == UP else ways[::-1]
    assert half.direction in (UP, DOWN)
    return Remedy(
        f"the {half.direction.upper()} section of {half.version} was cut off after statement "
        f"{half.done}: {{}} finishes it, {{}} undoes it",
        finish,
        undo,
    )
