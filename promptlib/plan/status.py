"""Where a database stands: its ledger and the files, compared."""

from __future__ import annotations

from promptlib.core.errors import PromptlibError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import CommandLine, Remedy
from promptlib.files.directory import resolve_version
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.refusals import require_clear, state_problems
from promptlib.plan.states import State, known_rows, migration_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.states import Entry

_WAITING = (State.PENDING, State.LATE)


class Status(NamedTuple):
    """A database and the files, compared.

    Attributes:
        files: the migrations.
        ledger: what the database remembers.
        rows: the ledger's rows, or those that it would have, by version.
        entries: where each migration stands, oldest first.
    """

    files: MigrationFiles
    ledger: Ledger
    rows: Mapping[str, LedgerRow]
    entries: list[Entry]

    @property
    def head(self) -> str:
        """The newest file's version, or nothing."""
        return self.files.newest

    @property
    def current(self) -> str:
        """The current revision, or nothing."""
        return self.ledger.version

    @property
    def applied(self) -> list[Entry]:
        """What ran here, oldest first."""
        return [entry for entry in self.entries if entry.state not in _WAITING]

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
    rows = known_rows(files.files, files.checksums, ledger)
    return Status(
        files, ledger, rows, migration_entries(files.files, files.checksums, ledger, rows)
    )


def deploy_refusals(status: Status, *, applies_late: bool) -> Iterator[PromptlibError]:
    """What keeps a deploy from running.

    Args:
        status: from `compare_status`.
        applies_late: whether late migrations may run.
    """
    yield from status.files.broken
    try:
        require_clear(status.ledger, status.files.files)
    except PromptlibError as error:
        yield error
    refused = status.in_states(State.EDITED, State.MISSING, *([] if applies_late else [State.LATE]))
    yield from state_problems(refused, status.files.folder, status.current)


def describe_place(status: Status) -> str:
    """Say where the database stands."""
    return place_of_version(status.current, status.head)


def place_of_version(version: str, head: str) -> str:
    """Say that the database stands at a version, and whether that is the newest file's."""
    newest = " (head)" if version == head else ""
    return f"the database is at {version or 'base'}{newest}"


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
