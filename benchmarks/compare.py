"""This project against what else people use: psql, plain Alembic and, where installed, dbmate.

    python benchmarks/compare.py [--counts 2,100,1000] [--runs 5] [--server 18] [--plot FILE.svg]

Starts a server of its own, with fsync on, and runs each tool on the same small migrations (a table,
an index, a row): from empty, then commands that find everything done, then the last one back. Runs
are interleaved. Prints medians as tables in Markdown. `--plot` draws the wall time of the upgrade
over the number of migrations.
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
    from collections.abc import Iterator, Sequence


_DURABLE = "ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on"


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
    with servers.running(options.server) as server:
        for statement in (*_DURABLE, "SELECT pg_reload_conf()"):
            server.execute(statement)
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
    """The wall time of each tool; what each migration more takes, if it runs; the peak memory."""
    least, most = counts[0], counts[-1]
    grows = what == tools.UPGRADE and most > least
    more = ["one more, wall", "one more, CPU"] if grows else [f"CPU, {most:,}"]
    yield f"| {what} | {' | '.join([*(f'{n:,}' for n in counts), *more, f'memory, {most:,}'])} |"
    yield f"|---{'|--:' * (len(counts) + len(more) + 1)}|"
    for tool, median in medians.items():
        last = median[most]
        cells = [_shown(median[count].wall) for count in counts]
        if grows:
            wall, cpu = (
                (now - before) / (most - least)
                for now, before in zip(last[:2], median[least][:2], strict=True)
            )
            cells += [f"{1000 * wall:.2f} ms", f"{1000 * cpu:.2f} ms"]
        else:
            cells.append(_shown(last.cpu))
        yield f"| {tool} | {' | '.join([*cells, f'{last.memory:.0f} MB'])} |"


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
