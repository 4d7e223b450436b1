"""A database takes another one's place whole, or not at all, on every server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.errors import (
    LockNotAcquiredError,
    NoConnectionError,
    PlanRefusedError,
    StatementError,
)
from promptlib.postgres.admin import describe_contents, drop_database
from promptlib.postgres.replacement import describe_losses, is_empty, open_replacement
from promptlib.postgres.target import Target
from promptlib.postgres.url import parse_url

if TYPE_CHECKING:
    from support.databases import Database


def _target(database: Database) -> Target:
    return parse_url(database.url, "the test")


def test_what_is_empty(database: Database) -> None:
    target = _target(database)
    assert is_empty(target)
    assert describe_losses(target) == []
    for made, removed in (
        ("CREATE TABLE t ()", "DROP TABLE t"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f()"),
        ("CREATE SCHEMA s", "DROP SCHEMA s"),
        ("CREATE TYPE m AS ENUM ('a')", "DROP TYPE m"),
        ("SELECT lo_create(4711)", "SELECT lo_unlink(4711)"),
    ):
        database.query(made)
        assert not is_empty(target)
        database.query(removed)
    assert is_empty(target)


def test_one_at_a_time_and_nothing_left(database: Database) -> None:
    target = _target(database)
    database.query("CREATE TABLE old ()")
    with open_replacement(target, force=False) as new:
        name = new.target.parameters["dbname"]
        with (
            pytest.raises(LockNotAcquiredError),
            open_replacement(target, force=False),
        ):
            pass
    assert not database.server.has(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
    assert database.tables() == {"old"}


def test_a_template(database: Database) -> None:
    server, name = database.server, database.name
    server.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    try:
        with (
            pytest.raises(PlanRefusedError, match="is a template"),
            open_replacement(_target(database), force=True),
        ):
            pass
    finally:
        server.execute(f"ALTER DATABASE {name} IS_TEMPLATE false")
    with open_replacement(_target(database), force=True):
        pass


def test_a_long_name_and_who_comes_meanwhile(database: Database) -> None:
    """Names are cut at 63 bytes; and a session that begins later is in the way, too."""
    server, long = database.server, "ü" * 31
    server.execute(f'CREATE DATABASE "{long}"')
    target = Target({**_target(database).parameters, "dbname": long}, "the test")
    try:
        with open_replacement(target, force=False) as new:
            new.take_properties()
            late = target.connect()
            with pytest.raises(
                StatementError, match=r"others are connected .* nothing was replaced"
            ):
                new.take_place(force=False)
            new.take_place(force=True)
            with pytest.raises(psycopg2.OperationalError), late.cursor() as cursor:
                cursor.execute("SELECT 1")
        left = server.has("SELECT 1 FROM pg_database WHERE datname ~ '^promptlib_(new|old)_ü'")
        assert not left
    finally:
        server.drop(long)


def test_a_database_that_others_replicate(database: Database) -> None:
    if database.value("SHOW wal_level") != "logical":
        pytest.skip("this server has no logical replication")
    database.query("SELECT pg_create_logical_replication_slot('theirs', 'pgoutput')")
    with (
        pytest.raises(PlanRefusedError, match="by the slots theirs"),
        open_replacement(_target(database), force=True),
    ):
        pass


@pytest.mark.parametrize("prefix", ["", "promptlib_old_"])
def test_a_removal_that_was_cut_off_is_ended(database: Database, prefix: str) -> None:
    """As by a full disk: the server lets nobody into such a database any more."""
    target = parse_url(database.url, "the test")
    name = f"{prefix}{database.name}"
    if prefix:
        database.server.execute(f"CREATE DATABASE {name}")
    mark = f"UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{name}'"
    database.server.execute(mark)
    losses = describe_losses(target)
    assert f"/{name}, whose removal was cut off" in losses[0]
    with open_replacement(target, force=False) as new:
        new.take_place(force=False)
    assert describe_losses(target) == []
    assert database.query("SELECT 1") == [(1,)]
    database.server.execute(mark.replace(name, database.name))
    with pytest.raises(NoConnectionError) as refused:
        target.connect()
    assert refused.value.remedy == "drop and create the database, or check its name in DATABASE_URL"
    assert describe_contents(target).startswith("what is left of ")
    drop_database(target)
    assert describe_contents(target) == ""
