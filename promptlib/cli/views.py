"""What the commands know, as lines for people: facts in columns, with colour on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.core.durations import display_duration
from promptlib.plan.states import State
from promptlib.plan.status import describe_half_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptlib.plan.backwards import Rollback
    from promptlib.plan.preview import Preview
    from promptlib.plan.status import Document, Standing

GREEN, YELLOW, RED = "32", "33", "31"
_BETWEEN = "  "
_UNKNOWN = "-"
_COLOURS = {
    State.EXECUTED: GREEN,
    State.PENDING: YELLOW,
    **dict.fromkeys((State.LATE, State.EDITED, State.MISSING), RED),
    "done": GREEN,
    **dict.fromkeys(("running", "failed"), RED),
}
_SECONDS = len("2025-01-01T00:00:00")


def status_lines(found: Standing, document: Document, *, coloured: bool) -> Iterator[str]:
    """The table of migrations, a summary, and a line for each section that was cut off."""
    header = ("VERSION", "NAME", "STATE", "EXECUTED AT", "TOOK", "BY")
    rows = [
        (row["version"], row["name"], row["state"], *_how(row)) for row in document["migrations"]
    ]
    if rows:
        yield from _table([header, *rows], coloured=coloured)
    number = len(rows)
    counts = [f"{document[state]} {state}" for state in State if document[state]]
    listed = f": {', '.join(counts)}" if counts else ""
    yield f"{number} migration{'s' * (number != 1)}{listed}; {describe_place(found)}"
    yield from map(describe_half_done, found.ledger.half_done)


def pending_lines(rows: list[Document], *, coloured: bool) -> list[str]:
    """A line for each migration; late ones say so."""
    return _table(
        [(row["version"], row["name"], _remark(row, State.PENDING)) for row in rows],
        coloured=coloured,
    )


def executed_lines(rows: list[Document], *, coloured: bool) -> list[str]:
    """A line for each migration; edited and missing ones say so."""
    return _table(
        [(row["version"], row["name"], *_how(row), _remark(row, State.EXECUTED)) for row in rows],
        coloured=coloured,
    )


def history_lines(events: list[Document], *, coloured: bool) -> list[str]:
    """A line for each attempt, and the first line of its error."""
    if not events:
        return []
    header = ("VERSION", "DIRECTION", "STARTED AT", "FINISHED AT", "OUTCOME", "BY", "ERROR")
    rows = [
        (
            *(event["version"], event["direction"]),
            *(display_time(event["started_at"]), display_time(event["finished_at"])),
            *(event["outcome"], event["executed_by"], (event["error"] or "").partition("\n")[0]),
        )
        for event in events
    ]
    return _table([header, *rows], coloured=coloured)


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
        "migrations": f"at {document['current'] or 'base'}, {document['pending']} pending",
        "deploy": "could run" if document["ok"] else "could not run",
    }
    return align_columns([*shown.items()], {})


def plan_lines(planned: Preview, found: Standing) -> Iterator[str]:
    """What a migrate would run, in its order."""
    for entry in (*planned.late, *planned.pending):
        late = "  (late)" if entry.state is State.LATE else ""
        yield f"would run  {entry.version}  {entry.name.replace('_', ' ')}{late}"
    if planned.makes_ledger:
        yield "would make or fill the ledger"
    if planned.is_empty:
        yield f"nothing would run; {describe_place(found)}"


def rollback_lines(back: Rollback, found: Standing) -> Iterator[str]:
    """What a rollback takes back, in its order."""
    halves = {each.version for each in found.ledger.half_done}
    for entry in back.entries:
        about = {State.MISSING: "its file is gone: by the DOWN section in the ledger"}.get(
            entry.state, "was cut off halfway" if entry.version in halves else ""
        )
        name = entry.name.replace("_", " ")
        yield f"takes back  {entry.version}  {name}{f'  ({about})' if about else ''}"
    yield "what these made is dropped by their DOWN sections, with the data in it"
    yield f"then the database is at {back.end}"


def describe_place(found: Standing) -> str:
    """Where the database stands."""
    newest = " (head)" if found.current == found.head else ""
    return f"the database is at {found.current or 'base'}{newest}"


def align_columns(rows: Sequence[Sequence[str]], colours: Mapping[str, str]) -> list[str]:
    """Lines whose columns stand below each other.

    Args:
        rows: all of the same length.
        colours: of whole cells, by their text; none where there is no colour.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _BETWEEN.join(
            [_painted(each, colours) for each in map(str.ljust, row, widths)]
            if colours
            else map(str.ljust, row, widths)
        ).rstrip()
        for row in rows
    ]


def _painted(padded: str, colours: Mapping[str, str]) -> str:
    cell = padded.rstrip()
    return f"\x1b[{colours[cell]}m{cell}\x1b[0m{padded[len(cell) :]}" if cell in colours else padded


def _table(rows: Sequence[Sequence[str]], *, coloured: bool) -> list[str]:
    return align_columns(rows, _COLOURS if coloured else {})


def _how(row: Document) -> tuple[str, str, str]:
    """When a migration ran, how long it took, and by whom."""
    took = row["execution_ms"]
    return (
        display_time(row["executed_at"]),
        _UNKNOWN if took is None else display_duration(took / 1000),
        row["executed_by"] or _UNKNOWN,
    )


def display_time(text: str | None) -> str:
    """A time without its fractions of a second."""
    return f"{text[:_SECONDS]}Z" if text else _UNKNOWN


def _remark(row: Document, usual: State) -> str:
    return "" if row["state"] == usual else str(row["state"])


def _answer(fact: object) -> str:
    return "yes" if fact else "no"
