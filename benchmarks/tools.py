"""The same small migrations (a table, an index, a row) for each tool, and its commands."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.projects import Project, path_of  # noqa: E402 - found by the line above

if TYPE_CHECKING:
    from collections.abc import Iterator

UPGRADE, AGAIN, STATUS, BACK = "upgrade from empty", "nothing to do", "status", "roll back the last"
HEADS, HISTORY, PENDING, EXECUTED = "heads", "history", "pending", "executed"
ONE = "one pending"  # the one that was rolled back
_ALEMBICS = {
    UPGRADE: "upgrade head",
    AGAIN: "upgrade head",
    STATUS: "current",
    HEADS: "heads",
    HISTORY: "history",
    BACK: "downgrade -1",
    ONE: "upgrade head",
}
_OURS = {
    UPGRADE: "migrate",
    AGAIN: "migrate",
    STATUS: "status",
    PENDING: "pending",
    EXECUTED: "executed",
    BACK: "rollback",
    ONE: "migrate",
}
_UP = """CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX t{n}_name ON t{n} (name);
INSERT INTO t{n} VALUES (1, 'one');
"""
_DOWN = "DROP TABLE t{n};\n"
_REVISION = '''"""t{n}"""
from alembic import op
revision = "{version}"
down_revision = {before!r}
def upgrade():
    op.execute("CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL)")
    op.execute("CREATE INDEX t{n}_name ON t{n} (name)")
    op.execute("INSERT INTO t{n} VALUES (1, 'one')")
def downgrade():
    op.execute("DROP TABLE t{n}")
'''
_ENV = """import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


class Tool(NamedTuple):
    """A tool with its migrations.

    Attributes:
        name: as it is shown.
        folder: where its commands run.
        commands: by what they do; `{url}` stands for the database.
    """

    name: str
    folder: Path
    commands: dict[str, list[str]]


def versions(count: int) -> Iterator[tuple[int, str]]:
    """Numbers from 0 on, and a version for each."""
    first = datetime.fromisoformat("2025-01-01")
    for n in range(count):
        yield n, f"{first + timedelta(minutes=n):%Y%m%d%H%M%S}"


def ours(folder: Path, count: int, program: str) -> Tool:
    """This project, by either of its commands.

    Args:
        folder: an empty one.
        count: how many migrations.
        program: `promptlib` or `alembic`.
    """
    project = Project.copy(folder)
    for n, version in versions(count):
        project.add(version, _UP.format(n=n), _DOWN.format(n=n), name=f"t{n}")
    said = _ALEMBICS if program == "alembic" else _OURS
    return Tool(f"promptlib, by {program}", folder, _commands(path_of(program), said))


def plain(folder: Path, count: int) -> Tool:
    """Plain Alembic, with a .py file for each revision."""
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(_ENV)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    before = None
    for n, version in versions(count):
        text = _REVISION.format(n=n, version=version, before=before)
        (folder / "versions" / f"{version}_t{n}.py").write_text(text)
        before = version
    return Tool("plain Alembic", folder, _commands(path_of("alembic"), _ALEMBICS))


def psql(folder: Path, count: int, program: str) -> Tool:
    """All migrations in one file for psql, each in a transaction of its own."""
    parts = [f"BEGIN;\n{_UP.format(n=n)}COMMIT;\n" for n in range(count)]
    (folder / "all.sql").write_text("".join(parts))
    command = [program, "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", "all.sql", "{url}"]
    return Tool("psql, one file", folder, {UPGRADE: command})


def dbmate(folder: Path, count: int) -> Tool | None:
    """The tool dbmate, where it is on the PATH; of npm's package the program that Node starts."""
    program = shutil.which("dbmate")
    if not program:
        return None
    if Path(program).resolve().suffix == ".js":
        found = Path(program).resolve().parents[2].glob("@dbmate/*/bin/dbmate")
        program = str(next(found, program))
    for n, version in versions(count):
        text = f"-- migrate:up\n{_UP.format(n=n)}\n-- migrate:down\n{_DOWN.format(n=n)}"
        (folder / f"{version}_t{n}.sql").write_text(text)
    options = ["--url", "{url}?sslmode=disable", "--migrations-dir", ".", "--no-dump-schema"]
    made = {UPGRADE: "up", AGAIN: "up", STATUS: "status", BACK: "rollback", ONE: "up"}
    return Tool("dbmate", folder, {what: [program, *options, said] for what, said in made.items()})


def _commands(program: str, said: dict[str, str]) -> dict[str, list[str]]:
    return {what: [program, *each.split()] for what, each in said.items()}
