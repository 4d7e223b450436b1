"""Whether a deploy could run: what `promptlib db test` looks at. Nothing is written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import PlanRefusedError, PromptlibError
from promptlib.ledger.state import read_ledger
from promptlib.ledger.tables import TABLES, VERSION_TABLE
from promptlib.plan.refusals import require_writable
from promptlib.plan.states import State
from promptlib.plan.status import compare_status, deploy_refusals
from promptlib.postgres.target import read_only_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.status import Status
    from promptlib.postgres.target import Target

_LOOKS = 3  # at the latency, of which the shortest counts
_ABOUT = """
    SELECT session_user::text, pg_backend_pid(),
           has_schema_privilege(to_regnamespace(quote_ident(%(schema)s)), 'CREATE'),
           (SELECT bool_and(has_table_privilege(oid, 'INSERT, UPDATE')) FROM pg_class
             WHERE relname = ANY (%(tables)s) AND relkind = 'r'
               AND relnamespace = to_regnamespace(quote_ident(%(schema)s)))
"""


class Readiness(NamedTuple):
    """What a deploy would find.

    Attributes:
        server_version: of PostgreSQL.
        database: what the server calls it.
        user: as whom a deploy would run.
        encrypted: whether the connection is.
        latency_ms: of the quickest of some round trips, in milliseconds.
        is_replica: whether the server takes no writes.
        pooler: whether one stands between.
        can_create: whether the user may make tables in the ledger's schema.
        current: the current revision; None: none has run.
        pending: how many migrations are.
    """

    server_version: str
    database: str
    user: str
    encrypted: bool
    latency_ms: float
    is_replica: bool
    pooler: bool
    can_create: bool
    current: str | None
    pending: int


def check_readiness(
    connection: Connection,
    target: Target,
    files: MigrationFiles,
    settings: Settings,
) -> tuple[Readiness, list[PromptlibError]]:
    """Look whether a deploy could run.

    Args:
        connection: to the database.
        target: where that is.
        files: the migrations.
        settings: how a deploy behaves.

    Returns:
        what was seen, and what stands in the way.
    """
    with read_only_snapshot(connection) as cursor:
        found = compare_status(files, read_ledger(cursor, settings.version_table_schema))
        asked = {"schema": found.ledger.schema, "tables": [*TABLES, VERSION_TABLE]}
        cursor.execute(_ABOUT, asked)
        user, pid, can_create, can_write = _row(cursor)
        latency = min(_round_trip(cursor) for _ in range(_LOOKS))
        pooler = pid != connection.info.backend_pid
        problems = [*_second_connection(target.beside(connection))] if pooler else []
    problems += _rights(found, can_create=can_create, can_write=can_write)
    problems += deploy_refusals(found, applies_late=settings.applies_late)
    readiness = Readiness(
        server_version=connection.get_parameter_status("server_version") or "",
        database=connection.info.dbname,
        user=user,
        encrypted=connection.info.ssl_in_use,
        latency_ms=round(1000 * latency, 2),
        is_replica=found.ledger.is_replica,
        pooler=pooler,
        can_create=bool(can_create),
        current=found.current or None,
        pending=len(found.in_states(State.PENDING)),
    )
    return readiness, problems


def _row(cursor: Cursor) -> tuple[str, int, bool | None, bool | None]:
    user, pid, can_create, can_write = cursor.fetchone() or ("", 0, None, None)
    return user, pid, can_create, can_write


def _round_trip(cursor: Cursor) -> float:
    began = time.perf_counter()
    cursor.execute("SELECT 1")
    return time.perf_counter() - began


def _second_connection(target: Target) -> Iterator[PromptlibError]:
    """See whether the pooler has a second connection to the server, while one is in use."""
    from promptlib.postgres.pooling import connect_second  # noqa: PLC0415 - rarely needed

    try:
        connect_second(target.connect).close()
    except PromptlibError as error:
        yield error


def _rights(
    found: Status, *, can_create: bool | None, can_write: bool | None
) -> Iterator[PromptlibError]:
    try:
        require_writable(found.ledger)
    except PromptlibError as error:
        yield error
    if not can_create:
        yield PlanRefusedError(
            f"this user may create nothing in the schema {found.ledger.schema}",
            "GRANT CREATE ON SCHEMA to it, or deploy as the owner",
        )
    if can_write is False:
        yield PlanRefusedError(
            f"this user may not write the tables {', '.join([*TABLES, VERSION_TABLE])}",
            "GRANT INSERT, UPDATE, DELETE on them to it, or deploy as the owner",
        )
