"""What the commands know, as lines for people: facts in columns, with colour on a terminal."""

from __future__ import annotations

import functools

from promptlib.cli.tables import align_columns, fit_columns
from promptlib.core.durations import display_duration
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.repeatable import repeatable_name
from promptlib.ledger.state import Execution
from promptlib.ledger.tables import DOWN
from promptlib.plan.repeatable import RepeatableState
from promptlib.plan.states import State
from promptlib.plan.status import describe_half_done, describe_place, place_of_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptlib.cli.documents import Document
    from promptlib.engine.results import DatabaseStatus, MigrationStatus, RepeatableStatus
    from promptlib.ledger.history import Attempt, RecordedDeploy
    from promptlib.plan.deploys import DeployProgress
    from promptlib.plan.status import Status
    from promptlib.plan.steps import PlannedStep, Rollback

GREEN, YELLOW, RED = "32", "33", "31"
_NAME, _REMARK, _ERROR = 1, 5, 6  # columns
_UNKNOWN = "-"
_REPEATABLE = "repeatable"
_OUTDATED = "outdated"
_COLOURS = {
    State.EXECUTED: GREEN,
    State.PENDING: YELLOW,
    **dict.fromkeys((State.LATE, State.EDITED, State.MISSING, State.UNKNOWN), RED),
    RepeatableState.CHANGED: YELLOW,
    "done": GREEN,
    **dict.fromkeys(("running", "failed"), RED),
}
_SECONDS = len("2025-01-01T00:00:00")


def status_lines(status: DatabaseStatus, *, coloured: bool, columns: int = 0) -> Iterator[str]:
    """The table of migrations, a summary, and a line for each section or deploy cut off."""
    header = ("VERSION", "NAME", "STATE", "EXECUTED AT", "TOOK", "BY")
    found = status.migrations
    rows = [(version, name, str(state), *_how(ran)) for version, name, state, _, ran in found]
    for each in status.repeatable:
        how = _how(Execution(each.executed_at, None, each.executed_by))
        rows.append((_REPEATABLE, each.name, str(each.state), *how))
    if rows:
        yield from _table([header, *rows], coloured=coloured, columns=columns)
    counted = [_counted("migration", found, State)] if found or status.head else []
    if status.repeatable:
        counted.append(_counted("repeatable file", status.repeatable, RepeatableState))
    place = place_of_version(status.current or "", status.head or "")
    yield "; ".join([*counted, place])
    yield from map(describe_half_done, status.half_done)
    yield from map(str, status.deploys)


def _counted(
    what: str,
    found: Sequence[MigrationStatus] | Sequence[RepeatableStatus],
    known: Iterable[State] | Iterable[RepeatableState],
) -> str:
    """How many there are, and how many in which state."""
    states = [each.state for each in found]
    counts = [f"{states.count(state)} {state}" for state in known if state in states]
    listed = f": {', '.join(counts)}" if counts else ""
    return f"{len(found)} {what}{'s' * (len(found) != 1)}{listed}"


def pending_lines(
    found: Iterable[MigrationStatus],
    repeatable: Iterable[RepeatableStatus],
    *,
    coloured: bool,
    columns: int = 0,
) -> list[str]:
    """A line for each migration and repeatable file; late and changed ones say so."""
    rows = [(each.version, each.name, _remark(each, State.PENDING)) for each in found]
    usual = RepeatableState.PENDING
    rows += [
        (_REPEATABLE, each.name, "" if each.state is usual else str(each.state))
        for each in repeatable
    ]
    return _table(rows, coloured=coloured, columns=columns)


def executed_lines(
    found: Iterable[MigrationStatus], *, coloured: bool, columns: int = 0
) -> list[str]:
    """A line for each migration; edited and missing ones say so."""
    rows = [
        (each.version, each.name, *_how(each.execution), _remark(each, State.EXECUTED))
        for each in found
    ]
    return _table(rows, _REMARK, coloured=coloured, columns=columns)


