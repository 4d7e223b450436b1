"""The server behind the database: test it, make the database, remove it, wait for it."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING

from psycopg2 import errors, sql

from promptlib.core.durations import display_duration
from promptlib.core.errors import PromptlibError
from promptlib.files.directory import list_migrations
from promptlib.ledger.state import REPLICA
from promptlib.ledger.tables import TABLES, VERSION_TABLE
from promptlib.plan.states import State
from promptlib.plan.status import compare_files, deploy_refusals, read_only_snapshot
from promptlib.postgres.target import URL_VARIABLE, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.project import Project
    from promptlib.plan.status import Document, Standing

_log = logging.getLogger(__name__)
_MAINTENANCE = ("postgres", "template1")
_NEVER_DROPPED = ("postgres", "template0", "template1")
_LOOKS = 3  # at the latency, of which the shortest counts
_PAUSE = 0.2  # seconds between two attempts to connect
_TELL_EVERY = 5.0  # seconds
_LONGEST_ATTEMPT = 10  # seconds; libpq takes no less than 2
_ABOUT = """
    SELECT session_user::text, pg_backend_pid(), pg_is_in_recovery(),
           has_schema_privilege(to_regnamespace(quote_ident(%(schema)s)), 'CREATE'),
           (SELECT bool_and(has_table_privilege(oid, 'INSERT, UPDATE')) FROM pg_class
             WHERE relname = ANY (%(tables)s) AND relkind = 'r'
               AND relnamespace = to_regnamespace(quote_ident(%(schema)s)))
"""
_OTHERS = """
    SELECT pid, coalesce(nullif(application_name, ''), usename) FROM pg_stat_activity
     WHERE datname = %s
"""
# The server writes the query that counts the rows of every table.
_COUNT = """
    SELECT string_agg(format('SELECT %L AS name, count(*) FROM %I.%I',
                             tablename, schemaname, tablename), ' UNION ALL ' ORDER BY tablename)
           || ' ORDER BY name'
      FROM pg_tables WHERE schemaname = ANY (current_schemas(false))
"""
_WHAT_IT_HOLDS = """
    SELECT pg_size_pretty(pg_database_size(current_database())),
           (SELECT count(*) FROM pg_stat_user_tables),
           (SELECT coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables)
