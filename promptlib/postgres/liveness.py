"""How long each end of a connection waits for a sign of life of the other, and giving one.

By itself TCP asks after two hours of silence, and waits a quarter of an hour for an answer. A
server notices only when it writes that its client is gone: a statement of a client that died would
run to its end, and hold its locks. Here both ends know within a minute or so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_IDLE, _INTERVAL, _COUNT, _UNANSWERED = "30", "10", "3", "60000"  # seconds, and milliseconds
_LOOK = "10s"
# As servers spell it that speak other languages.
_FATAL = ("FATAL", "FATALE", "ВАЖНО", "ФАТАЛЬНО", "致命错误", "致命錯誤", "치명적오류")
_OFTEN = 0.5  # seconds between two signs of life of a session that waits
# For libpq, which ignores them for sockets in a folder.
CLIENT_PARAMETERS = {
    "keepalives_idle": _IDLE,
    "keepalives_interval": _INTERVAL,
    "keepalives_count": _COUNT,
    "tcp_user_timeout": _UNANSWERED,
}
_SERVER_SETTINGS = {
    "tcp_keepalives_idle": f"'{_IDLE}'",
    "tcp_keepalives_interval": f"'{_INTERVAL}'",
    "tcp_keepalives_count": f"'{_COUNT}'",
    "tcp_user_timeout": f"'{_UNANSWERED}'",
    # Elsewhere a server may be unable to look, and refuses the value.
    "client_connection_check_interval": f"""
        CASE WHEN pg_catalog.strpos(pg_catalog.version(), 'linux') OPERATOR(pg_catalog.>) 0
             THEN '{_LOOK}'
             ELSE pg_catalog.current_setting('client_connection_check_interval') END""",
}


def watch_client(*, local: bool) -> str:
    """SQL expressions that have the server notice when its client is gone.

    Args:
        local: whether they hold until the transaction ends; else as long as the session.
    """
    return ", ".join(
        f"pg_catalog.set_config('{name}', {value}, {local})"
        for name, value in _SERVER_SETTINGS.items()
    )


def last_words(said: str) -> str:
    """What the server says as it ends a session; nothing, if that is not what it says."""
    severity, _, words = said.partition(":")
    return words.strip() if severity in _FATAL else ""


def require_open(connection: Connection) -> None:
    """Make sure that the server has not ended a session that was idle for a while.

    libpq takes what it says then for a notice, and knows later only that it is gone.

    Raises:
        NoConnectionError: with what the server said.
    """
    connection.poll()  # takes in what has come
    notices = connection.notices
    words = last_words(notices[-1]) if isinstance(notices, list) and notices else ""
    if words:
        from promptlib.postgres.errors import explain_ended_session

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


def sleep_alive(connection: Connection, seconds: float) -> None:
    """Sleep, and keep a connection from being idle for too long: idle_session_timeout ends it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > _OFTEN:
        time.sleep(_OFTEN)
        show_life(connection)
    time.sleep(max(left, 0))
