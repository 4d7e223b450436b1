"""messages: one result after the other, psycopg2's errors, and a connection as it was."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2 import errorcodes
from psycopg2.extensions import (
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_INTRANS,
    set_wait_callback,
)
from psycopg2.extras import wait_select

from promptlib.postgres.messages import can_send, can_send_together, send_message
from promptlib.postgres.sessions import Received
from support.failures import FAILURES, SETUP, told
from support.sending import run, sent, signalled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection as Connection

    from support.databases import Database


@pytest.fixture(autouse=True)
def together() -> Iterator[None]:
    """Libpq is at hand."""
    with sent("together"):
        yield


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """One with an open transaction."""
    with contextlib.closing(psycopg2.connect(database.url)) as made:
        run(made, "SELECT 1")
        yield made


def _sent(connection: Connection, sql: str) -> Received:
    received = Received()
    send_message(connection, sql.encode(), received)
    return received


def test_statements_and_rows_are_counted(connection: Connection) -> None:
    found = _sent(
        connection,
        "CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 200) RETURNING i;"
        "SELECT i FROM t LIMIT 100; SELECT i FROM t WHERE false; UPDATE t SET i = 1;"
        "SELECT i FROM t LIMIT 64; SELECT i FROM t LIMIT 128; SELECT i FROM t LIMIT 1",
    )
    assert (found.done, found.rows) == (8, 493)
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS
    assert run(connection, "SELECT DISTINCT i FROM t") == [(1,)]


def test_a_statement_may_give_several_results(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (i int);"
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT new.i; SELECT 1, 'x'; SELECT 2)",
    )
    assert (
        _sent(connection, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); TABLE t").done == 3
    )


def test_what_stands_behind_a_failure_does_not_run(connection: Connection) -> None:
    run(connection, "CREATE SEQUENCE counted")
    connection.commit()
    received = Received()
    run(connection, "SELECT 1")
    with pytest.raises(psycopg2.Error) as raised:
        send_message(
            connection, b"SELECT 1; SELECT 1; SELECT 1/0; SELECT nextval('counted')", received
        )
    assert (raised.value.pgcode, received.done) == (errorcodes.DIVISION_BY_ZERO, 2)
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INERROR
    connection.rollback()
    assert run(connection, "SELECT is_called FROM counted") == [(False,)]


def test_errors_are_those_of_psycopg2(database: Database, tmp_path: Path) -> None:
    database.query(SETUP)
    missing = str(tmp_path / "missing.csv")
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        for name, failure in FAILURES.items():
            sql = failure.sql.replace("{csv}", missing)
            run(connection, "SELECT 1")
            with pytest.raises(psycopg2.Error) as theirs:
                run(connection, sql)
            connection.rollback()
            run(connection, "SELECT 1")
            with pytest.raises(psycopg2.Error) as ours:
                _sent(connection, sql)
            connection.rollback()
            assert told(ours.value) == told(theirs.value), name


def test_notices_come_in_their_order(connection: Connection) -> None:
    notice = "DO $$ BEGIN RAISE NOTICE '{}'; END $$;"
    _sent(connection, notice.format("a") + notice.format("b"))
    with pytest.raises(psycopg2.Error):
        _sent(connection, notice.format("c") + "SELECT 1/0")
    assert connection.notices == [f"NOTICE:  {each}\n" for each in "abc"]


@pytest.mark.parametrize("autocommit", [False, True])
def test_psycopg2_knows_that_a_connection_is_lost(
    connection: Connection, *, autocommit: bool
) -> None:
    lose = "SELECT pg_terminate_backend(pg_backend_pid())"
    connection.rollback()
    connection.autocommit = autocommit
    run(connection, "SELECT 1")
    received = Received()
    with pytest.raises(psycopg2.Error) as ours:
        send_message(connection, f"DO $$ BEGIN RAISE NOTICE 'a'; END $$; {lose}".encode(), received)
    assert (connection.closed, received.done, connection.notices) == (2, 1, ["NOTICE:  a\n"])
    assert not can_send(connection)
    first, *_ = str(ours.value).splitlines()
    assert first == "terminating connection due to administrator command"
    assert ours.value.pgcode == errorcodes.ADMIN_SHUTDOWN


@pytest.mark.parametrize("sql", ["COPY t FROM STDIN", "COPY t TO STDOUT"])
def test_copy_with_the_client_is_refused(connection: Connection, sql: str) -> None:
    run(connection, "CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 9999)")
    with pytest.raises(psycopg2.ProgrammingError, match="COPY cannot"):
        _sent(connection, f"SELECT 1; {sql}; SELECT 1")
    connection.rollback()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert run(connection, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, TimeoutError])
def test_a_signal_in_a_program_ends_the_statement(
    connection: Connection, database: Database, raised: type[BaseException]
) -> None:
    with signalled(connection, database, raised), pytest.raises(raised):
        _sent(connection, "SELECT 1; SELECT pg_sleep(600); SELECT 1")
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INERROR
    connection.rollback()
    assert run(connection, "SELECT 1") == [(1,)]


def test_a_connection_that_does_not_block(database: Database) -> None:
    set_wait_callback(wait_select)
    try:
        made = psycopg2.connect(database.url)
    finally:
        set_wait_callback(None)
    with contextlib.closing(made):
        run(made, "SELECT 1")
        assert _sent(made, f"SELECT '{'x' * 20_000_000}'; SELECT 1").done == 2


def test_psycopg2_sends_what_it_must_send_itself(database: Database) -> None:
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        assert not can_send(connection)  # it has not begun a transaction
        run(connection, "SELECT 1")
        assert can_send_together(connection)
        set_wait_callback(wait_select)
        assert not can_send(connection)
        set_wait_callback(None)
        run(connection, "SET standard_conforming_strings = off")
        assert can_send(connection)
        assert not can_send_together(connection)
        run(connection, "SET client_encoding = 'LATIN1'")
        assert not can_send(connection)
        connection.rollback()
        connection.autocommit = True
        assert can_send(connection)
        assert not can_send_together(connection)
        connection.set_client_encoding("LATIN1")
        assert not can_send(connection)
    assert not can_send(connection)