"""


def check_readiness(project: Project, target: Target) -> tuple[Document, list[PromptlibError]]:
    """Look whether a deploy could run.

    Returns:
        the document `db test`, and what stands in the way.
    """
    files = list_migrations(project.sql)
    with contextlib.closing(target.connect()) as connection:
        found = compare_files(project, target, connection, files)
        with read_only_snapshot(connection) as cursor:
            asked = {"schema": found.ledger.schema, "tables": [*TABLES, VERSION_TABLE]}
            cursor.execute(_ABOUT, asked)
            (user, pid, is_replica, can_create, can_write) = cursor.fetchone() or ()
            latency = min(_round_trip(cursor) for _ in range(_LOOKS))
        document = {
            "server_version": connection.get_parameter_status("server_version"),
            "database": found.name,
            "url": str(target),
            "user": user,
            "encrypted": connection.info.ssl_in_use,
            "latency_ms": round(1000 * latency, 2),
            "role": "replica" if is_replica else "primary",
            "pooler": pid != connection.info.backend_pid,
            "can_create": bool(can_create),
            "current": found.current or None,
            "pending": len(found.of(State.PENDING)),
        }
    problems = [*_problems(project, found, can_create=can_create, can_write=can_write)]
    return {"ok": not problems, **document}, problems


def count_rows(target: Target) -> tuple[str, list[tuple[str, int]]]:
    """Where the data is, and how many rows each table holds."""
    with (
        contextlib.closing(target.connect()) as connection,
        read_only_snapshot(connection) as cursor,
    ):
        version = connection.get_parameter_status("server_version")
        cursor.execute(_COUNT)
        (count,) = cursor.fetchone() or (None,)
        if count:
            cursor.execute(count)
        counted = cursor.fetchall() if count else []
        return f"{target}  PostgreSQL {version}, from {target.source}", counted


def _round_trip(cursor: Cursor) -> float:
    began = time.perf_counter()
    cursor.execute("SELECT 1")
    return time.perf_counter() - began


def _problems(
    project: Project, found: Standing, *, can_create: bool | None, can_write: bool | None
) -> Iterator[PromptlibError]:
    if found.ledger.is_replica:
        yield PromptlibError(*REPLICA)
    if not can_create:
        yield PromptlibError(
            f"this user may create nothing in the schema {found.ledger.schema}",
            "GRANT CREATE ON SCHEMA to it, or deploy as the owner",
        )
    if can_write is False:
        yield PromptlibError(
            f"this user may not write the tables {', '.join([*TABLES, VERSION_TABLE])}",
            "GRANT INSERT, UPDATE, DELETE on them to it, or deploy as the owner",
        )
    yield from deploy_refusals(found, applies_late=project.settings.applies_late)


def create_database(target: Target) -> bool:
    """Make the database.

    Returns:
        False if it is there.
    """
    try:
        target.connect().close()
    except PromptlibError as error:
        with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
            name = target.parameters["dbname"]
            if _exists(cursor, name):
                raise  # it is there, and refuses us
            with contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                return True
    return False


def describe_contents(target: Target) -> str:
    """Say what would be lost with the database; nothing, if it is not there.

    Raises:
        PromptlibError: for one of those that belong to the server.
    """
    if target.parameters["dbname"] in _NEVER_DROPPED:
        raise PromptlibError(
            f"{target.parameters['dbname']} is one of the server's own databases",
            f"name another one in {URL_VARIABLE}",
            place=target.source,
        )
    try:
        connection = target.connect()
    except PromptlibError as error:
        with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
            if _exists(cursor, target.parameters["dbname"]):
                raise
        return ""
    with contextlib.closing(connection), read_only_snapshot(connection) as cursor:
        cursor.execute(_WHAT_IT_HOLDS)
        size, tables, rows = cursor.fetchone() or ()
        return f"{target}: {tables} tables, about {rows} rows, {size}"


def drop_database(target: Target) -> None:
    """Remove the database.

    Raises:
        PromptlibError: when others are connected to it.
    """
    name = target.parameters["dbname"]
    with maintenance_connection(target) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        except errors.ObjectInUse:
            cursor.execute(_OTHERS, (name,))
            others = ", ".join(f"pid {pid} ({who})" for pid, who in cursor)
            raise PromptlibError(
                f"others are connected to {name}: {others}", "end these sessions, then run it again"
            ) from None


def wait_for_database(target: Target, seconds: float) -> None:
    """Wait until the database can be reached.

    Raises:
        PromptlibError: the last one that stood in the way, when there is no time left.
    """
    began, told = time.monotonic(), 0.0
    while True:
        left = seconds - (time.monotonic() - began)
        attempt = str(max(2, min(_LONGEST_ATTEMPT, round(left))))
        try:
            patient = Target({"connect_timeout": attempt, **target.parameters}, target.source)
            patient.connect().close()
        except PromptlibError as error:
            waited = time.monotonic() - began
            if waited >= seconds:
                given_up = f"gave up after {display_duration(waited)}"
                raise PromptlibError(
                    error.what, error.remedy, place=error.place, notes=[f"  {given_up}"]
                ) from None
            if waited >= told:
                _log.info("waiting: %s", error)
                told = waited + _TELL_EVERY
            time.sleep(_PAUSE)
        else:
            return


@contextlib.contextmanager
def maintenance_connection(
    target: Target, error: PromptlibError | None = None
) -> Iterator[Connection]:
    """A connection to a database that every server has, for what cannot be done from within.

    Raises:
        PromptlibError: `error`, if there is one, when there is none to be had.
    """
    for name in _MAINTENANCE:
        try:
            connection = Target({**target.parameters, "dbname": name}, target.source).connect()
        except PromptlibError as refused:
            error = error or refused
        else:
            with contextlib.closing(connection):
                connection.autocommit = True
                yield connection
            return
    assert error
    raise error


def _exists(cursor: Cursor, name: str) -> bool:
    cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
    return cursor.fetchone() is not None
