"""One deploy at a time: an advisory lock that dies with its holder.

It is polled, for a deploy that waits inside of pg_advisory_lock() holds a snapshot, which
CREATE INDEX CONCURRENTLY of the other one waits for. It belongs to a transaction, for a pooler in
transaction mode would lose a session's lock. Source:
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import contextlib
import select
import time

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from promptlib.core.durations import duration_seconds
from promptlib.core.errors import ConfigurationError, LockLostError, LockNotAcquiredError
from promptlib.core.events import Event, Kind, Progress, ignore
from promptlib.core.hashing import sha256
from promptlib.core.interrupts import LOCK_FREE, in_doubt, interrupt_behind, note_seen
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import STATUS, Remedy
from promptlib.postgres.liveness import watch_client
from promptlib.postgres.sessions import ServerSession, describe_sessions, lock_holders
from promptlib.postgres.target import URL_VARIABLE
from promptlib.postgres.waiting import STAY_OPEN, require_open, share_of_pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_SHORTEST, _LONGEST = 0.05, 0.5  # seconds between two tries
_TELL_EVERY = 5.0  # seconds
_TRANSACTION, _SESSION = (f"pg_catalog.pg_try_advisory_{each}lock" for each in ("xact_", ""))
_WHETHER_FREE = "whether the deploy lock is free"
_SERVER = f"pg_catalog.pg_postmaster_start_time(), {watch_client(local=True)}"


class _Asked(NamedTuple):
    """Which lock is asked for: its number, what is set before, and what is told with it."""

    number: int
    before: str = ""
    told: str = "NULL"


class SessionLock:
    """A lock that is held in the session that migrations run in: where that ends, nothing runs.

    Args:
        connection: to the session.
    """

    in_session = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def let_go(self) -> None:
        """Let others deploy; the session would go on holding it."""
        self._connection.rollback()
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.pg_advisory_unlock_all()")
        self._connection.rollback()

    def require(self) -> None:
        """Make sure that it is held, for which nothing is to be done."""


class DeployLock:
    """A lock that was taken; `require` says whether it still is.

    Args:
        connection: whose transaction holds it.
        server: when the server was started that it is held on.
    """

    in_session = False

    def __init__(self, connection: Connection, server: datetime | None) -> None:
        self._connection, self._server = connection, server
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def require(self) -> None:
        """Make sure that the lock is held, without a query while nothing happens.

        Raises:
            LockLostError: when its connection is gone.
        """
        try:
            if self._poll.poll(0):  # its end, or some news that does not matter
                with self._connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
        except (psycopg2.Error, OSError, ValueError):
            raise LockLostError(
                "the connection that holds the deploy lock was lost, so the deploy stops here: "
                "another one may have begun",
                Remedy("see where the database stands with {}, then run it again", STATUS),
            ) from None

    def require_on(self, server: datetime | None) -> None:
        """Make sure that it is held where migrations run: elsewhere it keeps nobody out.

        Args:
            server: when that one was started.

        Raises:
            ConfigurationError: when it is another one.
        """
        if server != self._server:
            raise ConfigurationError(
                f"{URL_VARIABLE} leads to more than one server: the deploy lock was taken on "
                "another one than migrations would run on",
                "name one server; or the primary among several hosts, with "
                "target_session_attrs=read-write",
            )


def lock_key(schema: str, table: str) -> int:
    """The number of the lock: one for each version table. Advisory locks are a database's own."""
    name = f"promptlib/{schema}.{table}".encode()
    made = sha256(len(name))
    made.update(name)
    return int.from_bytes(made.digest()[:8], signed=True)