def history_lines(attempts: Sequence[Attempt], *, coloured: bool, columns: int = 0) -> list[str]:
    """A line for each attempt, and the first line of its error."""
    if not attempts:
        return []
    header = ("VERSION", "DIRECTION", "OUTCOME", "STARTED AT", "FINISHED AT", "BY", "ERROR")
    rows = [
        (
            each.version,
            each.direction,
            _OUTDATED if _says_outdated(each) else each.outcome,
            display_time(each.started_at),
            display_time(each.finished_at),
            each.executed_by,
            (each.error or "").partition("\n")[0],
        )
        for each in attempts
    ]
    return _table([header, *rows], coloured=coloured, columns=columns, elastic=_ERROR)


def _says_outdated(attempt: Attempt) -> bool:
    """Whether nothing ran: a repeatable file has to run again behind what did."""
    return bool(repeatable_name(attempt.version)) and attempt.direction == DOWN


def deploy_lines(recorded: Iterable[RecordedDeploy], now: Sequence[DeployProgress]) -> list[str]:
    """A line for each deploy that died or runs."""
    died = (
        f"a deploy by {each.executed_by} died: {each.action} from {each.from_version or 'base'} to "
        f"{each.to_version or 'base'}; begun at {each.started_at}"
        for each in recorded
        if each.outcome == "died" and each.finished_at
    )
    return [*died, *map(str, now)]


def readiness_lines(document: Document) -> list[str]:
    """The facts of `db test`."""
    shown = {
        "server": f"PostgreSQL {document['server_version']}, {document['role']}",
        "database": f"{document['database']} ({document['url']})",
        "user": document["user"],
        "encrypted": _answer(document["encrypted"]),
        "latency": f"{document['latency_ms']} ms",
        "pooler between": _answer(document["pooler"]),
        "may create": _answer(document["can_create"]),
        "limits": ", ".join(f"{each['name']} {each['value']}" for each in document["limits"])
        or "none",
        "migrations": f"at {document['current'] or 'base'}, {document['pending']} pending",
        "deploy": "could run" if document["ok"] else "could not run",
    }
    return align_columns([*shown.items()], {})


def plan_lines(steps: Iterable[PlannedStep], found: Status) -> Iterator[str]:
    """What a migrate would run, in its order."""
    names = {entry.version: entry.name.replace("_", " ") for entry in found.entries}
    is_empty = True
    for step in steps:
        late = "  (late)" if step.version in names and not step.move else ""
        yield f"would run  {step.version}  {names.get(step.version, '')}{late}".rstrip()
        is_empty = False
    if not found.ledger.is_ready:
        yield "would make the ledger"
    elif is_empty:
        yield f"nothing would run; {describe_place(found)}"


def rollback_lines(back: Rollback, found: Status) -> Iterator[str]:
    """What a rollback takes back, in its order."""
    halves = {each.version for each in found.ledger.half_done}
    for entry in back.entries:
        about = {State.MISSING: "its file is gone: by the DOWN section in the ledger"}.get(
            entry.state, "was cut off halfway" if entry.version in halves else ""
        )
        name = entry.name.replace("_", " ")
        yield f"to take back  {entry.version}  {name}{f'  ({about})' if about else ''}"
    if len(back.entries) == 1:
        yield "its DOWN section drops what it made, with the data in it"
    else:
        yield "their DOWN sections drop what they made, with the data in it"
    yield f"the database will be at {back.end}"


def _table(
    rows: Sequence[Sequence[str]],
    *needed: int,
    coloured: bool,
    columns: int,
    elastic: int = _NAME,
) -> list[str]:
    fitting = fit_columns(rows, columns, elastic, *needed)
    return align_columns(fitting, _COLOURS if coloured else {})


def _how(execution: Execution) -> tuple[str, str, str]:
    """When a migration ran, how long it took, and by whom."""
    executed_at, took, who = execution
    return display_time(executed_at), _display_milliseconds(took), who or _UNKNOWN


@functools.cache  # of thousands most took as long as others
def _display_milliseconds(took: int | None) -> str:
    return _UNKNOWN if took is None else display_duration(took / 1000)


def display_time(text: str | None) -> str:
    """A time without its fractions of a second."""
    return f"{text[:_SECONDS]}Z" if text else _UNKNOWN


def _remark(migration: MigrationStatus, usual: State) -> str:
    return "" if migration.state is usual else str(migration.state)


def _answer(fact: object) -> str:
    return "yes" if fact else "no"
