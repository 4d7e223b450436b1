"""A pooler in between, which may have fewer connections to the server than a deploy needs."""

from __future__ import annotations

import contextlib
import threading

import psycopg2

from promptlib.core.errors import ConfigurationError
from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.connections import hang_up
from promptlib.postgres.waiting import show_life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import connection as Connection

_PATIENCE = 10  # seconds
_FOR_THE_LOCK = "a deploy needs two at a time, for the deploy lock has one of its own"


@contextlib.contextmanager
def second_connection_given(connection: Connection, why: str = _FOR_THE_LOCK) -> Iterator[None]:
    """Give up a query that the pooler lets wait, while another connection keeps what it has.

    Args:
        connection: that is asked in the `with` block; afterwards it may be lost.
        why: what two are needed for.

    Raises:
        ConfigurationError: when the pooler has no second connection to the server for it in time.
    """
    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        hang_up(connection)

    timer = threading.Timer(_PATIENCE, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg2.Error:
        if not given_up.is_set():
            raise
        raise ConfigurationError(
            f"the pooler in between gave no second connection to the server within {_PATIENCE}s: "
            f"{why}",
            "let its pool have two or more (PgBouncer: pool_size, default_pool_size), or connect "
            "to the server itself",
        ) from None
    finally:
        timer.cancel()


def connect_second(connect: Callable[[], Connection], why: str = _FOR_THE_LOCK) -> Connection:
    """Open a second connection through a pooler, and see that the server is at its end.

    Args:
        connect: opens one.
        why: what two are needed for.

    Raises:
        ConfigurationError: when it is not.
    """
    connection = connect()
    try:
        with second_connection_given(connection, why):
            show_life(connection)
    except BaseException:
        connection.close()
        raise
    return connection
