"""What safety costs: this checkout against an older one, on the same migrations.

    python benchmarks/cost.py --before COMMIT [--migrations 1000] [--runs 5]

Upgrades from empty, and a deploy with nothing to do: processor time of the client, and statements
sent to the server (round trips). Runs are interleaved; medians are printed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.databases import Database

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import servers  # noqa: E402 - found by the line above

_MIGRATION = """-- UP
CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX t{n}_name ON t{n} (name);
INSERT INTO t{n} VALUES (1, 'one');
-- DOWN
DROP TABLE t{n};
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="the commit to compare with")
    parser.add_argument("--migrations", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        before = folder / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run(
            [*git, "add", "--quiet", "--detach", str(before), options.before], check=True
        )
        try:
            with servers.running(servers.available()[0]) as server:
                _compare(server, {"before": before, "now": ROOT}, folder, options)
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)


def _compare(
    server: servers.Server, checkouts: dict[str, Path], folder: Path, options: argparse.Namespace
) -> None:
    project = folder / "project"
    _write(project, options.migrations)
    found: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for _ in range(options.runs):
        for name, checkout in checkouts.items():
            database = server.create()
            for what in ("upgrade from empty", "nothing to do"):
                found.setdefault((what, name), []).append(_run(database, project, checkout))
            server.drop(database.name)
    print(f"{options.migrations} migrations, medians of {options.runs} interleaved runs")
    print(f"{'':24}{'client CPU':>12}{'ratio':>8}{'statements':>12}")
    for what in dict.fromkeys(what for what, _ in found):
        base = statistics.median(seconds for seconds, _ in found[what, "before"])
        for name in checkouts:
            seconds = statistics.median(seconds for seconds, _ in found[what, name])
            sent = statistics.median(count for _, count in found[what, name])
            label = f"{what}, {name}"
            print(f"{label:24}{seconds:>10.2f} s{seconds / base:>8.2f}{sent:>12.0f}")


def _write(project: Path, count: int) -> None:
    (project / "sql").mkdir(parents=True)
    shutil.copy(ROOT / "alembic.ini", project)
    shutil.copytree(ROOT / "alembic", project / "alembic")
    for n in range(count):
        version = f"2025{n // 86400 + 101:04}{n // 3600 % 24:02}{n // 60 % 60:02}{n % 60:02}"
        (project / "sql" / f"{version}_t{n}.sql").write_text(_MIGRATION.format(n=n))


def _run(database: Database, project: Path, checkout: Path) -> tuple[float, int]:
    """Seconds of processor time that `alembic upgrade head` takes, and statements that it sends."""
    database.query(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    log = Path(f"{database.server.data}/log")
    start = log.stat().st_size
    alembic = str(Path(sys.executable).with_name("alembic"))
    environment = {**os.environ, "DATABASE_URL": database.url, "PYTHONPATH": str(checkout)}
    child = subprocess.Popen(
        [alembic, "-q", "upgrade", "head"], cwd=project, env=environment, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"alembic failed in {checkout}")
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(start)
        sent = len(re.findall(r"LOG:  statement:", lines.read()))
    return usage.ru_utime + usage.ru_stime, sent


if __name__ == "__main__":
    main()
