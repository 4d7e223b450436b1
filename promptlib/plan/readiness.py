"""Whether a deploy could run: what `promptlib db test` looks at. Nothing is written."""

from __future__ import annotations

import time

from promptlib.core.errors import LedgerError, PlanRefusedError, PromptlibError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.names import VERSION_TABLE, LedgerNames
from promptlib.ledger.reading import read_ledger
from promptlib.ledger.state import UNKNOWN_LEDGER
from promptlib.plan.limits import FIND_LIMITS, Limit, limit_refusals
from promptlib.plan.refusals import deploy_refusals, require_writable
from promptlib.plan.states import State
from promptlib.plan.status import compare_status
from promptlib.postgres.connections import read_only_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.ledger.state import Ledger
    from promptlib.ledger.trust import LedgerWriter
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.status import Status
    from promptlib.postgres.target import Target

_LOOKS = 3  # at the latency, of which the shortest counts
_ABOUT = f"""
    SELECT session_user, pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery(),
           CASE WHEN pg_catalog.to_regnamespace(pg_catalog.quote_ident(%(schema)s)) IS NOT NULL
                THEN pg_catalog.has_schema_privilege(
                         pg_catalog.to_regnamespace(pg_catalog.quote_ident(%(schema)s)), 'CREATE')
                WHEN %(schema)s IS NOT NULL
                THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') END,
           ARRAY(SELECT pg_catalog.format('%%s ON %%s', privilege, relname)
                   FROM pg_catalog.pg_class, pg_catalog.unnest(%(privileges)s) AS privilege
                  WHERE relname OPERATOR(pg_catalog.=) ANY (%(tables)s)
                    AND relkind OPERATOR(pg_catalog.=) 'r'
                    AND relnamespace OPERATOR(pg_catalog.=)
                        pg_catalog.to_regnamespace(pg_catalog.quote_ident(%(schema)s))
                    AND (privilege OPERATOR(pg_catalog.<>) 'DELETE'
                         OR relname OPERATOR(pg_catalog.=) ANY (%(emptied)s))
                    AND NOT pg_catalog.has_table_privilege(oid, privilege)
                  ORDER BY relname, privilege),
           {FIND_LIMITS}
"""
_PRIVILEGES = ["INSERT", "UPDATE", "DELETE"]


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
        writers: who may write the ledger beside its owner.
        limits: what is set for the session that may end a deploy.
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
    writers: Sequence[LedgerWriter]
    limits: Sequence[Limit]


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
        ledger, problems = _ledger(cursor, LedgerNames(*settings.ledger))
        found = compare_status(files, ledger)
        asked = {
            "schema": ledger.schema or None,
            "tables": [*ledger.names.tables, VERSION_TABLE],
            "emptied": [ledger.names.table, VERSION_TABLE],
            "privileges": _PRIVILEGES,
        }
        cursor.execute(_ABOUT, asked)
        user, pid, is_replica, can_create, lacking, set_ = cursor.fetchone() or ()
        limits = [Limit(*each) for each in set_]
        latency = min(_round_trip(cursor) for _ in range(_LOOKS))
        pooler = pid != connection.info.backend_pid
        second = [*_second_connection(target.beside(connection))] if pooler else []
    if not problems:
        problems = [*_rights(found, lacking, can_create=can_create), *limit_refusals(limits)]
        problems += deploy_refusals(found, applies_late=settings.applies_late)
    problems = [*second, *problems]
    readiness = Readiness(
        server_version=connection.get_parameter_status("server_version") or "",
        database=connection.info.dbname,
        user=user,
        encrypted=connection.info.ssl_in_use,
        latency_ms=round(1000 * latency, 2),
        is_replica=is_replica,
        pooler=pooler,
        can_create=bool(can_create),
        current=found.revision or None,
        pending=len(found.in_states(State.PENDING)),
        writers=found.ledger.writers,
        limits=limits,
    )
    return readiness, problems


def _ledger(cursor: Cursor, names: LedgerNames) -> tuple[Ledger, list[PromptlibError]]:
    """The ledger; or one of which nothing is known, and why."""
    try:
        return read_ledger(cursor, names), []
    except LedgerError as error:
        return UNKNOWN_LEDGER, [error]


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
    found: Status, lacking: Sequence[str], *, can_create: bool | None
) -> Iterator[PromptlibError]:
    try:
        require_writable(found.ledger)
    except PromptlibError as error:
        yield error
    if not can_create:
        yield _may_create_nothing(found.ledger)
    if lacking:
        yield PlanRefusedError(
            f"this user may not write the ledger: it lacks {', '.join(lacking)}",
            "GRANT that to it, or deploy as the owner",
        )


def _may_create_nothing(ledger: Ledger) -> PlanRefusedError:
    if ledger.has_schema:
        return PlanRefusedError(
            f"this user may create nothing in the schema {ledger.schema}",
            "GRANT CREATE ON SCHEMA to it, or deploy as the owner",
        )
    return PlanRefusedError(
        f"there is no schema {ledger.schema} for the ledger, and this user may make none",
        f"let who may: CREATE SCHEMA {ledger.schema} AUTHORIZATION this user",
    )
