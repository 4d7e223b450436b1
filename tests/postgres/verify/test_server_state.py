"""server_state: what databases share, as statements; test_server_guard puts it back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.verify.server_state import (
    _TOUCHED,
    SharedObject,
    may_have_changed,
    read_server_state,
    restoring_statements,
    state_changes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database


@pytest.fixture
def cursor(database: Database) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor in a transaction that is rolled back."""
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        with connection.cursor() as opened:
            yield opened
        connection.rollback()


def test_the_statements_say_what_is(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute("CREATE ROLE \"Odd 'one'\" LOGIN; COMMENT ON ROLE \"Odd 'one'\" IS 'a''b'")
    cursor.execute("ALTER ROLE \"Odd 'one'\" SET search_path = '', app")
    found = read_server_state(cursor)
    assert found["role", "Odd 'one'"].made == "CREATE ROLE \"Odd 'one'\""
    assert found["comment", "on role \"Odd 'one'\""].made.endswith(" IS 'a''b'")
    setting = found["setting", "search_path of role Odd 'one'"]
    assert setting.made == "ALTER ROLE \"Odd 'one'\" SET search_path = '', app"
    assert setting.dropped == "ALTER ROLE \"Odd 'one'\" RESET search_path"
    assert setting.concerned == ("Odd 'one'",)


def test_a_search_path_is_no_trap_and_stays(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute("CREATE SCHEMA trap; CREATE TABLE trap.pg_roles (rolname text)")
    cursor.execute("SET LOCAL search_path = trap, pg_catalog")
    assert ("role", "postgres") in read_server_state(cursor)
    cursor.execute("SHOW search_path")
    assert cursor.fetchall() == [("trap, pg_catalog",)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", False),
        ("CREATE TABLE t (i int); GRANT SELECT ON t TO PUBLIC", False),
        ("CREATE ROLE fleeting_one", True),
        ("SAVEPOINT a; CREATE ROLE fleeting_one; RELEASE a", True),
        ("COMMENT ON DATABASE {} IS 'x'", True),
        ("GRANT CONNECT ON DATABASE {} TO pg_monitor", True),
        ("SELECT pg_replication_origin_create('fleeting')", True),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)", True),
        ("SET LOCAL track_counts = off", True),
    ],
)
def test_whether_anything_may_have_changed(
    database: Database, cursor: psycopg2.extensions.cursor, sql: str, *, expected: bool
) -> None:
    cursor.execute(sql.format(database.name))
    assert may_have_changed(cursor) is expected


def test_every_catalog_that_databases_share_is_looked_at(
    cursor: psycopg2.extensions.cursor,
) -> None:
    cursor.execute("SELECT oid, relname FROM pg_class WHERE relisshared AND relkind = 'r'")
    shared = dict(cursor.fetchall())
    depends = next(number for number, name in shared.items() if name == "pg_shdepend")
    assert {number for number in shared if str(number) not in _TOUCHED} == {depends}


def test_labels_are_read(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute("SET allow_system_table_mods = on; CREATE ROLE fleeting_one")
    cursor.execute(
        "INSERT INTO pg_shseclabel SELECT oid, 'pg_authid'::regclass, 'any', 'odd''s'"
        " FROM pg_authid WHERE rolname = 'fleeting_one'"
    )
    label = read_server_state(cursor)["security label", "any on role fleeting_one"]
    assert label.made == "SECURITY LABEL FOR \"any\" ON ROLE fleeting_one IS 'odd''s'"
    assert label.concerned == ("fleeting_one",)


def test_what_is_left_over_goes_before_what_was_comes_back() -> None:
    role, other = SharedObject(("a",), "CREATE ROLE a", "DROP ROLE a", "1"), None
    member = SharedObject(("a", "b"), "GRANT a TO b", "REVOKE a FROM b")
    before = {("role", "a"): role, ("membership", "a b"): member}
    now = {("role", "c"): SharedObject(("c",), "CREATE ROLE c", "DROP ROLE c", "2")}
    changes = state_changes(before, now)
    assert changes == {**before, ("role", "c"): other}
    assert [*restoring_statements(changes, now)] == ["DROP ROLE c", "CREATE ROLE a", "GRANT a TO b"]
    assert [*restoring_statements(changes, before)] == []


def test_a_role_that_was_renamed_gets_its_name_again() -> None:
    before = {("role", "a"): SharedObject(("a",), "CREATE ROLE a", "DROP ROLE a", "1")}
    now = {("role", "b"): SharedObject(("b",), "CREATE ROLE b", "DROP ROLE b", "1")}
    changes = state_changes(before, now)
    assert [*restoring_statements(changes, now)] == ['ALTER ROLE b RENAME TO "a"']
