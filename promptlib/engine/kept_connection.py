"""The connection that a migrator keeps open between what it is asked, and all that it asks there.

Whoever imports this loads psycopg2.
"""

from __future__ import annotations

import contextlib

from promptlib.core.interrupts import queries_interruptible
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.reading import read_ledger
from promptlib.postgres.connections import autocommit_cursor, is_lost, read_only_snapshot
from promptlib.postgres.driver import driver_errors_explained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.names import LedgerNames
    from promptlib.ledger.state import Ledger
    from promptlib.postgres.target import Target


class KeptConnection:
    """A connection that is opened when somebody asks, and anew when it was lost.

    Args:
        target: the database.
        is_command: whether Ctrl-C ends a query.
    """

    def __init__(self, target: Target, *, is_command: bool) -> None:
        self._target, self._is_command = target, is_command
        self._opened: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection itself."""
        if self._opened and is_lost(self._opened):
            self.close()
        self._opened = self._opened or self._target.connect()
        return self._opened

    def close(self) -> None:
        """Close it, if it is open."""
        if self._opened:
            self._opened.close()
            self._opened = None

    def read_ledger(self, names: LedgerNames, *, closely: bool = False) -> Ledger:
        """What the database remembers, and how it ran, where that is asked for."""
        with self.asking() as connection, autocommit_cursor(connection) as cursor:
            return read_ledger(cursor, names, closely=closely)

    @contextlib.contextmanager
    def looking(self) -> Iterator[Cursor]:
        """A cursor to look with at the database as it is at one moment."""
        with self.asking() as connection, read_only_snapshot(connection) as cursor:
            yield cursor

    @contextlib.contextmanager
    def asking(self) -> Iterator[Connection]:
        """The connection; errors of the driver's in our words. Ctrl-C ends a command's query."""
        connection = self.connection  # which libpq gives up in time only while it waits itself
        with driver_errors_explained(), queries_interruptible(heard=self._is_command):
            yield connection
