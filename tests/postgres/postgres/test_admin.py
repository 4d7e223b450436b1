"""admin: make a database, remove it, wait for it, and say what it holds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError, NoConnectionError, StatementError
from promptlib.postgres.admin import (
    count_rows,
    create_database,
    describe_contents,
    drop_database,
    maintenance_connection,
    wait_for_database,
)
from promptlib.postgres.replacement import open_replacement
from promptlib.postgres.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database

_NOWHERE = {"host": "127.0.0.1", "port": "1", "dbname": "d"}


def _target(database: Database, **changes: str) -> Target:
    return Target(
        database.server.parameters(**{"dbname": database.name, **changes}), "the environment"
    )


@pytest.fixture
def absent(database: Database) -> Iterator[Target]:
    """A database that is not there yet."""
    name = f"{database.name} new"
    yield _target(database, dbname=name)
    database.server.drop(name)


def _exists(database: Database, target: Target) -> bool:
    asked = "SELECT count(*) FROM pg_database WHERE datname = %s"
    return bool(database.value(asked, target.parameters["dbname"]))


def test_a_database_is_made_once(database: Database, absent: Target) -> None:
    assert create_database(absent)
    assert _exists(database, absent)
    assert not create_database(absent)


def test_a_database_that_refuses_is_there_already(database: Database) -> None:
    database.server.execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS false')
    with pytest.raises(NoConnectionError, match="is not currently accepting connections"):
        create_database(_target(database))


def test_a_database_is_dropped_once(database: Database, absent: Target) -> None:
    """Who is connected to it is told, too, after five seconds: tests/commands/test_db.py waits."""
    create_database(absent)
    drop_database(absent)
    assert not _exists(database, absent)
    drop_database(absent)


def test_what_no_session_keeps_is_named(database: Database) -> None:
    target = _target(database)
    database.query("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)")
    with pytest.raises(StatementError, match="used by logical replication subscription"):
        drop_database(target, force=True)
    database.query("ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")
    if database.value("SHOW max_prepared_transactions") == "0":
        pytest.skip("this server has none")
    database.query(f"BEGIN; CREATE TABLE t (i int); PREPARE TRANSACTION '{database.name}'")
    ending = f"ROLLBACK PREPARED '{database.name}'"
    try:
        with pytest.raises(StatementError, match="has the prepared transaction") as dropped:
            drop_database(target, force=True)
        with (
            pytest.raises(StatementError, match="has the prepared transaction") as replaced,
            open_replacement(target, force=True),
        ):
            pass
    finally:
        database.query(ending)
    for refused in (dropped, replaced):
        assert refused.value.remedy.endswith(f"end what is left: {ending}")


def test_what_a_database_holds(database: Database, absent: Target) -> None:
    assert describe_contents(absent) == ""
    database.query("CREATE TABLE a (i int); CREATE TABLE b (i int)")
    said = describe_contents(_target(database))
    assert said.startswith(f"{_target(database)}: 2 tables, about 0 rows, ")


@pytest.mark.parametrize("name", ["postgres", "template0", "template1"])
def test_the_server_s_own_databases_are_not_asked_about(database: Database, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is one of the server's own databases"):
        describe_contents(_target(database, dbname=name))


def test_the_rows_of_each_table(database: Database) -> None:
    where, rows = count_rows(_target(database))
    assert rows == []
    assert where.startswith(f"{_target(database)}  PostgreSQL ")
    assert where.endswith(", from the environment")
    database.query(
        """CREATE TABLE b AS SELECT generate_series(1, 3); CREATE TABLE "A '1" ();
        CREATE SCHEMA s; CREATE TABLE s.c ()"""
    )
    assert count_rows(_target(database))[1] == [("A '1", 0), ("b", 3)]


def test_a_database_is_waited_for(absent: Target, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "promptlib")
    made = threading.Thread(target=lambda: _when_told(caplog, absent))
    made.start()
    wait_for_database(absent, 60)
    made.join()
    assert [each.getMessage()[:9] for each in caplog.records] == ["waiting: "]


def _when_told(caplog: pytest.LogCaptureFixture, target: Target) -> None:
    from support.processes import until

    until(lambda: caplog.records)
    create_database(target)


def test_a_wait_has_an_end() -> None:
    with pytest.raises(NoConnectionError) as caught:
        wait_for_database(Target(_NOWHERE, "the environment"), 0)
    assert caught.value.notes[-1].startswith("  gave up after ")


def test_every_server_has_a_database_for_what_cannot_be_done_from_within(absent: Target) -> None:
    with maintenance_connection(absent) as connection:
        assert connection.autocommit
        assert connection.info.dbname == "postgres"
    first = NoConnectionError("the first one")
    nowhere = Target(_NOWHERE, "the environment")
    with (
        pytest.raises(NoConnectionError, match="the first one"),
        maintenance_connection(nowhere, first),
    ):
        pass
