"""What `Migrator` gives back: typed, frozen, and public."""

from __future__ import annotations

from promptlib.core.durations import display_duration
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.history import Execution
from promptlib.plan.status import place_of_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.ledger.state import HalfDone
    from promptlib.plan.deploys import DeployProgress
    from promptlib.plan.states import Entry, State
    from promptlib.plan.status import Status


class MigrationStatus(NamedTuple):
    """Where one migration stands.

    Attributes:
        version: 14 digits; or what alembic_version names, where nobody knows that.
        name: what it does, in words.
        state: `executed`, `pending`, `late`, `edited`, `missing` or `unknown`.
        checksum: of the UP section that ran, or else of the file's; None, if neither can be read.
        execution: when, how long and as whom it ran, as far as that is known.
    """

    version: str
    name: str
    state: State
    checksum: str | None
    execution: Execution


class CloseLook(NamedTuple):
    """The database and the files, how the applied migrations ran, and unfinished deploys."""

    status: Status
    executions: dict[str, Execution]
    deploys: tuple[DeployProgress, ...]


class DatabaseStatus(NamedTuple):
    """Where a database stands.

    Attributes:
        database: what the server calls it.
        url: where it is, without a password.
        current: the current revision; None: none has run.
        head: the newest file's version; None: there is no file.
        available: how many files there are.
        half_done: sections outside a transaction that were cut off.
        migrations: where each migration stands, oldest first.
        deploys: those that have not ended: one that runs now, or died.
    """

    database: str
    url: str
    current: str | None
    head: str | None
    available: int
    half_done: tuple[HalfDone, ...]
    migrations: tuple[MigrationStatus, ...]
    deploys: tuple[DeployProgress, ...] = ()


class RanSection(NamedTuple):
    """A section that a deploy ran.

    Attributes:
        version: of the migration.
        direction: `up` or `down`.
        seconds: how long it took.
    """

    version: str
    direction: str
    seconds: float


class Deployment(NamedTuple):
    """What came of a deploy.

    Attributes:
        ran: the sections that ran, in their order.
        before: the current revision when it began; None: none had run.
        current: the current revision now; None: none is left.
        head: the newest file's version; None: there is no file.
        seconds: how long it took.
    """

    ran: tuple[RanSection, ...]
    before: str | None
    current: str | None
    head: str | None
    seconds: float


def describe_deployment(done: Deployment) -> str:
    """Say what was done, and where the database stands."""
    number = len(done.ran)
    took = f"{number} migration{'s' * (number != 1)} in {display_duration(done.seconds)}; "
    place = place_of_version(done.current or "", done.head or "")
    return (took if number else "") + place


def migration_status(
    found: Status, executions: Mapping[str, Execution], entry: Entry
) -> MigrationStatus:
    """Where one migration of a database stands."""
    row = found.rows.get(entry.version)
    checksum = row.checksum if row else found.files.checksums.get(entry.version)
    execution = executions.get(entry.version, Execution())
    name = entry.name.replace("_", " ")
    return MigrationStatus(entry.version, name, entry.state, checksum, execution)
