"""changes: what a transaction has changed, by name; test_state has what that is good for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.verify.changes import changed_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")
_GROUND = """
CREATE TABLE a (i int PRIMARY KEY, t text);
CREATE TABLE b (i int CONSTRAINT to_a REFERENCES a);
CREATE TABLE other (i int);
CREATE VIEW v AS SELECT t FROM a;
CREATE VIEW w AS SELECT t FROM v;
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO other VALUES (1); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON b DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION log();
INSERT INTO a VALUES (1);
"""
_NUMBERS = """
    SELECT oid::bigint, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
       AND relkind IN ('r', 'v')
"""


@pytest.fixture
def cursor(database: Database) -> Iterator[Cursor]:
    """A cursor in a transaction."""
    with (
        contextlib.closing(psycopg2.connect(database.url)) as connection,
        connection.cursor() as opened,
    ):
        opened.execute(_GROUND)
        connection.commit()
        yield opened


def _changed(cursor: Cursor, sql: str) -> set[str] | None:
    """The tables and views among what a transaction has changed."""
    cursor.execute(_NUMBERS)
    names = dict(cursor.fetchall())
    cursor.execute(sql)
    found = changed_objects(cursor)
    cursor.execute(_NUMBERS)
    names |= dict(cursor.fetchall())
    cursor.connection.commit()
    return None if found is None else {names[number] for number in found if number in names}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM a, b", set()),
        ("UPDATE a SET t = 'x'", {"a"}),
        ("INSERT INTO b VALUES (1)", {"b", "other"}),
        ("DELETE FROM other", set()),
        (
            "INSERT INTO other VALUES (1); SAVEPOINT s; UPDATE a SET t = 'x'; ROLLBACK TO s",
            {"other"},
        ),
        ("ALTER TABLE other ADD j int", {"other"}),
        ("ALTER TABLE a RENAME t TO u", {"a", "b", "v"}),
        ("ALTER VIEW v RENAME TO z", {"w", "z"}),
        ("CREATE INDEX ON other (i)", {"other"}),
        ("DROP TABLE b", {"a", "b"}),
        ("CREATE TABLE c (i int REFERENCES a)", {"a", "c"}),
        ("GRANT SELECT ON other TO PUBLIC", {"other"}),
        ("COMMENT ON COLUMN other.i IS 'x'", {"other"}),
        ("CREATE OR REPLACE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'", {"b"}),
    ],
)
def test_what_is_changed_and_what_reads_otherwise(
    cursor: Cursor, sql: str, expected: set[str]
) -> None:
    assert _changed(cursor, sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE SCHEMA s",
        "CREATE ROLE changed_too",
        "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
        "COMMENT ON SCHEMA public IS 'x'",
        "UPDATE pg_class SET relhasrules = true WHERE relname = 'other'",
        "DELETE FROM pg_depend WHERE objid = 'v'::regclass",
        "SET LOCAL track_counts = off; UPDATE a SET t = 'x'",
    ],
)
def test_anything_may_have_changed_with_some(cursor: Cursor, sql: str) -> None:
    cursor.execute(sql)
    assert changed_objects(cursor) is None
    cursor.connection.rollback()


def test_what_waits_for_the_end_fails_there(cursor: Cursor) -> None:
    cursor.execute("ALTER TABLE b ALTER CONSTRAINT to_a DEFERRABLE INITIALLY DEFERRED")
    cursor.connection.commit()
    cursor.execute("INSERT INTO b VALUES (7)")
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        changed_objects(cursor)


def test_the_transaction_behind_starts_anew(cursor: Cursor) -> None:
    _changed(cursor, "ALTER TABLE a ADD x int")
    assert _changed(cursor, "UPDATE other SET i = 1; INSERT INTO other VALUES (2)") == {"other"}
