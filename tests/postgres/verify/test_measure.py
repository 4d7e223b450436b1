"""measure: a section statement by statement, with the locks that each took and how long it took."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import StatementError
from promptlib.engine.runner import Step
from promptlib.files.parser import parse_section
from promptlib.ledger.tables import DOWN, UP
from promptlib.verify.measure import run_measured
from promptlib.verify.report import StrongestLock
from promptlib.verify.rows import read_tables

if TYPE_CHECKING:
    from promptlib.verify.report import MeasuredStatement
    from promptlib.verify.session import ScratchSession

_TABLE = "CREATE TABLE a (i int); CREATE TABLE b (i int); CREATE INDEX i ON a (i)"


def _measured(
    session: ScratchSession, sql: str, options: str = "", direction: str = UP
) -> list[MeasuredStatement]:
    """Measure statements, with the locks on the tables that are there before."""
    section = parse_section(f"-- UP{options}\n{sql}\n")
    tables = read_tables(session.connection)
    step = Step("20250101000001", direction, section, Path("sql/x.sql"))
    return [*run_measured(session, step, Settings(), tables)]


def _locks(measured: list[MeasuredStatement]) -> list[list[str]]:
    return [sorted(f"{each.table} {each.mode}" for each in found.locks) for found in measured]


@pytest.fixture(autouse=True)
def tables(session: ScratchSession) -> None:
    """Two tables that are there before."""
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute(_TABLE)


def test_each_statement_tells_of_the_locks_that_it_added(session: ScratchSession) -> None:
    found = _measured(
        session,
        "SELECT * FROM a;\nLOCK a, b;\nINSERT INTO b VALUES (1);\nCREATE TABLE c (i int);",
    )
    assert _locks(found) == [
        ["a AccessShareLock"],
        ["a AccessExclusiveLock", "b AccessExclusiveLock"],
        [],
        [],
    ]


def test_outside_a_transaction_each_lock_is_let_go(session: ScratchSession) -> None:
    found = _measured(session, "LOCK a;\nSELECT * FROM a;", " transaction:false")
    assert _locks(found) == [["a AccessExclusiveLock"], ["a AccessShareLock"]]


def test_what_wants_no_transaction_runs_without_one(session: ScratchSession) -> None:
    found = _measured(session, "CREATE INDEX CONCURRENTLY j ON a (i);", " transaction:false")
    assert _locks(found) == [[]]
    with pytest.raises(StatementError, match="cannot run inside a transaction block"):
        _measured(session, "CREATE INDEX CONCURRENTLY k ON a (i);")
    session.connection.rollback()


def test_a_table_that_is_written_anew_is_told(session: ScratchSession) -> None:
    (found,) = _measured(session, "ALTER TABLE a ALTER i TYPE bigint;")
    assert found.locks == (StrongestLock("a", "AccessExclusiveLock", rewritten=True),)


def test_a_renamed_table_is_known_by_its_name_of_before(session: ScratchSession) -> None:
    found = _measured(session, "ALTER TABLE a RENAME TO z;\nALTER TABLE z ADD j int;")
    assert _locks(found) == [["a AccessExclusiveLock"], []]


def test_what_is_told_of_a_statement(session: ScratchSession) -> None:
    one, two = _measured(session, "SELECT 'it';\n  -- why\n  SELECT 'x' FROM a;", direction=DOWN)
    assert (one.direction, one.place, one.sql) == ("down", "sql/x.sql:2:1", "SELECT '***';")
    assert (two.place, two.sql) == ("sql/x.sql:4:3", "SELECT '***' FROM a;")
    assert two.seconds > 0


def test_a_statement_that_fails_leaves_the_rest_alone(session: ScratchSession) -> None:
    with pytest.raises(StatementError, match=r"x\.sql:3:1: division by zero"):
        _measured(session, "DROP TABLE a;\nSELECT 1/0;")
    session.connection.rollback()
    assert _locks(_measured(session, "SELECT * FROM a;")) == [["a AccessShareLock"]]


def test_what_fails_at_commit_is_the_driver_s_error(session: ScratchSession) -> None:
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        _measured(
            session,
            """ALTER TABLE a ADD PRIMARY KEY (i);
            CREATE TABLE c (i int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO c VALUES (1);""",
        )
    session.connection.rollback()


@pytest.mark.parametrize(
    "sql", ["GRANT SELECT ON a TO nobody_of_that_name", "CREATE EXTENSION nix"]
)
def test_what_the_server_lacks_is_told_as_that(session: ScratchSession, sql: str) -> None:
    with pytest.raises(StatementError, match="lacks it: make it in scratch_setup"):
        _measured(session, sql)


def test_what_a_migration_gets_wrong_is_not(session: ScratchSession) -> None:
    with pytest.raises(StatementError) as raised:
        _measured(session, "SELECT missing FROM a")
    assert "scratch" not in str(raised.value)
