"""This project against what else people use: psql, plain Alembic and, where installed, dbmate.

    python benchmarks/compare.py [--counts 2,100,1000] [--runs 5] [--server 18] [--plot FILE.svg]

Starts a server of its own, with fsync on, and runs each tool on the same small migrations: from
empty, with nothing to do, the status, and the last one back. Runs are interleaved; medians are
printed. `--plot` draws the wall time of the upgrade over the number of migrations.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import plot
import tools

from support import measure, servers  # found by tools
from support.projects import environment_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database

_DURABLE = "ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on"


class Cost(NamedTuple):
    """What a command took.

    Attributes:
        wall: seconds.
        cpu: seconds of the client's processor time.
        memory: megabytes at its peak.
    """

    wall: float
    cpu: float
    memory: float


Results = dict[tuple[str, int, str], list[Cost]]  # by what was done, how many there are, the tool


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="2,100,1000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--server", default=servers.available()[0])
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    counts = [int(each) for each in options.counts.split(",")]
    found: Results = {}
    with servers.running(options.server) as server:
        for statement in (*_DURABLE, "SELECT pg_reload_conf()"):
            server.execute(statement)
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                made = [*_tools(Path(folder), count, server)]
                for _ in range(options.runs):
                    for tool in made:
                        _run(server, tool, count, found)
            _print(found, count)
    if options.plot:
        names = dict.fromkeys(tool for what, _, tool in found if what == tools.UPGRADE)
        lines = {
            name: [(n, _median(found[tools.UPGRADE, n, name]).wall) for n in counts]
            for name in names
        }
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


def _run(server: servers.Server, tool: tools.Tool, count: int, found: Results) -> None:
    """Measure each of a tool's commands, on a database of its own."""
    database = server.create()
    for what, command in tool.commands.items():
        cost = _cost([each.format(url=database.url) for each in command], tool.folder, database)
        found.setdefault((what, count, tool.name), []).append(cost)
    server.drop(database.name)


def _cost(command: list[str], folder: Path, database: Database) -> Cost:
    result = subprocess.run(
        [sys.executable, "-S", measure.__file__, *command],
        cwd=folder,
        env=environment_with({"DATABASE_URL": database.url}),
        stdout=subprocess.PIPE,
        check=False,
    )
    if result.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return Cost(*json.loads(result.stdout))


def _median(costs: list[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def _print(found: Results, count: int) -> None:
    """What was done with a number of migrations; ratios are to the first tool of each group."""
    print(f"\n{count} migrations")
    print(f"  {'':20}{'':22}{'wall':>10}{'ratio':>8}{'CPU':>10}{'memory':>10}")
    for what in dict.fromkeys(what for what, n, _ in found if n == count):
        base = 0.0
        for (done, n, tool), costs in found.items():
            if (done, n) == (what, count):
                cost = _median(costs)
                base = base or cost.wall
                print(
                    f"  {what:20}{tool:22}{1000 * cost.wall:>7.0f} ms{cost.wall / base:>8.2f}"
                    f"{1000 * cost.cpu:>7.0f} ms{cost.memory:>7.0f} MB"
                )


if __name__ == "__main__":
    main()
