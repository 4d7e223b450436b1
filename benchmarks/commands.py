"""What it costs to look: `promptlib`, against plain Alembic with a .py file for each revision.

    python benchmarks/commands.py [--many 5000] [--runs 7]

Processor time of the client, with a handful of migrations and with many. Runs are interleaved;
medians are printed, and each command's share of plain Alembic's.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path

import tools

from support import servers  # found by tools
from support.projects import Project, path_of


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with servers.running(servers.available()[0]) as server:
        for count, plain in ((5, "current"), (options.many, "heads")):
            with tempfile.TemporaryDirectory() as temporary:
                url = server.create().url
                folders = _projects(Path(temporary), count, url)
                _compare(folders, url, plain, options.runs, count)


def _projects(folder: Path, count: int, url: str) -> dict[str, Path]:
    """The same migrations twice: ours, all run; and plain Alembic's."""
    folders = {name: folder / name for name in ("promptlib", "alembic")}
    for each in folders.values():
        each.mkdir()
    tools.ours(folders["promptlib"], count, "promptlib")
    tools.plain(folders["alembic"], count)
    project = Project(folders["promptlib"], url)
    project.alembic("stamp", "head")  # as good as run, for who only looks
    return folders


def _compare(folders: dict[str, Path], url: str, plain: str, runs: int, count: int) -> None:
    commands = [f"alembic {plain}", "promptlib status", "promptlib pending", "promptlib executed"]
    commands += ["promptlib db test", "promptlib migrate"]
    spent: dict[str, list[float]] = {command: [] for command in commands}
    for _ in range(runs):
        for command, seconds in spent.items():
            program, *arguments = command.split()
            seconds.append(_cost([path_of(program), *arguments], folders[program], url))
    base = statistics.median(spent[commands[0]])
    print(f"{count} migrations")
    for command, seconds in spent.items():
        median = statistics.median(seconds)
        print(f"  {command:<20} {1000 * median:7.0f} ms  {median / base:5.2f}")


def _cost(command: list[str], folder: Path, url: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
