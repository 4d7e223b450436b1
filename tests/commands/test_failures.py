"""What an author sees when a statement fails: place, message, remedy, line and caret; no data.

What is said of other kinds is in tests/data/messages/statements.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from support.projects import run
from support.sending import usual

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_FILE = "sql/20250101000001_x.sql"
_EXISTS = (
    "if this migration ran here by other means, `alembic stamp 20250101000001`; otherwise rename "
    "it or drop what is there first"
)
_MISSING = "create it in an earlier migration, or correct the name, its schema or the search_path"
_LAST_WORDS = "terminating connection due to administrator command (57P01)"
# psycopg2 itself drops what a server says as it ends a session.
_UNHEARD = "3:12: server closed the connection unexpectedly; what was not committed is undone when "

_FAILURES = [
    pytest.param(
        "SELECT 1;\n  CREATE TABLE there (i int);",
        f'3:3: relation "there" already exists (42P07); {_EXISTS}\n'
        "    3 |   CREATE TABLE there (i int);\n"
        "      |   ^\n",
        id="table-exists",
    ),
    pytest.param(
        "SELECT *\n\tFROM nope\n WHERE a = 'sekrit';",
        f'3:7: relation "nope" does not exist (42P01); {_MISSING}\n'
        "    3 | \tFROM nope\n"
        "      | \t     ^\n",
        id="undefined-table",
    ),
    pytest.param(
        'SELECT 1 AS "größe 大", nope FROM there;',
        f'2:24: column "nope" does not exist (42703); {_MISSING}\n'
        '    2 | SELECT 1 AS "größe 大", nope FROM there;\n'
        "      |                         ^\n",
        id="wide-letters",
    ),
    pytest.param(
        "SET ROLE powerless;\nCREATE SCHEMA mine;",
        "3:1: permission denied for database *, (42501); grant the right to the user in "
        "DATABASE_URL, or deploy as the owner\n",
        id="permission",
    ),
    pytest.param(
        "DO $$\nBEGIN\n  EXECUTE 'INSERT INTO nope VALUES (''sekrit'', 7341)';\nEND $$;",
        f'2:1: relation "nope" does not exist (42P01); {_MISSING}\n'
        "    2 | DO $$\n"
        "      | ^\n"
        "  query: INSERT INTO nope VALUES ('***', ***)\n"
        "  context: PL/pgSQL function inline_code_block line 3 at EXECUTE\n",
        id="plpgsql-context",
    ),
    pytest.param(
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRN 'sekrit';\nEND $$;",
        '4:3: syntax error at or near "RETRN" (42601); correct the SQL\n'
        "    4 |   RETRN '***';\n"
        "      |   ^\n",
        id="inside-a-function-body",
    ),
    pytest.param(
        "-- about it\n/* more */ SELECT pg_terminate_backend(pg_backend_pid());",
        f"3:12: {_LAST_WORDS}; what was not committed is gone: connect and run it again\n"
        "    3 | /* more */ SELECT pg_terminate_backend(pg_backend_pid());\n"
        "      |            ^\n",
        id="connection-lost",
    ),
]


@pytest.fixture
def there(database: Database) -> None:
    """A table to trip over."""
    database.query("CREATE TABLE there (i int NOT NULL, s text UNIQUE)")


@pytest.mark.usefixtures("there", "powerless")
@pytest.mark.parametrize(("up", "expected"), _FAILURES)
def test_failure(project: Project, up: str, expected: str) -> None:
    if usual() == "singly" and _LAST_WORDS in expected:
        expected = _UNHEARD
    project.add(1, up)
    result = project.alembic("upgrade", "head", ok=False)
    for part in f"{_FILE}:{expected}".split("*, "):
        assert part in result.stderr
    assert result.stdout == ""
    assert "sekrit" not in result.stderr
    assert "7341" not in result.stderr


def test_outside_a_transaction_the_error_tells_what_stays(
    project: Project, database: Database
) -> None:
    project.write(
        "20250101000001_x.sql",
        "-- UP transaction:false\n"
        "CREATE TABLE a AS SELECT 1 AS i FROM generate_series(1, 2);\n"
        "CREATE UNIQUE INDEX CONCURRENTLY a_i ON a (i);\n"
        "-- DOWN\nDROP TABLE a;\n",
    )
    first = project.alembic("upgrade", "head", ok=False).stderr
    assert "the statements before it took effect, and are not run again" in first
    assert "a" in database.tables()


def test_the_api_raises_what_the_command_prints(project: Project, database: Database) -> None:
    project.add(1, "SELECT *\nFROM nope;")
    config = Config(project.folder / "alembic.ini", attributes={"connection": database.engine})
    with pytest.raises(CommandError) as caught:
        command.upgrade(config, "head")
    assert ':3:6: relation "nope" does not exist (42P01); create it' in str(caught.value)
    shown, stands = "    3 | FROM nope;\n      |      ^\n", "nothing of 20250101000001 stays; "
    assert f"{shown}{stands}the database is at base, 1 migration pending; run " in str(caught.value)


def test_raiseerr_shows_a_traceback_on_demand(project: Project) -> None:
    project.add(1, "SELECT 1/0;")
    result = run("python", "-c", _RAISE_ERROR, folder=project.folder, DATABASE_URL=project.url)
    assert result.stdout == "CommandError\n"


_RAISE_ERROR = """
from alembic.config import main
try:
    main(["--raiseerr", "upgrade", "head"])
except Exception as error:
    print(type(error).__name__)
"""
