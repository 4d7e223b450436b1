"""One migration of many megabytes: how fast it is read, and the memory that commands take for it.

    python benchmarks/large_file.py [--megabytes 200] [--server 18]

A series of INSERT statements, once with a row each, once with a thousand, with letters of one to
four bytes. Memory is the peak of the command, beside the size of the file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import tools  # finds the others

from promptlib.files.parser import parse_migration
from support import costs, servers
from support.projects import Project, path_of

if TYPE_CHECKING:
    from support.databases import Database

_ROW = "({n}, 'größer \U0001f600 user{n}@example.com', 'it''s a note about; (row) {n}')"
_COMMANDS = ["promptlib pending", "alembic upgrade head", "promptlib status", "promptlib rollback"]
_COMMANDS += ["promptlib migrate", "alembic current"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--server", default=servers.available()[0])
    options = parser.parse_args()
    with servers.running(options.server) as server:
        for rows in (1, 1000):
            with tempfile.TemporaryDirectory() as folder:
                project = Project.copy(Path(folder))
                ((_, version),) = tools.versions(1)
                path = project.add(version, _inserts(options.megabytes, rows), "DROP TABLE large;")
                _read(path, rows)
                database = server.create()
                for command in _COMMANDS:
                    _run(command, project, database, path.stat().st_size / 1e6)
                server.drop(database.name)


def _inserts(megabytes: int, rows: int) -> str:
    """A table, and statements of so many rows each that fill it."""
    pieces = ["CREATE TABLE large (n int, name text, note text);\n"]
    size = number = 0
    while size < megabytes * 1e6:
        values = ",\n  ".join(_ROW.format(n=number + n) for n in range(rows))
        pieces.append(f"INSERT INTO large VALUES\n  {values};\n")
        size, number = size + len(pieces[-1].encode()), number + rows
    return "".join(pieces)


def _read(path: Path, rows: int) -> None:
    content = path.read_bytes()
    began = time.process_time()
    found = parse_migration(path.name[:14], "x", path, content)
    speed = len(content) / 1e6 / (time.process_time() - began)
    statements = len(found.up.statements)
    print(f"{statements:,} statements of {rows:,} rows: read at {speed:.0f} MB/s")


def _run(command: str, project: Project, database: Database, size: float) -> None:
    program, *arguments = command.split()
    wall, cpu, memory = costs.of([path_of(program), *arguments], project.folder, database.url)
    share = memory / size
    print(
        f"  {command:22}{wall:>7.1f} s{cpu:>7.1f} s CPU{memory:>6.0f} MB, {share:.2f} of the file"
    )


if __name__ == "__main__":
    main()
