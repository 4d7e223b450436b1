"""This project against what else people use: psql, plain Alembic and, where installed, dbmate.

    python benchmarks/compare.py [--counts 2,100,1000] [--runs 5] [--server 18] [--plot FILE.svg]

Starts a server of its own, with fsync on, and runs each tool on the same small migrations (a table,
an index, a row): from empty, then commands that find everything done, then the last one back, and
once more. Runs are interleaved. Prints medians as tables in Markdown; ratios are to the first line
of a table, of wall times at the largest number. `--plot` draws the wall time of the upgrade over
the number of migrations.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import plot
import tools

from support import costs, servers  # found by tools
from support.costs import Cost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Runs:
    """What was measured: by what was done, by how many migrations there were, and by the tool."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, dict[int, list[Cost]]]] = {}

    def add(self, what: str, tool: str, count: int, cost: Cost) -> None:
        """Remember a run."""
        by_tool = self._found.setdefault(what, {})
        by_tool.setdefault(tool, {}).setdefault(count, []).append(cost)

    def medians(self, what: str) -> dict[str, dict[int, Cost]]:
        """The medians of each tool."""
        return {
            tool: {
                count: Cost(*map(statistics.median, zip(*runs, strict=True)))
                for count, runs in by_count.items()
            }
            for tool, by_count in self._found[what].items()
        }

    @property
    def whats(self) -> list[str]:
        """All that was done."""
        return [*self._found]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="2,100,1000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--server", default=servers.available()[0])
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    counts, runs = [int(each) for each in options.counts.split(",")], Runs()
    with servers.running(options.server, durable=True) as server:
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                made = [*_tools(Path(folder), count, server)]
                for number in range(options.runs):
                    print(f"{count} migrations, run {number + 1}", file=sys.stderr)
                    for tool in made:
                        _run(server, tool, count, runs)
    print(f"Medians of {options.runs} interleaved runs, PostgreSQL {options.server}, fsync on.")
    for what in runs.whats:
        print("", *_table(what, runs.medians(what), counts), sep="\n")
    if len(counts) > 1:
        print("", *_more(runs.medians(tools.UPGRADE), counts), sep="\n")
    if options.plot:
        upgrades = runs.medians(tools.UPGRADE).items()
        lines = {tool: [(n, cost.wall) for n, cost in each.items()] for tool, each in upgrades}
        Path(options.plot).write_text(plot.svg(lines), encoding="utf-8")


def _tools(folder: Path, count: int, server: servers.Server) -> Iterator[tools.Tool]:
    def made(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    yield tools.psql(made("psql"), count, server.program("psql"))
    yield tools.plain(made("plain"), count)
    yield tools.ours(made("alembic"), count, "alembic")
    yield tools.ours(made("promptlib"), count, "promptlib")
    if found := tools.dbmate(made("dbmate"), count):
        yield found


def _run(server: servers.Server, tool: tools.Tool, count: int, runs: Runs) -> None:
    """Measure each of a tool's commands, on a database of its own."""
    database = server.create()
    for what, command in tool.commands.items():
        said = [each.format(url=database.url) for each in command]
        try:
            cost = costs.of(said, tool.folder, database.url)
        except subprocess.CalledProcessError:
            sys.exit(f"failed: {' '.join(said)}")
        runs.add(what, tool.name, count, cost)
    server.drop(database.name)


def _table(what: str, medians: dict[str, dict[int, Cost]], counts: Sequence[int]) -> Iterator[str]:
    """The wall time of each tool by the number of migrations, and what else the largest took."""
    most = counts[-1]
    first = next(iter(medians.values()))[most]
    yield _line([what, *(f"{n:,}" for n in counts), "ratio", f"CPU, {most:,}", f"memory, {most:,}"])
    yield f"|---{'|--:' * (len(counts) + 3)}|"
    for tool, median in medians.items():
        last = median[most]
        walls = [_shown(median[count].wall) for count in counts]
        ratio = f"{last.wall / first.wall:.2f}"
        yield _line([tool, *walls, ratio, _shown(last.cpu), f"{last.memory:.0f} MB"])


def _more(medians: dict[str, dict[int, Cost]], counts: Sequence[int]) -> Iterator[str]:
    """What an upgrade takes for each migration more: among the first ones, and among the last."""
    spans = [*dict.fromkeys([(counts[0], counts[1]), (counts[-2], counts[-1])])]
    names = [f"{what}, {low:,} to {high:,}" for what in ("wall", "CPU") for low, high in spans]
    yield _line(["each migration more", *names, "ratio"])
    yield f"|---{'|--:' * (len(names) + 1)}|"
    least, most = counts[0], counts[-1]
    first = next(iter(medians.values()))
    for tool, median in medians.items():
        cells = [
            f"{1000 * (median[high][which] - median[low][which]) / (high - low):.2f} ms"
            for which in (0, 1)
            for low, high in spans
        ]
        ratio = (median[most].wall - median[least].wall) / (first[most].wall - first[least].wall)
        yield _line([tool, *cells, f"{ratio:.2f}"])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
