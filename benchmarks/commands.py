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
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import servers  # noqa: E402 - found by the line above
from support.projects import Project, path_of  # noqa: E402

_REVISION = '''"""t{n}"""
from alembic import op
revision = "{version}"
down_revision = {before!r}
def upgrade():
    op.execute("CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL)")
def downgrade():
    op.execute("DROP TABLE t{n}")
'''
_ENV = """import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


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
    ours, plain = folder / "ours", folder / "plain"
    (plain / "versions").mkdir(parents=True)
    ours.mkdir()
    project = Project.copy(ours, url)
    (plain / "env.py").write_text(_ENV)
    (plain / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    before, first = None, datetime.fromisoformat("2025-01-01")
    for n in range(count):
        version = f"{first + timedelta(minutes=n):%Y%m%d%H%M%S}"
        up = f"CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL);"
        project.add(version, up, f"DROP TABLE t{n};", name=f"t{n}")
        text = _REVISION.format(n=n, version=version, before=before)
        (plain / "versions" / f"{version}_t{n}.py").write_text(text)
        before = version
    project.alembic("stamp", "head")  # as good as run, for who only looks
    return {"promptlib": ours, "alembic": plain}


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
