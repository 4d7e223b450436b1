"""documents: the keys of --json and what stands behind them."""

from __future__ import annotations

import json

from promptlib.cli.documents import (
    migration_document,
    pending_document,
    readiness_document,
    status_document,
)
from promptlib.engine.results import DatabaseStatus, MigrationStatus
from promptlib.ledger.state import Execution, HalfDone
from promptlib.plan.limits import Limit
from promptlib.plan.readiness import Readiness
from promptlib.plan.states import State

_RAN = MigrationStatus("1", "make a", State.EXECUTED, "sum", Execution("2025Z", 7, "me"))
_LATE = MigrationStatus("0", "make b", State.LATE, None, Execution())


def test_a_migration_that_ran() -> None:
    assert migration_document(_RAN) == {
        "version": "1",
        "name": "make a",
        "state": "executed",
        "executed_at": "2025Z",
        "execution_ms": 7,
        "executed_by": "me",
        "checksum": "sum",
    }


def test_of_one_that_waits_less_is_told() -> None:
    assert pending_document(_LATE) == {"version": "0", "name": "make b", "state": "late"}


def test_a_database_with_the_number_of_each_state() -> None:
    half = HalfDone(1, "2", "up", "failed", 3, "sum", 4711)
    document = status_document(
        DatabaseStatus("db", "postgresql://h/db", "1", None, 2, (half,), (_LATE, _RAN))
    )
    assert [document[str(state)] for state in State] == [1, 0, 1, 0, 0, 0]
    assert (document["current"], document["head"], document["available"]) == ("1", None, 2)
    assert document["half_done"] == [{"version": "2", "direction": "up", "statements_done": 3}]
    assert [each["version"] for each in document["migrations"]] == ["0", "1"]
    assert json.loads(json.dumps(document)) == document


def test_whether_a_deploy_could_run() -> None:
    readiness = Readiness(
        server_version="18.0",
        database="db",
        user="me",
        encrypted=True,
        latency_ms=0.5,
        is_replica=False,
        pooler=False,
        can_create=True,
        current=None,
        pending=3,
        writers=(),
        limits=[Limit("statement_timeout", "1s", "user")],
    )
    document = readiness_document(readiness, "postgresql://h/db", ok=True)
    assert (document["ok"], document["url"]) == (True, "postgresql://h/db")
    assert (document["role"], document["current"], document["pending"]) == ("primary", None, 3)
    replica = readiness_document(readiness._replace(is_replica=True), "", ok=False)
    assert (replica["ok"], replica["role"]) == (False, "replica")
