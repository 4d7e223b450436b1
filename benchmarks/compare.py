"""This project against what else people use: psql, plain Alembic and, where installed, dbmate.

    python benchmarks/compare.py [--counts 2,100,1000] [--delays 0.5,5] [--runs 3] [--server 18]
                                 [--page FOLDER]

Starts a server of its own, with fsync on, and runs each tool on the same small migrations (a table,
an index, a row): from empty, then commands that find everything done, then the last one back, and
once more; then on a network that delays each direction by so many milliseconds. Runs are
interleaved, another tool begins each time, and all files are on disk before. Prints tables in
Markdown: medians, and as ratios the medians of the ratios within each run. `--page` writes them,
with plots, into a folder as speed.md, from speed.template.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import delay
import page
import tools
from measured import Runs

from support import costs, servers  # found by tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FEW = 100  # migrations, of those that run on a slow network
LONG, STATEMENTS, SLOW = 30, 10, 5.0  # migrations, statements of each, milliseconds each way
ROWS = "SELECT repeat('x', 1000) FROM generate_series(1, 300000);"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=_numbers, default=[2, 100, 1000])
    parser.add_argument("--delays", type=_numbers, default=[0.5, 5])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--server", default=servers.available()[0])
    parser.add_argument("--page", metavar="FOLDER", type=Path)
    options = parser.parse_args()
    runs = Runs()
    with servers.running(options.server, durable=True) as server:
        for number in range(options.runs):
            _measure(server, options.counts, options.delays, runs, number)
    made = page.tables(runs)
    if options.page:
        page.write(options.page, runs, made, f"PostgreSQL {options.server}", options.runs)
    else:
        print(*made.values(), sep="\n\n")


def _measure(
    server: servers.Server,
    counts: Sequence[int],
    delays: Sequence[float],
    runs: Runs,
    number: int,
) -> None:
    """Measure all of it, once."""
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            for tool in _in_turn(_tools(Path(folder), int(count), server), number):
                _run(server, tool, ("count", count), 0, runs)
    for milliseconds in (0, *delays):
        with tempfile.TemporaryDirectory() as folder:
            for tool in _in_turn(_networked(Path(folder), server), number):
                _run(server, tool, ("delay", milliseconds), milliseconds, runs)
    if delays:
        with tempfile.TemporaryDirectory() as folder:
            for tool in _in_turn(_long(Path(folder), server), number):
                _run(server, tool, ("long", delays[-1]), delays[-1], runs)
    with tempfile.TemporaryDirectory() as folder:
        _run(server, tools.rows(_made(folder, "rows"), ROWS), ("rows", 1), 0, runs)


def _in_turn(found: Iterable[tools.Tool], number: int) -> list[tools.Tool]:
    """Tools whose files are there, another one first each time.

    A disk that writes files takes longer for a server's: one tool has one, the next thousands.
    """
    made = [*found]
    os.sync()
    first = number % len(made)
    return [*made[first:], *made[:first]]


def _tools(folder: Path, count: int, server: servers.Server) -> Iterator[tools.Tool]:
    program = server.program("psql")
    yield tools.psql(_made(folder, "psql"), count, program)
    if count <= FEW:  # each file takes a process
        yield tools.scripts(_made(folder, "scripts"), count, program)
    yield tools.plain(_made(folder, "plain"), count)
    yield tools.ours(_made(folder, "alembic"), count, "alembic")
    yield tools.ours(_made(folder, "promptlib"), count, "promptlib")
    yield from _installed(tools.dbmate(_made(folder, "dbmate"), count))
    yield tools.smallest(_made(folder, "least"))


def _networked(folder: Path, server: servers.Server) -> Iterator[tools.Tool]:
    program = server.program("psql")
    yield tools.psql(_made(folder, "psql"), FEW, program)
    yield tools.ours(_made(folder, "promptlib"), FEW, "promptlib")
    yield from _installed(tools.dbmate(_made(folder, "dbmate"), FEW))
    yield tools.smallest(_made(folder, "least"))


def _long(folder: Path, server: servers.Server) -> Iterator[tools.Tool]:
    yield tools.psql(_made(folder, "psql"), LONG, server.program("psql"), STATEMENTS)
    yield tools.ours(_made(folder, "promptlib"), LONG, "promptlib", STATEMENTS)
    yield from _installed(tools.dbmate(_made(folder, "dbmate"), LONG, STATEMENTS))


def _made(folder: Path | str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


def _installed(tool: tools.Tool | None) -> Iterator[tools.Tool]:
    if tool:
        yield tool


def _run(
    server: servers.Server, tool: tools.Tool, where: tuple[str, float], wait: float, runs: Runs
) -> None:
    """Measure each of a tool's commands, on a database of its own."""
    print(f"{where[0]} {where[1]:g}: {tool.name}", file=sys.stderr)
    database = server.create()
    address = urlsplit(database.url)
    with delay.delayed(address.port or 0, wait) as port:
        url = address._replace(netloc=f"postgres@127.0.0.1:{port}").geturl()
        for what, command in tool.commands.items():
            said = [each.format(url=url) for each in command]
            try:
                cost = costs.of(said, tool.folder, url)
            except subprocess.CalledProcessError:
                sys.exit(f"failed: {' '.join(said)}")
            runs.add(where, what, tool.name, cost)
    server.drop(database.name)


def _numbers(text: str) -> list[float]:
    return [float(each) if "." in each else int(each) for each in text.split(",") if each]


if __name__ == "__main__":
    main()
