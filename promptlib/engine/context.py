"""What a deploy works with, handed to whatever runs a part of it."""

from __future__ import annotations

import contextlib

import psycopg2

from promptlib.core.errors import PromptlibError
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg2.extensions import connection as Connection

    from promptlib.config.settings import Settings
    from promptlib.core.events import Progress
    from promptlib.engine.watcher import Watcher
    from promptlib.ledger.guard import RecordGuard
    from promptlib.ledger.tables import LedgerSql


class Connections(NamedTuple):
    """How to reach the database of a deploy.

    Attributes:
        connection: what migrations run on.
        connect: opens another one to the same database.
        external: whether the connection's transaction is a caller's, who commits it.
        owned: whether the connection itself is ours, and nobody else keeps anything in its session.
        is_command: whether a command runs, which ends with the deploy and answers to Ctrl-C and
            SIGTERM; a program keeps its own ways.
    """

    connection: Connection
    connect: Callable[[], Connection]
    external: bool = False
    owned: bool = False
    is_command: bool = False


class DeployContext(NamedTuple):
    """What the parts of a deploy share.

    Attributes:
        connections: to the database.
        settings: how to behave.
        sql: what writes the ledger.
        guard: makes sure that what was written stays.
        watcher: looks at statements that take their time.
        progress: is told what happens.
    """

    connections: Connections
    settings: Settings
    sql: LedgerSql
    guard: RecordGuard
    watcher: Watcher
    progress: Progress

    @property
    def connection(self) -> Connection:
        """What migrations run on."""
        return self.connections.connection

    def connect(self) -> Connection:
        """Open another connection."""
        return self.connections.connect()

    def record_apart(self, sql: str) -> None:
        """Record on a connection of its own, as far as that goes.

        The deploy's own may be lost, or in the hands of a caller.
        """
        with (
            contextlib.suppress(psycopg2.Error, PromptlibError),
            contextlib.closing(self.connect()) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute(sql)
