"""The deploy lock: who holds it, who waits, and how its holder learns that it is lost."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.errors import LockLostError, LockNotAcquiredError
from promptlib.core.events import Event, Kind
from promptlib.ledger.lock import acquire_lock, hold_lock, lock_key
from support.holding import Hold
from support.processes import until

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from support.databases import Database

_KEY = lock_key("public", "alembic_version")
_HOLDER = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def another(database: Database) -> Hold:
    """Hold the lock, as another deploy would."""
    return Hold(database, f"SELECT pg_advisory_xact_lock({_KEY})", "deploy-42")


def opened(database: Database) -> Connection:
    """Open a connection as a deploy does: not in autocommit."""
    return psycopg2.connect(database.url)


def test_each_version_table_has_a_key_of_its_own() -> None:
    # Deploys of an earlier promptlib hold the same: it may never change.
    assert _KEY == 6451157777640011791
    assert len({_KEY, lock_key("mine", "alembic_version"), lock_key("public", "other")}) == 3


def test_it_is_held_until_the_block_ends(database: Database) -> None:
    with hold_lock(lambda: opened(database), _KEY, "0s") as lock:
        lock.require()
        assert len(database.query(_HOLDER)) == 1
        with (
            pytest.raises(LockNotAcquiredError, match="has not ended within 0s: pid "),
            hold_lock(lambda: opened(database), _KEY, "0s"),
        ):
            pass
    assert database.query(_HOLDER) == []


def test_no_limit_of_the_database_ends_it(database: Database) -> None:
    database.query(f"ALTER DATABASE {database.name} SET idle_in_transaction_session_timeout = 99")
    connection = opened(database)
    with hold_lock(lambda: connection, _KEY, "0s"), connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)


def test_who_is_refused_is_told_who_holds_it(database: Database) -> None:
    with another(database) as other, contextlib.closing(opened(database)) as connection:
        with pytest.raises(LockNotAcquiredError) as caught, connection.cursor() as cursor:
            acquire_lock(cursor, _KEY, "0s")
        assert caught.value.holders.startswith(f"pid {other.pid} (deploy-42, ")
        assert caught.value.holders in caught.value.what


def test_who_waits_tells_so_keeps_no_transaction_and_gets_it(database: Database) -> None:
    told: list[Event] = []
    with another(database) as other, contextlib.closing(opened(database)) as connection:
        in_between: list[int] = []

        def between() -> None:
            connection.rollback()
            in_between.append(connection.info.transaction_status)
            if len(in_between) == 2:
                other.release()

        with connection.cursor() as cursor:
            acquire_lock(cursor, _KEY, "20s", told.append, between)
        assert database.query(_HOLDER) == [(connection.info.backend_pid,)]
    assert {*in_between} == {psycopg2.extensions.TRANSACTION_STATUS_IDLE}
    (waiting,) = told
    assert waiting.kind is Kind.WAITING
    assert waiting.message.startswith(f"waiting for another deploy: pid {other.pid} (deploy-42, ")


def test_its_holder_learns_that_it_is_lost(database: Database) -> None:
    connection = opened(database)
    with hold_lock(lambda: connection, _KEY, "0s") as lock:
        lock.require()
        database.query(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        until(lambda: not database.query(_HOLDER))
        with pytest.raises(LockLostError):
            lock.require()