@contextlib.contextmanager
def hold_lock(
    connect: Callable[[], Connection],
    number: int,
    wait: str,
    progress: Progress = ignore,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[DeployLock]:
    """Hold the lock on a connection of its own.

    Args:
        connect: opens one.
        number: from `lock_key`.
        wait: how long to wait for another deploy, as PostgreSQL writes times.
        progress: is told who holds it meanwhile.
        meanwhile: called again and again while somebody else holds it.

    Raises:
        LockNotAcquiredError: when it is not free in time, naming who holds it.
    """

    def between() -> None:
        connection.rollback()
        meanwhile()

    with contextlib.closing(connect()) as connection:
        connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
        asked = _Asked(number, STAY_OPEN, _SERVER)
        with connection.cursor() as cursor:
            (server, *_) = _acquire(cursor, asked, wait, progress, between)
            with in_doubt(lambda: _WHETHER_FREE, LOCK_FREE), _seen_free(connection):
                yield DeployLock(connection, server)


@contextlib.contextmanager
def hold_lock_in_session(
    connection: Connection, number: int, wait: str, progress: Progress = ignore
) -> Iterator[SessionLock]:
    """Take the lock in the session of a connection that migrations run on, too.

    Behind an error it is free; else whoever took it lets go of it, or ends the session.

    Not behind a pooler, nor where a section lets go of a session's locks, or may wait for those who
    wait for the lock.

    Args:
        connection: ours, in no transaction.
        number: from `lock_key`.
        wait: how long to wait for another deploy, as PostgreSQL writes times.
        progress: is told who holds it meanwhile.

    Raises:
        LockNotAcquiredError: when it is not free in time, naming who holds it.
    """
    connection.autocommit = True  # or each try would leave a snapshot
    try:
        with connection.cursor() as cursor:
            acquire_lock(cursor, number, wait, progress)
    finally:
        if not connection.closed:
            connection.autocommit = False
    with in_doubt(lambda: _WHETHER_FREE, LOCK_FREE):
        lock = SessionLock(connection)
        try:
            yield lock
        except BaseException as error:
            with contextlib.suppress(psycopg2.Error):  # it may be lost
                lock.let_go()
                note_seen(error, LOCK_FREE)
            raise


@contextlib.contextmanager
def _seen_free(connection: Connection) -> Iterator[None]:
    """Behind an interrupt see that the server lets go of the lock, for somebody is to be told."""
    try:
        yield
    except BaseException as error:
        if interrupt_behind(error):
            with contextlib.suppress(psycopg2.Error):  # it may be lost
                connection.rollback()
                note_seen(error, LOCK_FREE)
        raise


def acquire_lock(
    cursor: Cursor,
    number: int,
    wait: str,
    progress: Progress = ignore,
    between: Callable[[], None] = lambda: None,
) -> None:
    """Take the lock for the cursor's transaction; in autocommit, for its session.

    Args:
        cursor: in READ COMMITTED, or it would not see what the other deploy did.
        number: from `lock_key`.
        wait: how long to wait, as PostgreSQL writes times.
        progress: is told who holds it meanwhile.
        between: ends the transaction before each pause.

    Raises:
        LockNotAcquiredError: when it is not free in time, naming who holds it.
    """
    _acquire(cursor, _Asked(number), wait, progress, between)


def _acquire(
    cursor: Cursor, asked: _Asked, wait: str, progress: Progress, between: Callable[[], None]
) -> Sequence[Any]:
    """The same, and what is told with it."""
    began = time.monotonic()
    told = 0.0
    pause = _SHORTEST
    while not (found := _try(cursor, asked)):
        holders = lock_holders(cursor, asked.number)
        between()
        waited = time.monotonic() - began
        if waited >= duration_seconds(wait):
            raise _refused(wait, holders)
        if waited >= told:
            progress(Event(Kind.WAITING, _waiting(holders), seconds=waited))
            told = waited + _TELL_EVERY
        time.sleep(pause * share_of_pause())
        pause = min(2 * pause, _LONGEST)
    return found


def _try(cursor: Cursor, asked: _Asked) -> Sequence[Any]:
    """What is told, if the lock was taken; else nothing."""
    require_open(cursor.connection)
    function = _SESSION if cursor.connection.autocommit else _TRANSACTION
    with in_doubt(lambda: _WHETHER_FREE):
        cursor.execute(f"{asked.before} SELECT {function}({asked.number}), {asked.told}")
    taken, *found = cursor.fetchone() or (False,)
    return found if taken else ()


def _waiting(holders: list[ServerSession]) -> str:
    since = ", ".join(f"since {each.since}" for each in holders if each.since)
    return f"waiting for another deploy: {describe_sessions(holders)} {since}".strip()


def _refused(wait: str, holders: list[ServerSession]) -> LockNotAcquiredError:
    named = describe_sessions(holders)
    error = LockNotAcquiredError(
        f"another deploy has not ended within {wait}: {named}",
        "wait for it, or raise deploy_wait; if it hangs, end it with "
        "SELECT pg_terminate_backend(pid)",
    )
    error.holders = named
    return error
