"""A failed statement's error has its kind, and what a program wants to know of it as attributes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2 import errorcodes

from promptlib.core.errors import NoConnectionError, PromptlibError, StatementError
from promptlib.engine.diagnosis import explain_statement_error
from promptlib.files.parser import parse_migration

if TYPE_CHECKING:
    from support.databases import Database

_PATH = Path("sql/20250101000001_x.sql")


def explained(database: Database, sql: str) -> PromptlibError:
    """What is made of the error of a section's only statement."""
    content = f"-- UP\n{sql}\n-- DOWN\nSELECT 1;\n".encode()
    section = parse_migration("20250101000001", "x", _PATH, content).up
    connection = database.connect()
    cursor = connection.cursor()
    with pytest.raises(psycopg2.Error) as raised:
        cursor.execute(section.text)
    connection.close()
    return explain_statement_error(raised.value, section, section.statements[-1], _PATH)


def test_what_the_server_refuses_has_its_sqlstate_and_its_statement(database: Database) -> None:
    error = explained(database, "-- why\nSELECT nope,\n  'sekrit', 7341; ")
    assert isinstance(error, StatementError)
    assert error.sqlstate == errorcodes.UNDEFINED_COLUMN
    assert error.statement == "SELECT nope, '***', 7341;"
    assert error.place == f"{_PATH}:3:8"
    assert error.notes == ("    3 | SELECT nope,", "      |        ^")


def test_of_a_long_statement_the_beginning_is_kept(database: Database) -> None:
    error = explained(database, f"SELECT nope, {', '.join(f'column_{n}' for n in range(500))};")
    assert isinstance(error, StatementError)
    assert len(error.statement) == 200
    assert error.statement.startswith("SELECT nope, column_0, column_1, ")


def test_a_lost_connection_is_another_kind(database: Database) -> None:
    error = explained(database, "SELECT pg_terminate_backend(pg_backend_pid());")
    assert isinstance(error, NoConnectionError)
    assert error.place == f"{_PATH}:2:1"
    assert error.remedy.startswith("what was not committed is undone when the server")


def test_a_statement_may_fail_for_another_server_s_connection(database: Database) -> None:
    error = explained(
        database,
        "DO $$ BEGIN RAISE EXCEPTION 'no such host' USING ERRCODE = '08001'; END $$;",
    )
    assert isinstance(error, StatementError)
    assert error.sqlstate == errorcodes.SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION
