"""Why the server cancelled a statement: at statement_timeout, or because somebody asked for it.

It has one SQLSTATE for both, and tells them apart in words of its language alone. But it names the
line of its source as well: a statement of ours that is let run into the limit ends at the same one.
"""

from __future__ import annotations

import contextlib

import psycopg2
from psycopg2 import errorcodes

from promptlib.core.errors import StatementError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import CommandLine, Remedy
from promptlib.postgres.errors import place_in_server

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_INTO_THE_LIMIT = "SET LOCAL statement_timeout = 1; SELECT pg_catalog.pg_sleep(60)"
_LIFT = "lift statement_timeout: {}, or write statement_timeout = 0 into alembic.ini"
_EITHER = f"run it again, if somebody cancelled it; or {_LIFT}"
_SOMEBODY = "somebody cancelled it: run it again"


def cancellation_remedy(*, is_down: bool) -> Remedy:
    """What to do where nobody knows which it was."""
    return Remedy(_EITHER, _without_limit(is_down=is_down))


def tell_cancellation(connection: Connection, error: BaseException, *, is_down: bool) -> None:
    """Let the remedy of an error be the right one, if a statement was cancelled.

    Args:
        connection: that it ran on, in no transaction, and not in autocommit.
        error: whatever it was.
        is_down: whether it was of a DOWN section.
    """
    if not isinstance(error, StatementError) or error.sqlstate != errorcodes.QUERY_CANCELED:
        return
    limit = _end_at_limit(connection)
    if error.raised_at == limit:
        error.remedy = Remedy(_LIFT, _without_limit(is_down=is_down))
    elif error.raised_at.rpartition(":")[0] == limit.rpartition(":")[0]:
        error.remedy = _SOMEBODY


def _without_limit(*, is_down: bool) -> CommandLine:
    return CommandLine("rollback" if is_down else "migrate", statement_timeout="0")


def _end_at_limit(connection: Connection) -> str:
    """Where in its source this server ends a statement at statement_timeout; `?`, if unknown."""
    found = "?"
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INTO_THE_LIMIT)
    except psycopg2.Error as error:
        if error.pgcode == errorcodes.QUERY_CANCELED:
            found = place_in_server(error.diag)
    with contextlib.suppress(psycopg2.Error):  # the connection may be lost
        connection.rollback()
    return found
