"""The watcher: who blocks the statement that runs, and how long it takes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.events import Event, Kind
from promptlib.engine.watcher import Watcher
from promptlib.postgres.sessions import Received
from support.holding import Hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A deploy's connection."""
    with contextlib.closing(database.connect()) as made:
        yield made


def no_second() -> Connection:
    """Refuse a second connection, as a server does that has none left."""
    raise psycopg2.OperationalError("too many clients")


def test_a_signal_that_comes_late_goes_into_no_other_file(connection: Connection) -> None:
    watcher = Watcher(no_second, connection, interruptible=True)
    with watcher:
        pass
    read, write = os.pipe()  # with the numbers that are free now
    os.set_blocking(read, False)
    watcher._hear(signal.SIGINT)  # noqa: SLF001 - the thread that calls it has begun before
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    os.close(read)
    os.close(write)


def test_who_blocks_is_known_afterwards(database: Database, connection: Connection) -> None:
    database.query("CREATE TABLE t ()")
    pid = connection.info.backend_pid
    with (
        Hold(database, "LOCK TABLE t", "report") as other,
        Watcher(database.connect, connection, interruptible=False) as watcher,
        connection.cursor() as cursor,
    ):
        watcher.section("a title", 0.4)  # it looks each tenth of a second
        cursor.execute("SET lock_timeout = '2s'")
        with pytest.raises(psycopg2.errors.LockNotAvailable), watcher.statement(pid):
            cursor.execute("SELECT FROM t")
        (blocker,) = watcher.blockers()
        assert str(blocker).startswith(f"pid {other.pid} (report, ")
        with watcher.statement(pid):
            cursor.execute("SELECT 1")
        assert watcher.blockers() == []  # they are the last statement's


@pytest.mark.parametrize(
    "waits",
    ["ALTER TABLE t ADD j int", "CREATE INDEX CONCURRENTLY i ON t (i)", "UPDATE t SET i = 2"],
)
def test_a_prepared_transaction_blocks(
    database: Database, connection: Connection, waits: str
) -> None:
    if database.value("SHOW max_prepared_transactions") == "0":
        pytest.skip("this server has none")
    database.query("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
    database.query(f"BEGIN; UPDATE t SET i = 1; PREPARE TRANSACTION 'it''s {database.name}'")
    ending = f"ROLLBACK PREPARED 'it''s {database.name}'"
    connection.autocommit = True
    try:
        with (
            Watcher(database.connect, connection, interruptible=False) as watcher,
            connection.cursor() as cursor,
        ):
            watcher.section("a title", 0.4)
            cursor.execute("SET lock_timeout = '1s'")
            pid = connection.info.backend_pid
            with pytest.raises(psycopg2.errors.LockNotAvailable), watcher.statement(pid):
                cursor.execute(waits)
        (blocker,) = watcher.blockers()
    finally:
        database.query(ending)
    assert str(blocker).startswith(f"prepared transaction 'it''s {database.name}' (postgres, for ")
    assert blocker.ending == ending


def test_a_statement_that_takes_its_time_is_told_until_it_ends(
    database: Database, connection: Connection
) -> None:
    told: list[Event] = []
    shown = threading.Event()

    def progress(event: Event) -> None:
        told.append(event)
        shown.set()

    with Watcher(database.connect, connection, progress, interruptible=False) as watcher:
        watcher.section("a title", 0)
        with watcher.statement(connection.info.backend_pid, 2, 3):
            assert shown.wait(30)
    first, last = told[0], told[-1]
    assert (first.kind, first.seconds > 2) == (Kind.RUNNING, True)
    assert first.message.startswith("a title  statement 2 of 3, 2")
    assert last == Event(Kind.RUNNING, "")


def test_of_statements_that_went_together_those_are_told_that_may_run(
    connection: Connection,
) -> None:
    told: list[Event] = []
    shown, received = threading.Event(), Received()

    def progress(event: Event) -> None:
        told.append(event)
        shown.set()

    with Watcher(no_second, connection, progress, interruptible=False) as watcher:
        watcher.section("a title", 0)
        received.done, received.rows = 1, 12345
        with watcher.statements(0, range(2, 9), 12, received):
            assert shown.wait(30)
    assert told[0].message.startswith("a title  statements 4 to 9 of 12, 2")
    assert told[0].message.endswith(" s  12,345 rows")


def test_without_a_second_connection_the_time_is_told_all_the_same(
    connection: Connection,
) -> None:
    shown = threading.Event()
    with Watcher(no_second, connection, lambda _: shown.set(), interruptible=False) as watcher:
        watcher.section("a title", 0)
        with watcher.statement(connection.info.backend_pid):
            assert shown.wait(30)
        assert watcher.blockers() == []


def test_a_program_keeps_its_own_wakeup(connection: Connection) -> None:
    with Watcher(no_second, connection, interruptible=False):
        assert signal.set_wakeup_fd(-1) == -1
