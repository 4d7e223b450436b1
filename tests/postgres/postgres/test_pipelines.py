"""pipelines: what comes behind runs only where all before it did, and is heard of in time."""

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
)

from promptlib.postgres.pipelines import Pipeline, can_pipeline, fits_pipeline
from promptlib.postgres.sessions import Received
from promptlib.syntax.statements import scan_sql
from support.failures import FAILURES, SETUP, told
from support.holding import Hold
from support.processes import until
from support.sending import run, sent, signalled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as Connection

    from support.databases import Database


@pytest.fixture(autouse=True)
def together() -> Iterator[None]:
    """Libpq is at hand."""
    with sent("together"):
        yield


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """One with an open transaction, on a database with a table and a sequence."""
    database.query("CREATE TABLE t (i int); CREATE SEQUENCE counted")
    with contextlib.closing(psycopg2.connect(database.url)) as made:
        run(made, "SELECT 1")
        yield made


def _began(connection: Connection, first: str, second: str) -> Pipeline:
    """Statements on their way, each given on a line of its own."""
    made = Pipeline(connection, *(each.encode().split(b"\n") for each in (first, second)))
    made.begin()
    return made


def test_both_parts_run_and_are_counted(connection: Connection, database: Database) -> None:
    sent = _began(
        connection,
        "INSERT INTO t VALUES (1)\nCOMMIT AND CHAIN",
        "SELECT i FROM generate_series(1, 200) i\nUPDATE t SET i = 2 RETURNING i;",
    )
    first, second = Received(), Received()
    sent.receive_part(first)
    assert (first.done, sent.is_open) == (2, True)
    sent.receive_part(second)
    assert (second.done, second.rows, sent.is_open) == (2, 201, False)
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS
    assert run(connection, "SELECT i FROM t") == [(2,)]
    assert database.query("SELECT i FROM t") == [(1,)]
    connection.commit()
    assert database.query("SELECT i FROM t") == [(2,)]


@pytest.mark.parametrize("wrong", ["SELECT 1/0", "SELEKT 1", "INSERT INTO t VALUES ('x')"])
def test_nothing_runs_behind_a_failure(
    connection: Connection, database: Database, wrong: str
) -> None:
    count = "SELECT nextval('counted')"
    sent = _began(connection, f"INSERT INTO t VALUES (1)\n{wrong}\nCOMMIT AND CHAIN", count)
    received = Received()
    with pytest.raises(psycopg2.Error):
        sent.receive_part(received)
    assert (received.done, sent.is_open) == (1, False)
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INERROR
    connection.rollback()
    run(connection, "SELECT 1")
    sent = _began(connection, "INSERT INTO t VALUES (2)\nCOMMIT AND CHAIN", f"{wrong}\n{count}")
    _run_through(sent, fails_at=2)
    connection.rollback()
    assert database.query("SELECT is_called, i FROM counted, t") == [(False, 2)]


def _run_through(sent: Pipeline, fails_at: int) -> psycopg2.Error:
    if fails_at > 1:
        sent.receive_part()
    with pytest.raises(psycopg2.Error) as raised:
        sent.receive_part()
    return raised.value


