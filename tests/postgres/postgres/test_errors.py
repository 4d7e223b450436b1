"""errors: what a server said, without data, and what to do about it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.errors import NoConnectionError, StatementError
from promptlib.postgres.errors import explain_server_error

if TYPE_CHECKING:
    from support.databases import Database

_PLACE = "sql/x.sql:2:1"
_SECRET = "sk-live-7341"


def _explained(database: Database, sql: str) -> StatementError | NoConnectionError:
    with contextlib.closing(database.connect()) as connection:
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        except psycopg2.Error as error:
            return explain_server_error(error, _PLACE, sql)
    raise AssertionError(sql)


@pytest.mark.parametrize(
    ("sql", "state", "what", "remedy"),
    [
        ("SELCT 1", "42601", 'syntax error at or near "SELCT"', "correct the SQL"),
        ("TABLE gone", "42P01", 'relation "gone" does not exist', "create it in an earlier"),
        ("SELECT nothing()", "42883", "function nothing() does not", "correct the name, cast"),
        ("CREATE SCHEMA public", "42P06", 'schema "public" already exists', "rename it, or drop"),
        ("VACUUM; SELECT 1", "25001", "VACUUM cannot", "run it outside of a transaction"),
        ("SELECT 1/0", "22012", "division by zero", "correct the SQL, then run it again"),
        ("DO $$ BEGIN RAISE 'no'; END $$", "P0001", "no", "the migration refuses by itself"),
    ],
)
def test_each_kind_has_a_remedy(
    database: Database, sql: str, state: str, what: str, remedy: str
) -> None:
    found = _explained(database, sql)
    assert isinstance(found, StatementError)
    assert (found.sqlstate, found.place) == (state, _PLACE)
    assert found.what.startswith(what)
    assert found.what.endswith(f" ({state})")
    assert found.remedy.startswith(remedy)


def test_no_data_is_shown(database: Database) -> None:
    database.query("CREATE TABLE a (t text UNIQUE, CHECK (t <> 'x'))")
    found = _explained(database, f"INSERT INTO a VALUES ('{_SECRET}'), ('{_SECRET}')")
    assert found.notes == ("  detail: Key (t)=(***) already exists.",)
    said = _explained(database, f"DO $$ BEGIN EXECUTE 'SELECT ''{_SECRET}''::int'; END $$")
    assert _SECRET not in str(found) + str(said)
    assert any(note.startswith("  context: ") for note in said.notes)


def test_what_the_server_advises_stands_below(database: Database) -> None:
    found = _explained(database, "DO $$ BEGIN RAISE 'no' USING HINT = 'a' || E'\\nb'; END $$")
    assert "  hint: a\n    b" in found.notes


def test_a_lost_connection_is_another_kind(database: Database) -> None:
    found = _explained(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert isinstance(found, NoConnectionError)
    assert found.remedy.startswith("what was not committed is undone when the server")
