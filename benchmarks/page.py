"""docs/speed.md: what was measured as tables and plots, in a text that stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import plot
import tools
from tools import AGAIN, BACK, DBMATE, LEAST, ONE, ONE_FILE, OURS, STATUS, UPGRADE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from measured import Runs

    from support.costs import Cost

TEMPLATE = Path(__file__).with_name("speed.template.md")
_OURS = OURS.format("promptlib")
_BY_NUMBER = {
    "upgrade": UPGRADE,
    "again": AGAIN,
    "status": STATUS,
    "back": BACK,
    "one": ONE,
    "heads": tools.HEADS,
    "history": tools.HISTORY,
}
_LOOPBACK = 0.1  # milliseconds, about what a round trip takes there
_WALL, _CPU = 0, 1


def tables(runs: Runs) -> dict[str, str]:
    """The tables by their names in the template."""
    found = {
        name: _lines(_table(runs, "count", what, "{:,g}")) for name, what in _BY_NUMBER.items()
    }
    for name, what in (("far_upgrade", UPGRADE), ("far_one", ONE), ("far_back", BACK)):
        found[name] = _lines(_table(runs, "delay", what, "{:g} ms", twice=True))
    found["far_status"] = _lines(_table(runs, "delay", STATUS, "{:g} ms", twice=True))
    found["far_long"] = _lines(_table(runs, "long", UPGRADE, "{:g} ms", twice=True))
    found["each"] = _lines(_each(runs))
    found["ratios"] = _lines(row for row in _ratios(runs) if row[-1])  # what was measured
    return found


def write(folder: Path, runs: Runs, made: dict[str, str], server: str, number: int) -> None:
    """Write the page and its plots."""
    folder.mkdir(exist_ok=True)
    text = TEMPLATE.read_text("utf-8").format(**made, server=server, runs=number)
    (folder / "speed.md").write_text(text, encoding="utf-8")
    for name, varied, across in (
        ("number", "count", "migrations, upgrade from empty"),
        ("network", "delay", "milliseconds a round trip, 100 migrations from empty"),
    ):
        lines = {
            tool: [
                (2 * much or _LOOPBACK if varied == "delay" else much, cost.wall)
                for much in runs.varied(varied)
                if (cost := runs.median((varied, much), UPGRADE, tool))
            ]
            for tool in runs.tools(varied, UPGRADE)
        }
        path = folder / f"speed-{name}.svg"
        path.write_text(plot.svg(lines, across), encoding="utf-8")


def _table(
    runs: Runs, varied: str, what: str, form: str, *, twice: bool = False
) -> Iterator[list[str]]:
    """The wall time of each tool, its ratio to the first one's, and what else the last took."""
    found, used = runs.varied(varied), runs.tools(varied, what)
    shown = [form.format(2 * each if twice else each) for each in found]
    yield [what, *shown, "ratio", f"CPU, {shown[-1]}", f"memory, {shown[-1]}"]
    for tool in used:
        medians = [runs.median((varied, each), what, tool) for each in found]
        most = max((each for each, cost in zip(found, medians, strict=True) if cost), default=0)
        ratio = runs.ratio((varied, most), what, (tool, used[0]))
        last = medians[-1]
        yield [
            tool,
            *(_seconds(cost.wall) if cost else "" for cost in medians),
            f"{ratio:.2f}" if ratio else "",
            _seconds(last.cpu) if last else "",
            f"{last.memory:.0f} MB" if last else "",
        ]


def _each(runs: Runs) -> Iterator[list[str]]:
    """What an upgrade takes for each migration more, from the second number to the last."""
    *_, low, high = runs.varied("count")
    span = f"{low:,g} to {high:,g}"
    yield ["each migration more", f"wall, {span}", f"CPU, {span}"]
    for tool in runs.tools("count", UPGRADE):
        less, more = (runs.median(("count", each), UPGRADE, tool) for each in (low, high))
        if less and more:
            yield [tool, *(_slope(less, more, which, high - low) for which in (_WALL, _CPU))]


def _slope(less: Cost, more: Cost, which: int, number: float) -> str:
    return f"{1000 * (more[which] - less[which]) / number:.2f} ms"


def _ratios(runs: Runs) -> Iterator[list[str]]:
    """What this project takes of what others do, where that was measured."""
    yield ["this project, of another", "ratio"]
    most, delays = max(runs.varied("count")), runs.varied("delay")
    for each in delays[1:]:
        told = f"from empty, {2 * each:g} ms a round trip"
        yield _of(runs, ("delay", each), UPGRADE, DBMATE, told)
    for each in runs.varied("long"):
        told = f"from empty, 10 statements each, {2 * each:g} ms a round trip"
        yield _of(runs, ("long", each), UPGRADE, ONE_FILE, told)
    yield _of(runs, ("count", most), UPGRADE, ONE_FILE, f"from empty, N={most:,g}")
    for number in runs.varied("count"):
        at = ("count", number)
        yield _of(runs, at, ONE, DBMATE, f"one pending, N={number:,g}")
        yield _of(runs, at, BACK, DBMATE, f"roll back, N={number:,g}")
        yield _of(runs, at, AGAIN, LEAST, f"nothing to do, N={number:,g}")
        yield _of(runs, at, STATUS, LEAST, f"status, N={number:,g}")
    cost = runs.median(("rows", 1), UPGRADE, _OURS)
    yield ["memory of a SELECT of 300,000 rows of 1 kB", f"{cost.memory:.0f} MB" if cost else ""]


def _of(runs: Runs, where: tuple[str, float], what: str, other: str, told: str) -> list[str]:
    doing = {AGAIN: "migrate", STATUS: "status", BACK: "rollback"}.get(what, "migrate")
    ratio = runs.ratio(where, what, (_OURS, other))
    return [f"{told}: `promptlib {doing}`, of {other}", f"{ratio:.2f}" if ratio else ""]


def _lines(rows: Iterable[list[str]]) -> str:
    head, *others = rows
    rule = f"|---{'|--:' * (len(head) - 1)}|"
    first, *rest = (f"| {' | '.join(cells)} |" for cells in (head, *others))
    return "\n".join([first, rule, *rest])


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
