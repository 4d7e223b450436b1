"""Which statements of a section that undoes another's half may find nothing to undo."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.errors import StatementError
from promptlib.engine.undoing import Undoing
from promptlib.files.parser import parse_migration
from support.outside import Deploys, outside
from support.projects import TWO

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_UP = "CREATE TABLE a (i int);\nCREATE INDEX i ON a (i);\nALTER TABLE a ADD j int;"
_CASES = [
    pytest.param(_UP, "DROP TABLE a", True, id="a table"),
    pytest.param(_UP, "DROP INDEX CONCURRENTLY i", True, id="an index"),
    pytest.param(f"CREATE TABLE a ();{_UP}", "DROP TABLE public.a", True, id="by its schema"),
    pytest.param(_UP, "ALTER TABLE a DROP COLUMN j", True, id="a column"),
    pytest.param("CREATE TYPE x AS ENUM ();", "DROP TYPE x", True, id="a type"),
    pytest.param(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION f()",
        True,
        id="a function",
    ),
    pytest.param("CREATE SCHEMA s;", "DROP SCHEMA s", True, id="a schema"),
    pytest.param(
        "CREATE TRIGGER t AFTER INSERT ON pg_class EXECUTE FUNCTION f();",
        "DROP TRIGGER t ON pg_class",
        True,
        id="a trigger",
    ),
    pytest.param("CREATE POLICY p ON pg_class;", "DROP POLICY p ON pg_class", True, id="a policy"),
    pytest.param(_UP, "DROP TABLE b", False, id="what UP never makes"),
    pytest.param(_UP, "DROP TABLE a, a", False, id="two at once"),
    pytest.param(_UP, "DO $$ BEGIN DROP TABLE a; END $$", False, id="a block"),
    pytest.param(_UP, "DELETE FROM a", False, id="rows"),
    pytest.param(_UP, "DROP VIEW a", True, id="another word for a relation"),
]


@pytest.mark.parametrize(("up", "statement", "excused"), _CASES)
def test_nothing_to_undo(database: Database, up: str, statement: str, *, excused: bool) -> None:
    assert _excused(database, up, statement, done=0) is excused


def test_what_was_reached_is_to_be_undone(database: Database) -> None:
    assert _excused(database, _UP, "DROP INDEX i", done=1)
    assert not _excused(database, _UP, "DROP TABLE a", done=1)


def test_the_catalog_has_to_confirm_it(database: Database) -> None:
    """An error of the right kind about something else is an error."""
    database.query("CREATE TABLE a (i int)")
    down = "CREATE TABLE b (i int, CONSTRAINT a UNIQUE (i))"  # relation "a" already exists
    assert not _excused(database, "DROP TABLE b;", down, done=0, undoes_down=True)
    database.query("CREATE TABLE b (); CREATE TABLE k (i int); CREATE TABLE other (i int)")
    assert _excused(database, "DROP TABLE b;", "CREATE TABLE b ()", done=0, undoes_down=True)
    takes, makes = "ALTER TABLE k DROP CONSTRAINT u;", "ALTER TABLE k ADD CONSTRAINT u UNIQUE (i)"
    database.query("CREATE INDEX u ON other (i)")
    assert not _excused(database, takes, makes, done=0, undoes_down=True)
    database.query(f"DROP INDEX u; {makes}")
    assert _excused(database, takes, makes, done=0, undoes_down=True)


def _excused(
    database: Database, other: str, statement: str, *, done: int, undoes_down: bool = False
) -> bool:
    """Run a statement that fails, and ask."""
    up, down = (statement, other) if undoes_down else (other, statement)
    text = f"-- UP\n{up}\n-- DOWN\n{down}\n".encode()
    found = parse_migration("20250101000001", "x", Path("x.sql"), text)
    sections = (found.up, found.down) if undoes_down else (found.down, found.up)
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute(statement)
        error = StatementError("x")
        error.sqlstate = caught.value.pgcode or ""
        return Undoing(*sections, done).excuses(cursor, 0, error)


_ADDS, _TAKES = "UPDATE c SET value = value + 1;", "UPDATE c SET value = value - 1;"


@pytest.mark.parametrize(
    ("up", "down", "done", "doubtful"),
    [
        (f"SELECT 1; {_ADDS}", _TAKES, 1, 0),
        (f"SELECT 1; {_ADDS}", f"SELECT 1; {_TAKES}", 1, 1),
        (f"{_ADDS} SELECT 1;", _TAKES, 1, None),  # what it takes back did happen
        (f"SELECT 1; {_ADDS}", "DELETE FROM c WHERE value = 1;", 1, None),
        (f"SELECT 1; {_ADDS}", "UPDATE c SET value = 0;", 1, None),
        (f"SELECT 1; {_ADDS}", "INSERT INTO c VALUES (1);", 1, 0),
        ("SELECT 1; CREATE TABLE d ();", _TAKES, 1, None),
        (f"SELECT 1; DO $$ BEGIN {_ADDS} COMMIT; END $$;", _TAKES, 1, 0),
        ("SELECT 1; CALL add();", _TAKES, 1, 0),
        ("SELECT 1; SELECT add();", _TAKES, 1, 0),
        (f"SELECT 1; {_ADDS}", f"DO $$ BEGIN PERFORM 1; {_TAKES} END $$;", 1, 0),
        (f"SELECT 1; {_ADDS}", f"DO $$ BEGIN IF true THEN {_TAKES} END IF; END $$;", 1, 0),
        (f"SELECT 1; {_ADDS}", "CALL take();", 1, 0),
        (f"SELECT 1; {_ADDS}", "DO $$ BEGIN RAISE NOTICE 'x'; DELETE FROM c; END $$;", 1, None),
    ],
)
def test_what_may_take_back_what_never_happened(
    up: str, down: str, done: int, doubtful: int | None
) -> None:
    found = parse_migration("1", "x", Path("x.sql"), f"-- UP\n{up}\n-- DOWN\n{down}\n".encode())
    assert Undoing(found.down, found.up, done).doubtful() == doubtful


def test_it_is_refused_until_somebody_says_so(project: Project, database: Database) -> None:
    database.query("CREATE TABLE c AS SELECT 100 AS value")
    up = f"SELECT 1;\nSELECT 1 / value FROM c WHERE value = 0;\n{_ADDS}"
    deploy = Deploys(project)
    path = outside(project, 2, up.replace("value FROM", "0 FROM").replace("= 0", "> 0"), _TAKES)
    deploy("upgrade head", ok=False)
    said = deploy("downgrade -1", ok=False)
    assert said.startswith(
        f"sql/{TWO}_x.sql:6:1: changes rows anew, and the UP section was cut off after statement "
        "1: this may take back what never happened; finish that first: alembic upgrade head; or, "
        "if it is right all the same: alembic -x allow_data_loss=on downgrade -1\n"
    )
    assert database.value("SELECT value FROM c") == 100
    assert path.exists()
    project.promptlib("rollback", "--allow-data-loss")
    assert database.value("SELECT value FROM c") == 99
