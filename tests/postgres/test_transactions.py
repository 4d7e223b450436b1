"""Transactions in a chain: what goes to the server together, and who is blamed when it fails."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from promptlib.transactions import Chain
from support import inside
from support.holding import Hold
from support.ledgers import applied, current, events, everything
from support.projects import ONE, TWO, full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project

_AT_COMMIT = """
    CREATE TABLE late (i int);
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION at_commit();
"""
_INSERT = "INSERT INTO late VALUES (1);"


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg2.extensions.connection]:
    """A connection on a database with a table."""
    database.query("CREATE TABLE t (i int)")
    with contextlib.closing(psycopg2.connect(database.url)) as made:
        yield made


def _said(connection: psycopg2.extensions.connection, sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_a_transaction_begins_where_the_last_one_ends(
    connection: psycopg2.extensions.connection, database: Database
) -> None:
    settings = {"lock_timeout": "7s", "promptlib.allow_data_loss": "on"}
    asked = "SELECT current_setting('lock_timeout'), current_setting('promptlib.allow_data_loss')"
    chain = Chain(connection, settings)
    assert chain.begin(settings) == 0  # nothing is set before the first
    chain.end("INSERT INTO t VALUES (1);", 4711)
    assert database.query("SELECT i FROM t") == [(1,)]
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS
    assert chain.begin(settings) == 4711
    assert _said(connection, asked) == [("7s", "on")]
    chain.end("INSERT INTO t VALUES (2);", 4711)
    assert chain.begin({"lock_timeout": "8s"}) == 0
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    chain.end("INSERT INTO t VALUES (3);", 4711)
    chain.commit()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert chain.begin(settings) == 0
    assert database.query("SELECT i FROM t") == [(1,), (2,), (3,)]


def test_only_what_was_not_committed_can_be_undone(
    connection: psycopg2.extensions.connection, database: Database
) -> None:
    chain = Chain(connection, {})
    chain.begin({})
    chain.end("INSERT INTO t VALUES (1);", 1)
    assert not chain.undo()  # an interrupt that came behind the commit
    chain.begin({})
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (2)")
    assert chain.undo()
    chain.begin({})
    with pytest.raises(psycopg2.Error):
        chain.end("INSERT INTO t VALUES (3); SELECT 1/0;", 1)
    assert chain.undo()
    chain.begin({})
    with pytest.raises(psycopg2.Error):
        chain.end("INSERT INTO nothing VALUES (4);", 1)
    assert chain.undo()
    assert database.query("SELECT i FROM t") == [(1,)]


def test_settings_hold_in_every_migration(project: Project, database: Database) -> None:
    shown = "current_setting('lock_timeout') AS l, current_setting('statement_timeout') AS s"
    for number in (1, 2, 4):
        project.add(number, f"CREATE TABLE t{number} AS SELECT {shown};")
    up = f"-- UP lock_timeout:9s\nCREATE TABLE t3 AS SELECT {shown};\n-- DOWN\nSELECT 1;\n"
    project.write(f"{full(3)}_x.sql", up)
    options = ["-x", "lock_timeout=3s", "-x", "statement_timeout=1h"]
    inside.alembic(project, *options, "upgrade", "head")
    found = [database.query(f"SELECT l, s FROM t{number}") for number in (1, 2, 3, 4)]
    assert found == [[("3s", "1h")], [("3s", "1h")], [("9s", "1h")], [("3s", "1h")]]


def test_each_statement_is_sent_alone(project: Project, database: Database) -> None:
    database.query("CREATE TABLE sent (query text)")
    for number in (1, 2):
        statement = "INSERT INTO sent SELECT current_query() -- as it is written\n;"
        project.add(number, f"{statement}\n{statement}")
    inside.alembic(project, "upgrade", "head")
    assert database.query("SELECT DISTINCT query FROM sent") == [(statement,)]
    assert database.value("SELECT count(*) FROM sent") == 4


def test_a_conflict_at_commit_passes_by_itself(project: Project, database: Database) -> None:
    database.query("CREATE SEQUENCE tries")  # what it counts is not rolled back
    refuse = "IF nextval('tries') < 3 THEN RAISE 'busy' USING ERRCODE = '40001'; END IF;"
    database.query(_AT_COMMIT.format(refuse))
    project.add(1, f"CREATE TABLE a (i int); {_INSERT}")
    said = inside.alembic(project, "upgrade", "head").stderr
    assert "attempt 3 of 10" in said
    assert events(database) == [(ONE, "up", each) for each in ("failed", "failed", "done")]
    assert (applied(database), current(database)) == ([ONE], [ONE])
    assert database.query("SELECT i FROM late") == [(1,)]


def test_ctrl_c_ends_a_commit_that_takes_its_time(project: Project, database: Database) -> None:
    database.query(_AT_COMMIT.format("PERFORM pg_advisory_xact_lock(7);"))
    project.configure(lock_timeout="10min")
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, f"CREATE TABLE b (i int); {_INSERT}")
    with (
        Hold(database, "SELECT pg_advisory_xact_lock(7)") as hold,
        project.start("alembic", "upgrade", "head") as deploy,
    ):
        hold.blocks()
        deploy.signal(signal.SIGINT)
        assert "interrupted" in deploy.ends(130)
    assert events(database) == [(ONE, "up", "done"), (TWO, "up", "failed")]
    assert (applied(database), current(database)) == ([ONE], [ONE])
    assert database.tables() == {"alembic_version", "late", "a"}


@pytest.mark.parametrize("options", ["", " transaction:false"])
@pytest.mark.parametrize(
    ("number", "command"), [(1, "upgrade +1"), (2, "upgrade +1"), (1, "downgrade -1")]
)
def test_a_version_that_something_else_changed_stops_the_deploy(
    project: Project, database: Database, number: int, command: str, options: str
) -> None:
    changes = (
        "CREATE TABLE gone (i int);\nDELETE FROM alembic_version;\n"
        "INSERT INTO alembic_version VALUES ('elsewhere');"
    )
    direction, _ = command.split()
    up, down = (changes, "SELECT 1;") if direction == "upgrade" else ("SELECT 1;", changes)
    for before in range(1, number):
        project.add(before, "SELECT 1;")
    if direction == "downgrade":
        project.add(number, up)
    if direction == "downgrade" or number > 1:
        inside.alembic(project, "upgrade", "head")
    path = project.write(
        f"{full(number)}_x.sql", f"-- UP{options}\n{up}\n-- DOWN{options}\n{down}\n"
    )
    said = inside.alembic(project, *command.split(), ok=False).stderr
    was = full(number) if direction == "downgrade" else full(number - 1) if number > 1 else "base"
    assert said.splitlines()[-1] == (
        f"sql/{path.name}: alembic_version is not at {was} any more: something else than this "
        "deploy has changed it; see where the database stands with promptlib status, then run it "
        "again"
    )
    outcome = "running" if options else "failed"
    assert events(database)[-1] == (full(number), direction.removesuffix("grade"), outcome)
    assert ("gone" in database.tables()) is bool(options)


def test_nothing_of_the_last_transaction_stays_open(project: Project, database: Database) -> None:
    """A chain begins a transaction that nobody needs; the commands that follow meet none of it."""
    from alembic import command
    from alembic.config import Config

    project.add(1, "CREATE TABLE a (i int);")
    with database.engine.connect() as connection:
        config = Config(project.folder / "alembic.ini", attributes={"connection": connection})
        command.upgrade(config, "head")
        driver = connection.connection.driver_connection
        assert driver
        assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE
        before = everything(database)
        connection.rollback()
    assert everything(database) == before
