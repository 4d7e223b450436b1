"""The same small migrations (a table, an index, rows) for each tool, and its commands."""

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
ONE_FILE, DBMATE, OURS = "psql, one file", "dbmate", "promptlib, by {}"
LEAST = "python: connect, SELECT 1"
_PSQL = ("--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1")
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
_SHORT = 3  # statements
_UP = """CREATE TABLE t{n} (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX t{n}_name ON t{n} (name);
INSERT INTO t{n} VALUES (1, 'one');
"""
_DOWN = "DROP TABLE t{n};\n"
_SCRIPT_UP = """url=$1; shift
"$@" -c 'CREATE TABLE IF NOT EXISTS versions (v text PRIMARY KEY)' "$url" 2>/dev/null
ran=" $("$@" -c 'SELECT v FROM versions' "$url" | tr '\\n' ' ')"
for file in *.up.sql; do
  v=${file%%.*}
  case "$ran" in *" $v "*) continue;; esac
  "$@" -1 -f "$file" -c "INSERT INTO versions VALUES ('$v')" "$url"
done
"""
_SCRIPT_DOWN = """url=$1; shift
v=$("$@" -c 'SELECT max(v) FROM versions' "$url")
"$@" -1 -f "$v.down.sql" -c "DELETE FROM versions WHERE v = '$v'" "$url"
"""
_ASK = """import os, psycopg2
connection = psycopg2.connect(os.environ["DATABASE_URL"])
connection.cursor().execute("SELECT 1")
"""
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


def _up(n: int, statements: int) -> str:
    """The UP of a migration: at least a table, an index and a row."""
    more = (f"INSERT INTO t{n} VALUES ({i}, 'more');\n" for i in range(2, statements - 1))
    return _UP.format(n=n) + "".join(more)


def ours(folder: Path, count: int, program: str, statements: int = _SHORT) -> Tool:
    """This project, by either of its commands.

    Args:
        folder: an empty one.
        count: how many migrations.
        program: `promptlib` or `alembic`.
        statements: of each.
    """
    project = Project.copy(folder)
    for n, version in versions(count):
        project.add(version, _up(n, statements), _DOWN.format(n=n), name=f"t{n}")
    said = _ALEMBICS if program == "alembic" else _OURS
    return Tool(OURS.format(program), folder, _commands(path_of(program), said))


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


def psql(folder: Path, count: int, program: str, statements: int = _SHORT) -> Tool:
    """All migrations in one file for psql, each in a transaction of its own."""
    parts = [f"BEGIN;\n{_up(n, statements)}COMMIT;\n" for n in range(count)]
    (folder / "all.sql").write_text("".join(parts))
    return Tool(ONE_FILE, folder, {UPGRADE: [program, *_PSQL, "-f", "all.sql", "{url}"]})


def scripts(folder: Path, count: int, program: str) -> Tool:
    """A shell script as goose works: each file by psql, in one transaction with its version."""
    for n, version in versions(count):
        (folder / f"{version}.up.sql").write_text(_up(n, _SHORT))
        (folder / f"{version}.down.sql").write_text(_DOWN.format(n=n))
    (folder / "up").write_text(_SCRIPT_UP)
    (folder / "down").write_text(_SCRIPT_DOWN)
    psql_ = [program, *_PSQL, "-At"]
    said = {UPGRADE: "up", AGAIN: "up", BACK: "down", ONE: "up"}
    commands = {what: ["sh", "-e", each, "{url}", *psql_] for what, each in said.items()}
    return Tool("psql, a file each", folder, commands)


def smallest(folder: Path) -> Tool:
    """What any program in Python pays that asks a server something: the least there can be."""
    (folder / "ask.py").write_text(_ASK)
    command = [sys.executable, "ask.py"]
    return Tool(LEAST, folder, {AGAIN: command, STATUS: command})


def dbmate(folder: Path, count: int, statements: int = _SHORT) -> Tool | None:
    """The tool dbmate, where it is on the PATH; of npm's package the program that Node starts."""
    program = shutil.which("dbmate")
    if not program:
        return None
    if Path(program).resolve().suffix == ".js":
        found = Path(program).resolve().parents[2].glob("@dbmate/*/bin/dbmate")
        program = str(next(found, program))
    for n, version in versions(count):
        text = f"-- migrate:up\n{_up(n, statements)}\n-- migrate:down\n{_DOWN.format(n=n)}"
        (folder / f"{version}_t{n}.sql").write_text(text)
    options = ["--url", "{url}?sslmode=disable", "--migrations-dir", ".", "--no-dump-schema"]
    made = {UPGRADE: "up", AGAIN: "up", STATUS: "status", BACK: "rollback", ONE: "up"}
    return Tool(DBMATE, folder, {what: [program, *options, said] for what, said in made.items()})


def _commands(program: str, said: dict[str, str]) -> dict[str, list[str]]:
    return {what: [program, *each.split()] for what, each in said.items()}


def rows(folder: Path, query: str) -> Tool:
    """This project, with a migration that asks for many rows."""
    project = Project.copy(folder)
    project.add("20250101000000", query, "SELECT 1;")
    return Tool(OURS.format("promptlib"), folder, {UPGRADE: [path_of("promptlib"), "migrate"]})
