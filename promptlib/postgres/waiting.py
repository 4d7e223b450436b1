"""Sessions that wait: the server's limits on idle ones are not meant for them."""

from __future__ import annotations

import time

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.core.errors import PromptlibError

    Found = TypeVar("Found")

_OFTEN = 0.5  # seconds between two signs of life
_POLL = 0.1  # seconds between two looks whether somebody is gone
# Nothing may end a transaction that holds the lock while a migration takes its time, or a snapshot
# while it is dumped, but the end of its client. It reads no table or view, which it would lock as
# well.
STAY_OPEN = """
    SELECT pg_catalog.set_config(name, '0', true)
      FROM pg_catalog.unnest(ARRAY['idle_in_transaction_session_timeout', 'transaction_timeout',
                                   'statement_timeout', 'lock_timeout']) AS name
     WHERE pg_catalog.current_setting(name, true) OPERATOR(pg_catalog.<>) '0';"""
_STAY_IDLE = """
    SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) %s
                THEN pg_catalog.set_config('idle_session_timeout', '0', false) END
"""


def require_open(connection: Connection) -> None:
    """Make sure that the server has not ended a session that was idle for a while.

    libpq takes what it says then for a notice, and knows later only that it is gone.

    Raises:
        NoConnectionError: with what the server said.
    """
    connection.poll()  # takes in what has come
    notices = connection.notices
    if not isinstance(notices, list) or not notices:
        return
    from promptlib.postgres.errors import explain_ended_session, last_words

    if words := last_words(notices[-1]):
        raise explain_ended_session(words)


def show_life(connection: Connection) -> None:
    """Ask for nothing, so that a session that waits is not taken for one that nobody uses.

    It is left as it was: in no transaction, or in the one that it is in.

    Raises:
        NoConnectionError: when it was ended all the same.
    """
    require_open(connection)
    outside = connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT")
    if outside:
        connection.rollback()


def stay_idle(cursor: Cursor) -> None:
    """Let a session be idle for as long as others work, but one that a pooler lends to others."""
    cursor.execute(_STAY_IDLE, (cursor.connection.info.backend_pid,))


def share_of_pause() -> float:
    """How much of a pause to take: less than the others do, so that not all come at once."""
    import random

    return random.uniform(0.5, 1)  # noqa: S311 - nothing secret


def wait_while(
    found: Callable[[], Found],
    longest: float,
    tell: Callable[[Found], None],
    refuse: Callable[[Found], PromptlibError],
) -> None:
    """Wait for somebody to be gone.

    Args:
        found: looks who is there; nothing, when nobody is any more.
        longest: how many seconds to wait.
        tell: is called once, with who is waited for.
        refuse: makes the error of who is there still.

    Raises:
        PromptlibError: from `refuse`, when the time is over.
    """
    end, told = time.monotonic() + longest, False
    while there := found():
        if time.monotonic() >= end:
            raise refuse(there)
        if not told:
            tell(there)
        told = True
        time.sleep(_POLL)


def sleep_alive(connection: Connection, seconds: float) -> None:
    """Sleep, and keep a connection from being idle for too long: idle_session_timeout ends it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > _OFTEN:
        time.sleep(_OFTEN)
        show_life(connection)
    time.sleep(max(left, 0))
