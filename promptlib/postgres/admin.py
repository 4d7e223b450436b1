"""The server behind the database: make the database, remove it, wait for it, count its rows."""

from __future__ import annotations

import contextlib
import time

from psycopg2 import errorcodes, errors, sql

from promptlib.core.durations import display_duration
from promptlib.core.errors import ConfigurationError, NoConnectionError, StatementError
from promptlib.core.interrupts import in_doubt, queries_interruptible
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.logs import Log
from promptlib.postgres.connections import read_only_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.target import Target

_log = Log(__name__)
_MAINTENANCE = ("postgres", "template1")
_NEVER_DROPPED = ("postgres", "template0", "template1")
_PAUSE = 0.2  # seconds between two attempts to connect
_TELL_EVERY = 5.0  # seconds
_LONGEST_ATTEMPT = 10  # seconds; libpq takes no less than 2
# Names in full, operators too: see search_path.py.
_OTHERS = """
    SELECT pid, application_name, usename FROM pg_catalog.pg_stat_activity
     WHERE datname OPERATOR(pg_catalog.=) %s
       AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
       AND backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker'
"""
_IS_INVALID = """
    SELECT FROM pg_catalog.pg_database
     WHERE datname OPERATOR(pg_catalog.=) %s AND datconnlimit OPERATOR(pg_catalog.=) (-2)
"""
# The server writes the query that counts the rows of every table: but where that would run a policy
# of the table's, which is somebody's function.
_COUNT = """
    SELECT pg_catalog.string_agg(
               CASE WHEN pg_catalog.row_security_active(c.oid)
                    THEN pg_catalog.format('SELECT %L AS name, NULL::bigint', c.relname)
                    ELSE pg_catalog.format('SELECT %L AS name, pg_catalog.count(*) FROM %I.%I',
                                           c.relname, n.nspname, c.relname) END,
               ' UNION ALL ' ORDER BY c.relname)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')
       AND n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))
"""
_WHAT_IT_HOLDS = """
    SELECT pg_catalog.pg_size_pretty(
               pg_catalog.pg_database_size(pg_catalog.current_database())),
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_user_tables),
           (SELECT coalesce(pg_catalog.sum(n_live_tup), 0) FROM pg_catalog.pg_stat_user_tables)
"""


def count_rows(target: Target) -> tuple[str, list[tuple[str, int | None]]]:
    """Where the data is, and how many rows each table holds; None: its policies hide some."""
    with (
        contextlib.closing(target.connect()) as connection,
        queries_interruptible(),
        read_only_snapshot(connection) as cursor,
    ):
        version = connection.get_parameter_status("server_version")
        cursor.execute(_COUNT)
        (count,) = cursor.fetchone() or (None,)
        if count:
            cursor.execute(f"{count} ORDER BY name")
        counted = cursor.fetchall() if count else []
        return f"{target}  PostgreSQL {version}, from {target.source}", counted


def create_database(target: Target) -> bool:
    """Make the database.

    Returns:
        False if it is there.
    """
    try:
        target.connect().close()
    except NoConnectionError as error:
        with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
            name = target.database
            if _database_exists(cursor, name):
                target.connect().close()  # somebody else has made it, or it refuses us
                return False
            there = contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation)
            with there, in_doubt(lambda: f"whether {name} was made"):
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                return True
    return False


def describe_contents(target: Target) -> str:
    """Say what would be lost with the database; nothing, if it is not there.

    Raises:
        ConfigurationError: for one of those that belong to the server.
    """
    if target.database in _NEVER_DROPPED:
        raise ConfigurationError(
            f"{target.database} is one of the server's own databases",
            f"name another one in {target.name}",
            place=target.source,
        )
    try:
        connection = target.connect()
    except NoConnectionError as error:
        with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
            if is_invalid(cursor, target.database):
                return f"what is left of {target}, whose removal was cut off"
            if _database_exists(cursor, target.database):
                raise
        return ""
    with (
        contextlib.closing(connection),
        queries_interruptible(),
        read_only_snapshot(connection) as cursor,
    ):
        cursor.execute(_WHAT_IT_HOLDS)
        size, tables, rows = cursor.fetchone() or ()
        return f"{target}: {tables} tables, about {rows} rows, {size}"


