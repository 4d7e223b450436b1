"""What a deploy runs, in its order: the steps of an upgrade or a downgrade. Pure.

Which migrations are asked for is said by whoever asks; what has to run before them, because it is
late or was cut off, is found here.
"""

from __future__ import annotations

import enum
import itertools

from promptlib.core.errors import HalfDoneMigrationError, UnknownVersionError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import ROLLBACK, CommandLine, Remedy
from promptlib.ledger.repeatable import repeatable_version
from promptlib.ledger.tables import DOWN, UP, Move
from promptlib.plan.refusals import require_clear
from promptlib.plan.repeatable import RepeatableState
from promptlib.plan.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptlib.files.repeatable import RepeatableFile
    from promptlib.ledger.state import HalfDone
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Status

HEAD, BASE = "head", "base"


class Action(enum.StrEnum):
    """What a deploy is for."""

    MIGRATE = "migrate"
    ROLLBACK = "rollback"


class Wanted(NamedTuple):
    """Which migrations are asked for.

    Attributes:
        versions: those to run or to take back, in this order.
        bound: the newest version of what runs beside them; empty: any.
    """

    versions: Sequence[str]
    bound: str = ""


class PlannedStep(NamedTuple):
    """One section to run.

    Attributes:
        version: of the migration.
        direction: `up` or `down`.
        move: how alembic_version changes with it; None: it does not.
        passes_over: whether there is nothing to undo: the migration never ran here.
    """

    version: str
    direction: str
    move: Move | None = None
    passes_over: bool = False


def wanted_upgrade(status: Status, target: str) -> Wanted:
    """The pending migrations that a target asks for.

    Args:
        status: the database and the files.
        target: head, +N, or how a version begins.

    Raises:
        UnknownVersionError: for a target that is none.
    """
    pending = [entry.version for entry in status.in_states(State.PENDING)]
    if target == HEAD:
        return Wanted(pending)
    if target.startswith("+") and target[1:].isdecimal():
        return Wanted(_first(pending, int(target[1:])))
    last = status.version(target)
    versions = [version for version in pending if version <= last]
    return Wanted(versions, "" if versions else last)


def _first(pending: list[str], number: int) -> list[str]:
    if number > len(pending):
        raise UnknownVersionError(
            f"only {len(pending)} migrations are pending", "ask for fewer, or for head"
        )
    return pending[:number]


class Rollback(NamedTuple):
    """What to take back, newest first, and where that ends."""

    entries: list[Entry]
    end: str


def choose_rollback(status: Status, count: int | None, to: str | None) -> Rollback:
    """The migrations that somebody wants to take back.

    Args:
        status: the database and the files.
        count: how many of the last; None: one, if nothing else is said.
        to: the version, or `base`, that all are taken back after; None: `count` says it.

    Raises:
        UnknownVersionError: when both are said, or that many or such a version are not there.
        PlanRefusedError: when it is not clear what ran.
    """
    require_clear(status)
    if count is not None and to is not None:
        raise UnknownVersionError("how many and how far are two things", "say one of them")
    return (
        rollback_last(status, 1 if count is None else count)
        if to is None
        else rollback_after(status, to)
    )


def rollback_last(status: Status, count: int) -> Rollback:
    """The last migrations.

    Raises:
        UnknownVersionError: when there are fewer, or it is no number from 1 on.
    """
    if count < 1:
        raise UnknownVersionError(f"{count} is not a number of migrations", "say 1 or more")
    candidates = _candidates(status)
    if not candidates:
        raise UnknownVersionError("no migration has run here, so none can be taken back")
    if count > len(candidates):
        raise UnknownVersionError(
            f"only {len(candidates)} migration{'s' * (len(candidates) != 1)} can be taken back",
            Remedy("{} shows them", CommandLine("executed")),
        )
    return _to_the_end(status, candidates[:count])


def rollback_after(status: Status, version: str) -> Rollback:
    """All after a version, which may be shortened, or `base`; perhaps none.

    Raises:
        UnknownVersionError: when there is no such version, or there are several.
    """
    end = "" if version == BASE else status.version(version)
    return _to_the_end(
        status,
        [
            entry
            for entry in _candidates(status)
            if entry.version > end or entry not in status.applied
        ],
    )


def _candidates(status: Status) -> list[Entry]:
    """What can be taken back, newest first; what was cut off goes before all else."""
    half = {each.version for each in status.ledger.half_done}
    begun = [entry for entry in status.waiting if entry.version in half]
    return [*begun[:1], *reversed(status.applied)]