def test_nothing_runs_behind_a_commit_that_fails(
    connection: Connection, database: Database
) -> None:
    run(connection, "CREATE TABLE one (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    connection.commit()
    run(connection, "SELECT 1")
    sent = _began(
        connection,
        "INSERT INTO one VALUES (1), (1)\nCOMMIT AND CHAIN",
        "INSERT INTO t SELECT nextval('counted')\nCOMMIT",
    )
    assert _run_through(sent, fails_at=1).pgcode == errorcodes.UNIQUE_VIOLATION
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert database.query("SELECT is_called FROM counted") == [(False,)]
    assert database.query("SELECT count(*) FROM t") == [(0,)]


def test_the_first_part_is_heard_of_while_the_second_waits(
    connection: Connection, database: Database
) -> None:
    with Hold(database, "LOCK TABLE t") as hold:
        sent = _began(connection, "SELECT nextval('counted')\nCOMMIT AND CHAIN", "TABLE t\nTABLE t")
        sent.receive_part()
        assert database.query("SELECT is_called FROM counted") == [(True,)]
        hold.blocks()
        sent.stop()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INERROR
    sent.stop()  # once more
    connection.rollback()
    assert run(connection, "SELECT 1") == [(1,)]


def test_the_next_transaction_begins_behind_the_commit(connection: Connection) -> None:
    run(connection, "CREATE TABLE seen (moment timestamptz)")
    sent = _began(
        connection,
        "SELECT pg_sleep(0.2)\n"
        "INSERT INTO seen VALUES (clock_timestamp())\nCOMMIT AND CHAIN\nCOMMIT AND CHAIN",
        "INSERT INTO seen VALUES (now())\nINSERT INTO seen VALUES (statement_timestamp())",
    )
    sent.receive_part()
    sent.receive_part()
    before, now, statement = run(connection, "SELECT moment FROM seen ORDER BY ctid")
    assert before < now < statement


def test_errors_are_those_of_psycopg2(database: Database) -> None:
    database.query(SETUP)
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        for name, failure in FAILURES.items():
            text = failure.sql.encode()
            statements = [text[each.start : each.end] for each in scan_sql(text)]
            theirs = _failed(connection, statements)
            connection.rollback()
            run(connection, "SELECT 1")
            sent = Pipeline(connection, [b"COMMIT AND CHAIN"], statements)
            sent.begin()
            ours = _run_through(sent, fails_at=2)
            connection.rollback()
            assert told(ours) == told(theirs), name


def _failed(connection: Connection, statements: Sequence[bytes]) -> psycopg2.Error:
    """What psycopg2 makes of statements that it sends one by one."""
    try:
        for each in statements:
            run(connection, each.decode())
    except psycopg2.Error as error:
        return error
    raise AssertionError(statements)


def test_notices_come_in_their_order(connection: Connection) -> None:
    notice = "DO $$ BEGIN RAISE NOTICE '{}'; END $$"
    sent = _began(
        connection,
        f"{notice.format('a')}\nCOMMIT AND CHAIN",
        "\n".join(notice.format(each) for each in "bc"),
    )
    sent.receive_part()
    sent.receive_part()
    assert connection.notices == [f"NOTICE:  {each}\n" for each in "abc"]


@pytest.mark.parametrize("part", [1, 2])
def test_psycopg2_knows_that_a_connection_is_lost(
    connection: Connection, database: Database, part: int
) -> None:
    parts = ["INSERT INTO t VALUES (1)\nCOMMIT AND CHAIN", "SELECT 1"]
    parts[part - 1] += "\nSELECT pg_terminate_backend(pg_backend_pid())\nSELECT 1"
    error = _run_through(_began(connection, *parts), fails_at=part)
    assert error.pgcode == errorcodes.ADMIN_SHUTDOWN
    assert connection.closed == 2
    assert not can_pipeline(connection)
    assert database.query("SELECT i FROM t") == [(1,)]


def test_a_connection_that_was_lost_before(connection: Connection, database: Database) -> None:
    pid = connection.info.backend_pid
    database.query("SELECT pg_terminate_backend(%s)", pid)
    until(lambda: not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))
    with pytest.raises(psycopg2.Error):
        _began(connection, "SELECT 1", "SELECT 1").receive_part()
    assert connection.closed == 2


@pytest.mark.parametrize("raised", [KeyboardInterrupt, TimeoutError])
@pytest.mark.parametrize("part", [1, 2])
def test_a_signal_ends_what_runs(
    connection: Connection, database: Database, raised: type[BaseException], part: int
) -> None:
    parts = ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"]
    parts[part - 1] += "\nSELECT pg_sleep(600)"
    parts[0] += "\nCOMMIT AND CHAIN"
    sent = _began(connection, *parts)
    if part == 2:
        sent.receive_part()
    with signalled(connection, database, raised), pytest.raises(raised):
        sent.receive_part()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INERROR
    connection.rollback()
    assert run(connection, "SELECT i FROM t") == [(1,)] * (part - 1)


def test_as_much_as_may_go_fits_into_the_buffers(connection: Connection) -> None:
    """Whoever reads first."""
    long, short = f"SELECT '{'x' * 8000}' FROM generate_series(1, 999)", ["SELECT 1"] * 150
    first = "\n".join([*short, "COMMIT AND CHAIN"])
    assert fits_pipeline([each.encode() for each in (*short, long)])
    assert not fits_pipeline([each.encode() for each in (*short, long, long)])
    assert not fits_pipeline([b"SELECT 1"] * 350)
    sent = _began(connection, first, long)
    sent.receive_part()
    sent.receive_part()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS


def test_where_nothing_goes_ahead(connection: Connection) -> None:
    assert can_pipeline(connection)
    with sent("singly"):
        assert not can_pipeline(connection)
    run(connection, "SET standard_conforming_strings = off")
    assert not can_pipeline(connection)
    run(connection, "ROLLBACK")
    assert connection.get_parameter_status("standard_conforming_strings") == "on"
    assert not can_pipeline(connection)
