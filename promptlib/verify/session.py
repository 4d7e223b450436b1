"""A connection to a scratch database, with all that looks after what runs on it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.interrupts import queries_interruptible
from promptlib.engine.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

    from promptlib.postgres.target import Target
    from promptlib.verify.server_guard import ServerGuard


class ScratchSession(NamedTuple):
    """A connection to a scratch database, who looks at its statements, and after the server."""

    connection: Connection
    watcher: Watcher
    guard: ServerGuard


@contextlib.contextmanager
def scratch_session(made: Target, guard: ServerGuard) -> Iterator[ScratchSession]:
    """A connection to a database, who looks at its statements, and after the server."""
    with (
        contextlib.closing(made.connect()) as connection,
        queries_interruptible(),
        Watcher(made.connect, connection, interruptible=False) as watcher,
    ):
        yield ScratchSession(connection, watcher, guard)
