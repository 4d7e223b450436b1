"""What `Migrator` gives back: typed, frozen, and public."""

from __future__ import annotations

from promptlib.core.durations import display_duration
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.repeatable import repeatable_name
from promptlib.ledger.state import Execution
from promptlib.plan.status import place_of_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.ledger.state import HalfDone
    from promptlib.plan.deploys import DeployProgress
    from promptlib.plan.repeatable import RepeatableState
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


_UNKNOWN = Execution()


class RepeatableStatus(NamedTuple):
    """Where one repeatable file stands.

    Attributes:
        name: the file's, without `.sql`.
        state: `executed`, `pending`, `changed` or `gone`.
        checksum: of the text that ran, or else of the file's; None, if neither can be read.
        executed_at: when it ran last, as ISO 8601 in UTC; None, where it did not.
        executed_by: the database's user; None likewise.
    """

    name: str
    state: RepeatableState
    checksum: str | None
    executed_at: str | None
    executed_by: str | None


class CloseLook(NamedTuple):
    """The database and the files, how the applied migrations ran, and unfinished deploys."""

    status: Status
    executions: Mapping[str, Execution]
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
        repeatable: where each repeatable file stands, in the order in which they run.
    """

    database: str
    url: str
    current: str | None
    head: str | None
    available: int
    half_done: tuple[HalfDone, ...]
    migrations: tuple[MigrationStatus, ...]
    deploys: tuple[DeployProgress, ...] = ()
    repeatable: tuple[RepeatableStatus, ...] = ()


class RanSection(NamedTuple):
    """A section that a deploy ran.

    Attributes:
        version: of the migration; `repeatable/NAME`, where it is a repeatable file.
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
    repeatable = sum(bool(repeatable_name(each.version)) for each in done.ran)
    numbers = {"migration": len(done.ran) - repeatable, "repeatable file": repeatable}
    ran = " and ".join(
        f"{count} {what}{'s' * (count != 1)}" for what, count in numbers.items() if count
    )
    place = place_of_version(done.current or "", done.head or "")
    return f"{ran} in {display_duration(done.seconds)}; {place}" if ran else place


def migration_status(
    found: Status, executions: Mapping[str, Execution], entry: Entry
) -> MigrationStatus:
    """Where one migration of a database stands."""
    version, name, state, _ = entry
    row = found.ledger.rows.get(version)
    checksum = row.checksum if row else found.files.checksums.get(version)
    execution = executions.get(version, _UNKNOWN)
    return MigrationStatus(version, name.replace("_", " "), state, checksum, execution)


def repeatable_statuses(found: Status) -> tuple[RepeatableStatus, ...]:
    """Where the repeatable files of a project stand."""
    rows, files = found.ledger.repeatable, {each.name: each for each in found.files.repeatable}
    told = []
    for name, state in found.repeatable:
        row, file = rows.get(name), files.get(name)
        checksum = row.checksum if row else file.checksum if file else None
        when, who = (row.executed_at, row.executed_by) if row else (None, None)
        told.append(RepeatableStatus(name, state, checksum, when, who))
    return tuple(told)


def database_status(seen: CloseLook, database: str, url: str) -> DatabaseStatus:
    """Where a database stands.

    Args:
        seen: what was read of it.
        database: what the server calls it.
        url: where it is, without a password.
    """
    found, executions, deploys = seen
    return DatabaseStatus(
        database=database,
        url=url,
        current=found.revision or None,
        head=found.head or None,
        available=len(found.files),
        half_done=found.ledger.half_done,
        migrations=tuple(migration_status(found, executions, entry) for entry in found.entries),
        deploys=deploys,
        repeatable=repeatable_statuses(found),
    )
