"""What it takes to prove the migrations of a real project: `promptlib verify`.

    python benchmarks/verify.py [--counts 100 350]

The migrations make tables with constraints and indexes, change them, fill them, and make functions
and triggers: one table for five of them. Prints the time on each server at hand; the processor time
of command and server, which is the same on a busy machine; and how much more of that a migration
takes where there are most than where there are fewest: 1.0 is linear. For Linux.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import servers  # noqa: E402 - found by the line above
from support.projects import Project, environment_with, path_of  # noqa: E402

_TABLE = """CREATE TABLE t{n} (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE,
    status varchar(20) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'off')),
    parent_id uuid {parent}, data jsonb, created_at timestamptz DEFAULT now()
);
CREATE INDEX t{n}_status ON t{n} (status);"""
_TRIGGER = """CREATE FUNCTION f{n}() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER g{n} BEFORE UPDATE ON t{n} FOR EACH ROW EXECUTE FUNCTION f{n}();"""
_SECTIONS = [
    (_TABLE, "DROP TABLE t{n};"),
    ("ALTER TABLE t{n} ADD extra int NOT NULL DEFAULT 0;", "ALTER TABLE t{n} DROP extra;"),
    ("CREATE INDEX t{n}_extra ON t{n} (extra) WHERE extra > 0;", "DROP INDEX t{n}_extra;"),
    (
        "INSERT INTO t{n} (name) VALUES ('seed 1'), ('seed 2');",
        "DELETE FROM t{n} WHERE name IN ('seed 1', 'seed 2');",
    ),
    (
        _TRIGGER,
        "DROP TRIGGER g{n} ON t{n};\nDROP FUNCTION f{n}();",
    ),
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 350])
    counts = sorted(parser.parse_args().counts)
    for name in servers.available():
        with servers.running(name) as server:
            each = [_measure(server, count) for count in counts]
        print(f"{name:<10} {each[-1] / each[0]:.2f} times as much for each at {counts[-1]}")


def _measure(server: servers.Server, count: int) -> float:
    """Seconds of the processor for each migration."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project.copy(Path(folder), server.create().url)
        _fill(project, count)
        began, used = time.perf_counter(), _processor_time(server)
        result = subprocess.run(
            [path_of("promptlib"), "verify"],
            cwd=folder,
            env=environment_with({"DATABASE_URL": project.url}),
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        seconds, used = time.perf_counter() - began, _processor_time(server) - used
    said = result.stdout.splitlines()[-1]
    each = f"{used:6.1f} s of the processor, {used / count * 1000:6.1f} ms each"
    print(f"{server.name:<10} {seconds:6.1f} s, {each}  {said}")
    return used / count


def _processor_time(server: servers.Server) -> float:
    """What the commands and the server's sessions that have ended took."""
    pid = Path(f"{server.data}/postmaster.pid").read_text("utf-8").split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    # utime, stime, cutime and cstime, as proc(5) has them.
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + ended.ru_utime + ended.ru_stime


def _fill(project: Project, count: int) -> None:
    for number in range(count):
        table, kind = divmod(number, len(_SECTIONS))
        parent = f"REFERENCES t{table - 1}" if table else ""
        up, down = (text.format(n=table, parent=parent) for text in _SECTIONS[kind])
        project.add(20250101000000 + number // 60 * 100 + number % 60, up, down)


if __name__ == "__main__":
    main()