def drop_database(target: Target, *, force: bool = False) -> None:
    """Remove the database.

    Args:
        target: the database.
        force: whether the sessions of others in it are ended.

    Raises:
        StatementError: when others are connected to it.
    """
    name = target.database
    drop = sql.SQL("DROP DATABASE IF EXISTS {}" + " WITH (FORCE)" * force)
    with maintenance_connection(target) as connection, connection.cursor() as cursor:
        try:
            with in_doubt(lambda: f"whether {name} was removed"):
                cursor.execute(drop.format(sql.Identifier(name)))
        except errors.ObjectInUse as error:
            require_nothing_prepared(cursor, name)
            if others_connected(cursor, name):
                raise describe_others(cursor, name) from None
            from promptlib.postgres.errors import explain_server_error

            raise explain_server_error(error, "") from None  # a subscription's database, for one


def require_nothing_prepared(cursor: Cursor, name: str) -> None:
    """Refuse to remove a database with transactions that no session has, and that stay.

    Raises:
        StatementError: naming them, and what ends them.
    """
    from promptlib.postgres.sessions import (
        end_sessions,
        prepared_transactions,
    )

    if prepared := prepared_transactions(cursor, name):
        refused = StatementError(
            f"{name} has the {', '.join(map(str, prepared))}",
            f"connect to it, and end what is left: {end_sessions(prepared)}",
        )
        raise refused.but(sqlstate=errorcodes.OBJECT_IN_USE)


def others_connected(cursor: Cursor, name: str) -> list[str]:
    """The sessions in a database, but for this one."""
    cursor.execute(_OTHERS, (name,))
    return [f"pid {pid} ({program or user})" for pid, program, user in cursor]


def describe_others(cursor: Cursor, name: str) -> StatementError:
    """The error for a database that others are connected to."""
    others = ", ".join(others_connected(cursor, name))
    refused = StatementError(
        f"others are connected to {name}: {others}",
        "end these sessions, then run it again; --force ends them",
    )
    return refused.but(sqlstate=errorcodes.OBJECT_IN_USE)


def wait_for_database(target: Target, seconds: float) -> None:
    """Wait until the database can be reached.

    Raises:
        NoConnectionError: the last one that stood in the way, when there is no time left.
    """
    began, told = time.monotonic(), 0.0
    while True:
        left = seconds - (time.monotonic() - began)
        attempt = str(max(2, min(_LONGEST_ATTEMPT, round(left))))
        try:
            patient = target._replace(parameters={"connect_timeout": attempt, **target.parameters})
            patient.connect().close()
        except NoConnectionError as error:
            waited = time.monotonic() - began
            if waited >= seconds:
                given_up = f"  gave up after {display_duration(waited)}"
                raise error.but(notes=(*error.notes, given_up)) from None
            if waited >= told:
                _log.info("waiting: %s", error)
                told = waited + _TELL_EVERY
            time.sleep(_PAUSE)
        else:
            return


@contextlib.contextmanager
def maintenance_connection(
    target: Target, error: NoConnectionError | None = None
) -> Iterator[Connection]:
    """A connection to a database that every server has, for what cannot be done from within.

    Raises:
        NoConnectionError: `error`, if there is one, when there is none to be had.
    """
    from promptlib.postgres.waiting import stay_idle

    for name in _MAINTENANCE:
        try:
            connection = target.of(name).connect()
        except NoConnectionError as refused:
            error = error or refused
        else:
            with contextlib.closing(connection):
                connection.autocommit = True
                with connection.cursor() as cursor:
                    stay_idle(cursor)
                yield connection
            return
    assert error
    raise error


def is_invalid(cursor: Cursor, name: str) -> bool:
    """Whether the removal of a database was cut off: nothing can be done with it but to end that.

    Source: DATCONNLIMIT_INVALID_DB in PostgreSQL's src/include/catalog/pg_database.h
    """
    cursor.execute(_IS_INVALID, (name,))
    return cursor.fetchone() is not None


def _database_exists(cursor: Cursor, name: str) -> bool:
    cursor.execute(
        "SELECT FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) %s", (name,)
    )
    return cursor.fetchone() is not None
