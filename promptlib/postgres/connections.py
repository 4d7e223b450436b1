"""What is done with a connection that is there: to end it, to ask it, to look at one moment."""

from __future__ import annotations

import contextlib
import os
import select

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import cursor as Cursor

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from typing import Any

    from psycopg2.extensions import connection as Connection

_BOTH_WAYS = 2  # socket.SHUT_RDWR


def hang_up(connection: Connection) -> None:
    """End a connection that another thread waits at: it sees that at once."""
    with contextlib.suppress(psycopg2.Error, OSError), socket_of(connection) as copy:
        copy.shutdown(_BOTH_WAYS)


def is_lost(connection: Connection) -> bool:
    """Whether a connection that nobody used for a while is closed, here or by the server."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return False
    try:  # its end, or some news that does not matter
        with connection.cursor() as cursor:
            cursor.execute("SELECT")
        connection.rollback()
    except psycopg2.Error:
        return True
    return False


def socket_of(connection: Connection) -> socket.socket:
    """Another handle of a connection's socket."""
    import socket

    return socket.socket(fileno=os.dup(connection.fileno()))


@contextlib.contextmanager
def autocommit_cursor(connection: Connection) -> Iterator[Cursor]:
    """A cursor whose every message is a transaction of its own, which no BEGIN comes before."""
    _begin_nothing(connection)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        if not connection.closed:
            connection.autocommit = False


@contextlib.contextmanager
def read_only_snapshot(connection: Connection) -> Iterator[Cursor]:
    """A cursor that sees the database at one moment, and cannot write: no other one does."""
    _begin_nothing(connection)
    try:
        with connection.cursor(cursor_factory=_SnapshotCursor) as cursor:
            yield cursor
    finally:
        if not connection.closed:
            if connection.get_transaction_status() != TRANSACTION_STATUS_IDLE:
                with connection.cursor() as cursor:
                    cursor.execute("ROLLBACK")
            connection.autocommit = False


def _begin_nothing(connection: Connection) -> None:
    connection.rollback()  # a deploy leaves an empty transaction
    connection.autocommit = True


class _SnapshotCursor(Cursor):
    """Its first message begins the transaction, too: psycopg2 would send one that does no more."""

    _begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002, ANN401 - as it is
        """Send a query."""
        begin, self._begin = self._begin, ""
        super().execute(f"{begin}{query}", vars)
