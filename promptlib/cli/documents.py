"""The documents of --json, whose keys are a promise."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.plan.states import State

if TYPE_CHECKING:
    from typing import Any

    from promptlib.engine.results import DatabaseStatus, MigrationStatus
    from promptlib.plan.readiness import Readiness

    Document = dict[str, Any]


def status_document(status: DatabaseStatus) -> Document:
    """The document `status`."""
    states = [each.state for each in status.migrations]
    return {
        "database": status.database,
        "url": status.url,
        "current": status.current,
        "head": status.head,
        "available": status.available,
        **{str(state): states.count(state) for state in State},
        "half_done": [
            {"version": each.version, "direction": each.direction, "statements_done": each.done}
            for each in status.half_done
        ],
        "deploys": [each._asdict() for each in status.deploys],
        "migrations": [migration_document(each) for each in status.migrations],
        "repeatable": [each._asdict() for each in status.repeatable],
    }


def migration_document(migration: MigrationStatus) -> Document:
    """One migration of the documents `status` and `executed`."""
    execution = migration.execution
    return {
        **pending_document(migration),
        "executed_at": execution.executed_at,
        "execution_ms": execution.execution_ms,
        "executed_by": execution.executed_by,
        "checksum": migration.checksum,
    }


def pending_document(migration: MigrationStatus) -> Document:
    """One migration of the document `pending`."""
    return {
        "version": migration.version,
        "name": migration.name,
        "state": str(migration.state),
    }


def readiness_document(readiness: Readiness, url: str, *, ok: bool) -> Document:
    """The document `db test`."""
    return {
        "ok": ok,
        "server_version": readiness.server_version,
        "database": readiness.database,
        "url": url,
        "user": readiness.user,
        "encrypted": readiness.encrypted,
        "latency_ms": readiness.latency_ms,
        "role": "replica" if readiness.is_replica else "primary",
        "pooler": readiness.pooler,
        "can_create": readiness.can_create,
        "limits": [each._asdict() for each in readiness.limits],
        "current": readiness.current,
        "pending": readiness.pending,
    }
