"""Where scratch databases are made, and what is known of that server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.target import Target

_MAY = (
    "SET search_path = pg_catalog, pg_temp;"
    " SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
)


class ScratchPlace(NamedTuple):
    """Where scratch databases are made.

    Attributes:
        target: a database on the server; it is not touched itself.
        is_for_trials: whether nobody else is harmed when roles of the server change for a while.
        is_given: whether the database may be used itself, if its user may make none.
        template: the database that others are copies of; empty: the server's usual one.
        setup: the SQL file that runs first in each of them.
    """

    target: Target
    is_for_trials: bool = False
    is_given: bool = False
    template: str = ""
    setup: Path | None = None


def may_make_databases(target: Target) -> bool:
    """Whether a user may make databases.

    Raises:
        NoConnectionError: when the database cannot be reached.
    """
    with contextlib.closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_MAY)
        return cursor.fetchone() == (True,)


def server_version(cursor: Cursor) -> str:
    """Which PostgreSQL it is."""
    return f"PostgreSQL {cursor.connection.get_parameter_status('server_version')}"