def _to_the_end(status: Status, entries: list[Entry]) -> Rollback:
    rest = [entry.version for entry in status.applied if entry not in entries]
    return Rollback(entries, max(rest, default=BASE))


def wanted_downgrade(status: Status, end: str) -> Wanted:
    """The migrations between the current revision and a version, or base, newest first."""
    above = "" if end == BASE else end
    return Wanted([version for version in _line_back(status) if version > above])


def plan_steps(
    status: Status, action: Action, wanted: Wanted, *, applies_late: bool
) -> list[PlannedStep]:
    """What runs, in its order.

    Args:
        status: the database and the files.
        action: in which direction.
        wanted: what was asked for.
        applies_late: whether late migrations run before it.

    Raises:
        HalfDoneMigrationError: when a section that was cut off is in the way.
    """
    if action is Action.ROLLBACK:
        return _backwards(status, wanted.versions)
    before = _before_an_upgrade(status, wanted, applies_late=applies_late)
    moves = itertools.pairwise([status.current, *wanted.versions])
    steps = [PlannedStep(now, UP, Move(earlier, now)) for earlier, now in moves]
    return [*(PlannedStep(version, UP) for version in before), *steps]


def _before_an_upgrade(status: Status, wanted: Wanted, *, applies_late: bool) -> list[str]:
    """What runs first, though alembic_version does not change with it."""
    late = [entry.version for entry in status.in_states(State.LATE)] if applies_late else []
    if wanted.bound:
        late = [version for version in late if version <= wanted.bound]
    half = next(iter(status.ledger.half_done), None)
    if half and half.version in (*status.rows, *late):
        return [half.version, *(each for each in late if each != half.version)]
    if half:
        _require_alone(status, half, wanted.versions, late)
        return []
    return late


def _require_alone(
    status: Status, half: HalfDone, wanted: Sequence[str], late: Sequence[str]
) -> None:
    """Refuse what would run before a section that was cut off, or late ones behind it."""
    before = [*itertools.takewhile(lambda each: each != half.version, wanted)]
    before = before if half.version in wanted else []
    if [*wanted[:1]] == [half.version] and not (late and wanted[1:]):
        return
    way = f"rename {', '.join(before)} to newer versions, then " if before else ""
    way += "" if half.version in status.files else "restore its file, then "
    raise HalfDoneMigrationError(
        f"the {half.direction.upper()} section of {half.version} was cut off after statement "
        f"{half.done}, so nothing else runs before it is whole",
        Remedy(
            f"{way}finish it: {{}}; or undo it: {{}}",
            CommandLine("migrate", half.version, "apply" if late else ""),
            ROLLBACK,
        ),
    )


def _backwards(status: Status, wanted: Sequence[str]) -> list[PlannedStep]:
    """What a downgrade does: first it undoes what was cut off before it took effect whole."""
    half = next(iter(status.ledger.half_done), None)
    line = _line_back(status)
    lower = dict(itertools.pairwise([*line, ""]))
    versions = [*wanted, *_below(status, line, wanted)]
    steps = [
        PlannedStep(
            version,
            DOWN,
            Move(version, lower.get(version, "")),
            passes_over=version not in status.rows and not (half and half.version == version),
        )
        for version in versions
    ]
    first = half and half.version not in status.rows
    return [PlannedStep(half.version, DOWN), *steps] if half and first else steps


def _line_back(status: Status) -> list[str]:
    """The versions of all migrations, those that never ran too, from the current one down."""
    versions = (entry.version for entry in status.entries)
    return sorted((version for version in versions if version <= status.current), reverse=True)


def _below(status: Status, line: Iterable[str], wanted: Sequence[str]) -> Iterable[str]:
    """Further versions down to one that did run: alembic_version names no other."""
    if not wanted:
        return []
    rest = [version for version in line if version < wanted[-1]]
    return itertools.takewhile(lambda version: version not in status.rows, rest)


def repeatable_steps(status: Status, steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """What runs behind the migrations of an upgrade, if it ends at the newest one.

    Args:
        status: the database and the files.
        steps: of the migrations.
    """
    up = {each.version for each in steps}
    if any(each.version not in up for each in status.waiting):
        return []
    due = {each.name for each in status.repeatable if each.state.is_due}
    ran = any(each.state is RepeatableState.EXECUTED for each in status.repeatable)
    sections = [status.files[version].up for version in up] if ran else []
    found: list[RepeatableFile] = []
    for file in status.files.repeatable:
        behind = any(each.name in file.after for each in found)
        if file.name in due or behind or any(map(file.is_outdated_by, sections)):
            found.append(file)
            sections.append(file.section)
    return [PlannedStep(repeatable_version(each.name), UP) for each in found]
