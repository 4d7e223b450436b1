"""The deploys that a database remembers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2.errors import UniqueViolation

from promptlib.ledger.deploys import (
    NewDeploy,
    bury,
    finish,
    has_taken_over,
    still_connected,
    take_over,
)
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.tables import LedgerSql
from support.projects import TWO, full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from support.databases import Database
    from support.projects import Project

_SQL = LedgerSql(LedgerNames("public"))


@pytest.fixture
def cursor(database: Database) -> Iterator[Cursor]:
    """On a database with a ledger, in autocommit."""
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as found:
            found.execute(_SQL.create() + _SQL.create_version())
            yield found


def _begun(cursor: Cursor, follows: int = 0, *, is_pooled: bool = False) -> int:
    new = NewDeploy("migrate", "", TWO, follows)
    cursor.execute(f"{new.begin(_SQL, is_pooled=is_pooled)} SELECT {new.begun(_SQL)}")
    number, *_ = cursor.fetchone() or ()
    return int(number)


def _rows(cursor: Cursor) -> list[tuple[object, ...]]:
    cursor.execute(
        "SELECT action, outcome, finished_at IS NULL, backend_pid IS NULL,"
        " executed_by = session_user FROM migration_deploys ORDER BY id"
    )
    return cursor.fetchall()


def test_of_two_that_follow_the_same_one_cannot_begin(cursor: Cursor) -> None:
    first = _begun(cursor)
    with pytest.raises(UniqueViolation):
        _begun(cursor)
    _begun(cursor, first, is_pooled=True)
    cursor.execute(NewDeploy("stamp", "", TWO, first + 2).done(_SQL))
    assert _rows(cursor) == [
        ("migrate", "running", True, False, True),
        ("migrate", "running", True, True, True),
        ("stamp", "done", False, True, True),
    ]


def test_who_was_taken_over_from_stays_so(cursor: Cursor) -> None:
    deploy = _begun(cursor)
    sql = LedgerSql(LedgerNames("public"), deploy)
    assert not has_taken_over(cursor, sql)
    cursor.execute(take_over(_SQL, [deploy]))
    assert has_taken_over(cursor, sql)
    cursor.execute(finish(_SQL, deploy, "done"))
    assert _rows(cursor) == [("migrate", "died", False, False, True)]


@pytest.mark.parametrize("outcome", ["done", "failed"])
def test_how_a_deploy_ended(cursor: Cursor, outcome: str) -> None:
    deploy = _begun(cursor)
    cursor.execute(finish(_SQL, deploy, outcome))
    cursor.execute(take_over(_SQL, [deploy]))
    cursor.execute(bury(_SQL, [deploy]))
    assert _rows(cursor) == [("migrate", outcome, False, False, True)]


def test_whose_server_process_is_there(cursor: Cursor, database: Database) -> None:
    deploy, pid = _begun(cursor), cursor.connection.info.backend_pid
    with contextlib.closing(psycopg2.connect(database.url)) as other, other.cursor() as asking:
        assert still_connected(cursor, _SQL, [deploy]) == []  # not one's own
        assert still_connected(asking, _SQL, [deploy]) == [pid]
        assert still_connected(asking, _SQL, [deploy + 1]) == []
        cursor.execute(finish(_SQL, deploy, "failed"))
        assert still_connected(asking, _SQL, [deploy]) == []


def test_every_deploy_leaves_a_row(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;")
    project.promptlib("migrate")
    project.promptlib("migrate")  # with nothing to do it is none
    project.add(2, "SELECT 1/0;")
    project.promptlib("migrate", ok=False)
    project.alembic("downgrade", "base")
    project.alembic("stamp", full(1))
    rows = database.query(
        "SELECT action, from_version, to_version, outcome, finished_at IS NOT NULL"
        " FROM migration_deploys ORDER BY id"
    )
    assert rows == [
        ("migrate", "", full(1), "done", True),
        ("migrate", full(1), full(2), "failed", True),
        ("rollback", full(1), "", "done", True),
        ("stamp", "", full(1), "done", True),
    ]


def test_a_database_of_an_earlier_version_gets_what_it_lacks(
    project: Project, database: Database
) -> None:
    project.add(1, "SELECT 1;")
    project.promptlib("migrate")
    database.query(
        "DROP TABLE migration_deploys; ALTER TABLE migration_events DROP deploy_id, DROP alone,"
        " DROP found_before, DROP alone_checksum"
    )
    assert project.promptlib("status").returncode == 0
    project.write(f"{full(2)}_x.sql", "-- UP transaction:false\nSELECT 1;\n-- DOWN\nSELECT 1;\n")
    project.promptlib("migrate")
    assert database.value("SELECT count(*) FROM migration_deploys") == 1
