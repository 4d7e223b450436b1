"""Whether a deploy could run: what `promptlib db test` looks at. Nothing is written."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from promptlib.core.errors import PlanRefusedError, ReadOnlyServerError
from promptlib.files.directory import list_migrations
from promptlib.ledger.state import REPLICA
from promptlib.ledger.tables import TABLES, VERSION_TABLE
from promptlib.plan.states import State
from promptlib.plan.status import compare_files, deploy_refusals
from promptlib.postgres.target import read_only_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.project import Project
    from promptlib.core.errors import PromptlibError
    from promptlib.plan.status import Document, Standing
    from promptlib.postgres.target import Target

_LOOKS = 3  # at the latency, of which the shortest counts
_ABOUT = """
    SELECT session_user::text, pg_backend_pid(), pg_is_in_recovery(),
           has_schema_privilege(to_regnamespace(quote_ident(%(schema)s)), 'CREATE'),
           (SELECT bool_and(has_table_privilege(oid, 'INSERT, UPDATE')) FROM pg_class
             WHERE relname = ANY (%(tables)s) AND relkind = 'r'
               AND relnamespace = to_regnamespace(quote_ident(%(schema)s)))
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


def _round_trip(cursor: Cursor) -> float:
    began = time.perf_counter()
    cursor.execute("SELECT 1")
    return time.perf_counter() - began


def _problems(
    project: Project, found: Standing, *, can_create: bool | None, can_write: bool | None
) -> Iterator[PromptlibError]:
    if found.ledger.is_replica:
        yield ReadOnlyServerError(*REPLICA)
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
    yield from deploy_refusals(found, applies_late=project.settings.applies_late)
