"""A database that is held: its ledger is made, and what is written is committed, or not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from psycopg2 import errors

from promptlib.config.settings import Settings
from promptlib.engine.context import Connections
from promptlib.engine.deploy import Deploy
from promptlib.engine.locked import Locked
from promptlib.plan.reading import MigrationFiles
from support.ledgers import applied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project


@contextlib.contextmanager
def held(project: Project, database: Database, *, external: bool = False) -> Iterator[Locked]:
    """Hold a project's database, on a connection that leaves transactions open."""
    files = MigrationFiles(project.folder / "sql")
    with contextlib.closing(database.connect()) as connection:
        connection.autocommit = False
        connections = Connections(connection, database.connect, external=external)
        yield Locked(connections, Deploy(connections, files, Settings()).look(), None)


def test_the_ledger_is_made(project: Project, database: Database) -> None:
    project.add(1, "SELECT 1;")
    with held(project, database) as locked:
        assert not locked.status.ledger.exists
        made = locked.make_ledger()
        assert made is locked.status
        assert made.ledger.exists
        assert applied(database) == []


@pytest.mark.parametrize("external", [False, True])
def test_a_caller_s_transaction_is_his_to_commit(
    project: Project,
    database: Database,
    *,
    external: bool,
) -> None:
    with held(project, database, external=external) as locked, locked.writing() as cursor:
        cursor.execute("CREATE TABLE a ()")
    assert ("a" in database.tables()) is not external


def test_what_fails_is_undone(project: Project, database: Database) -> None:
    with held(project, database) as locked:
        with pytest.raises(errors.DivisionByZero), locked.writing() as cursor:
            cursor.execute("CREATE TABLE a (); SELECT 1 / 0")
        with locked.writing() as cursor:
            cursor.execute("CREATE TABLE b ()")
    assert database.tables() == {"b"}
