"""A connection to a scratch database, with all that looks after what runs on it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.interrupts import queries_interruptible
from promptlib.engine.watcher import Watcher
from promptlib.verify.state import ScratchState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

    from promptlib.postgres.target import Target
    from promptlib.verify.server_guard import ServerGuard


class ScratchSession(NamedTuple):
    """A connection to a scratch database, with those who look after what runs on it.

    Attributes:
        connection: to the database.
        watcher: looks at statements while they run.
        guard: looks after the server.
        state: what is in the database.
    """

    connection: Connection
    watcher: Watcher
    guard: ServerGuard
    state: ScratchState


@contextlib.contextmanager
def scratch_session(made: Target, guard: ServerGuard) -> Iterator[ScratchSession]:
    """A connection to a database, who looks at its statements, and after the server."""
    with (
        contextlib.closing(made.connect()) as connection,
        queries_interruptible(),
        Watcher(made.connect, connection, interruptible=False) as watcher,
    ):
        yield ScratchSession(connection, watcher, guard, ScratchState(connection))
