"""Transactions in a chain: what goes to the server together, and who is blamed when it fails."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS
from sqlalchemy import text

from promptlib.engine.forgetting import OwnSession, PooledSession
from promptlib.engine.transactions import Chain
from support import inside
from support.holding import Hold
from support.ledgers import applied, current, events, everything
from support.processes import until
from support.projects import ONE, TWO, full
from support.sending import sent

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
    chain.end(["INSERT INTO t VALUES (1);"], 4711)
    assert database.query("SELECT i FROM t") == [(1,)]
    assert connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS
    assert chain.begin(settings) == 4711
    assert _said(connection, asked) == [("7s", "on")]
    chain.end(["INSERT INTO t VALUES (2);"], 4711)
    assert chain.begin({"lock_timeout": "8s"}) == 0
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    chain.end(["INSERT INTO t VALUES (3);"], 4711)
    chain.commit()
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert chain.begin(settings) == 0
    assert database.query("SELECT i FROM t") == [(1,), (2,), (3,)]


@pytest.fixture
def chain(connection: psycopg2.extensions.connection) -> Iterator[Chain]:
    """One in a session of its own, with the server's number of the first transaction known."""
    with sent("together"):
        made = Chain(connection, {"lock_timeout": "7s"}, session=OwnSession(), ends_session=True)
        made.open("INSERT INTO t VALUES (0);", "1")
        yield made


def test_what_follows_goes_with_the_record(
    chain: Chain, connection: psycopg2.extensions.connection, database: Database
) -> None:
    follows = [b"INSERT INTO t SELECT 2", b"SET LOCAL application_name = 'x'"]
    chain.end(["INSERT INTO t VALUES (1);"], 4711, follows)
    assert chain.ahead
    assert database.query("SELECT i FROM t") == [(0,), (1,)]
    assert chain.begin({"lock_timeout": "7s"}) == 4711
    chain.ahead.receive_part()
    assert not chain.ahead
    assert _said(connection, "SHOW lock_timeout") == [("7s",)]
    chain.end([], 4711)
    assert chain.ahead is None
    assert database.query("SELECT i FROM t") == [(0,), (1,), (2,)]


def test_what_follows_is_ended_where_it_is_not_wanted(
    chain: Chain, connection: psycopg2.extensions.connection, database: Database
) -> None:
    for end in (chain.undo, chain.stop, chain.begin):
        chain.end(["INSERT INTO t VALUES (1);"], 4711, [b"TABLE t", b"SELECT pg_sleep(600)"])
        end()
        assert not chain.ahead
        connection.rollback()
    assert database.query("SELECT i FROM t") == [(0,), (1,), (1,), (1,)]


def test_what_does_not_fit_does_not_follow(chain: Chain, database: Database) -> None:
    long = f"SELECT '{'x' * (1 << 14)}';"
    chain.end([long], 4711, [b"INSERT INTO t VALUES (1)"])
    assert chain.ahead is None
    chain.end([], 4711, [long.encode()])
    assert chain.ahead is None
    chain.end([], 0, [b"INSERT INTO t VALUES (1)"])
    assert chain.ahead is None
    chain.commit()
    assert database.query("SELECT i FROM t") == [(0,)]


def test_nothing_follows_in_a_session_that_others_have_or_that_goes_on(
    connection: psycopg2.extensions.connection,
) -> None:
    for session in (None, PooledSession(), OwnSession()):  # a program's, which goes on
        chain = Chain(connection, {}, session=session)
        chain.open("INSERT INTO t VALUES (0);", "1")
        chain.end([], 4711, [b"INSERT INTO t VALUES (1)"])
        assert chain.ahead is None


def test_what_was_not_committed_is_undone(
    connection: psycopg2.extensions.connection, database: Database
) -> None:
    chain = Chain(connection, {})
    chain.begin({})
    chain.end(["INSERT INTO t VALUES (1);"], 1)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (2)")
    chain.undo()
    for wrong in ("INSERT INTO t VALUES (3); SELECT 1/0;", "INSERT INTO nothing VALUES (4);"):
        assert chain.begin({}) == 0
        with pytest.raises(psycopg2.Error):
            chain.end([wrong], 1)
        chain.undo()
        assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert database.query("SELECT i FROM t") == [(1,)]


def test_what_is_left_is_taken_out_where_no_transaction_is_open(
    connection: psycopg2.extensions.connection,
) -> None:
    """As where a cancel comes right behind the commit."""
    chain = Chain(connection, {}, session=OwnSession())
    _said(connection, "SET work_mem = '77MB'; COMMIT; SELECT 1")
    assert connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    chain.undo()
    assert _said(connection, "SHOW work_mem") == [("4MB",)]


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
    assert "attempt 2 of 10" in said
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
    ("number", "asked", "to"),
    [
        *((1, "upgrade +1", to) for to in (1, 7)),
        *((2, "upgrade +1", to) for to in (2, 7)),
        *((1, "downgrade -1", to) for to in (0, 7)),
        *((2, "downgrade -1", to) for to in (1, 7)),
    ],
)
def test_a_version_that_something_else_changed_stops_the_deploy(  # noqa: PLR0913, PLR0917 - a table
    project: Project, database: Database, number: int, asked: str, to: int, options: str
) -> None:
    """Even if it is where the deploy would lead: another one may have done just that."""
    changes = (
        "CREATE TABLE gone (i int);\nDELETE FROM alembic_version;\n"
        f"INSERT INTO alembic_version VALUES ('{full(to)}');"
    )
    direction, _ = asked.split()
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
    said = inside.alembic(project, *asked.split(), ok=False).stderr
    was = full(number) if direction == "downgrade" else full(number - 1) if number > 1 else "base"
    assert said.splitlines()[-1] == (
        f"sql/{path.name}: alembic_version is not at {was} any more: something else than this "
        "deploy has changed it; see where the database stands with alembic current, then run it "
        "again"
    )
    outcome = "running" if options else "failed"
    assert events(database)[-1] == (full(number), direction.removesuffix("grade"), outcome)
    assert ("gone" in database.tables()) is bool(options)


@pytest.fixture
def waiting(project: Project, database: Database) -> Iterator[Project]:
    """A project whose second migration is committed, and then waits for a standby that is none."""
    project.add(1, "SELECT 1;")
    inside.alembic(project, "upgrade", "head")
    database.query(
        "CREATE FUNCTION recorded() RETURNS timestamptz LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM set_config('synchronous_commit', 'on', true); RETURN now(); END $$;"
        "ALTER TABLE migrations ALTER executed_at SET DEFAULT recorded()"
    )
    database.query(f"ALTER DATABASE {database.name} SET synchronous_commit = 'local'")
    _set_standby(database, "'nobody'")
    try:
        yield project
    finally:
        _set_standby(database, "DEFAULT")


def _set_standby(database: Database, name: str) -> None:
    database.query(f"ALTER SYSTEM SET synchronous_standby_names = {name}")
    database.query("SELECT pg_reload_conf()")
    shown = "''" if name == "DEFAULT" else name
    until(lambda: database.value(f"SELECT current_setting('synchronous_standby_names') = {shown}"))


@pytest.mark.alone
@pytest.mark.parametrize("options", ["", " transaction:false"])
@pytest.mark.parametrize("how", ["interrupted", "terminated"])
def test_what_comes_behind_a_commit_does_not_make_it_a_failure(
    waiting: Project, database: Database, how: str, options: str
) -> None:
    up = f"-- UP{options}\nCREATE TABLE a (i int);\n-- DOWN\nDROP TABLE a;\n"
    waiting.write(f"{full(2)}_x.sql", up)
    waiting.add(3, "CREATE TABLE b (i int);")
    who = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with waiting.start("alembic", "upgrade", "head") as deploy:
        until(lambda: database.query(who))
        if how == "interrupted":
            deploy.signal(signal.SIGINT)
        else:
            database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event = 'SyncRep'"
            )
        said = deploy.ends(130 if how == "interrupted" else 255)
    if how == "terminated":  # it is the third that has no connection
        done, failed, *_ = said.splitlines()
        assert done.startswith(f"1/2  upgrade   {TWO}  x")
        assert failed.startswith(f"sql/{full(3)}_x.sql: connection already closed")
    assert [each for each in events(database) if each[0] == TWO] == [(TWO, "up", "done")]
    assert (applied(database), current(database)) == ([ONE, TWO], [TWO])
    assert database.tables() == {"alembic_version", "a"}


def test_time_does_not_go_back_between_migrations(project: Project, database: Database) -> None:
    """The server takes the time of a transaction when it gets the message that begins it."""
    committed = "CREATE TABLE committed (at timestamptz);"
    database.query(
        committed
        + _AT_COMMIT.format(
            "PERFORM pg_sleep(0.3); INSERT INTO committed VALUES (clock_timestamp());"
        )
    )
    project.add(1, _INSERT)
    project.add(2, "CREATE TABLE next AS SELECT now() AS at;")
    inside.alembic(project, "upgrade", "head")
    assert database.value("SELECT next.at > committed.at FROM next, committed")


def test_a_caller_s_connection_can_go_on_after_a_failure(
    project: Project, database: Database
) -> None:
    """Else the next deploy on it would be in a transaction that nobody commits."""
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, "CREATE TABLE b (i int); SELECT 1/0;")
    with database.engine.connect() as connection:
        config = Config(project.folder / "alembic.ini", attributes={"connection": connection})
        driver = connection.connection.driver_connection
        assert driver
        with pytest.raises(CommandError, match="division by zero"):
            command.upgrade(config, "head")
        assert not connection.in_transaction()
        assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE
        project.add(2, "CREATE TABLE b (i int);", "DROP TABLE b;")
        command.upgrade(config, "head")
        project.add(1, "CREATE TABLE a (i int);", "SELECT 1/0;")
        with pytest.raises(CommandError, match="division by zero"):
            command.downgrade(config, "base")  # behind another section
        assert not connection.in_transaction()
        assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert (applied(database), current(database)) == ([ONE], [ONE])
    assert database.tables() == {"alembic_version", "a"}


def test_what_cannot_be_recorded_leaves_a_caller_s_transaction_usable(
    project: Project, database: Database
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, "CREATE TABLE b (i int);\nUPDATE alembic_version SET version_num = 'x';")
    with database.engine.begin() as connection:
        config = Config(project.folder / "alembic.ini", attributes={"connection": connection})
        connection.execute(text("CREATE TABLE mine (i int)"))
        with pytest.raises(CommandError, match="not at 20250101000001 any more"):
            command.upgrade(config, "head")
        assert connection.scalar(text("SELECT count(*) FROM mine")) == 0
    assert database.tables() == {"alembic_version", "mine", "a"}


def test_nothing_of_the_last_transaction_stays_open(project: Project, database: Database) -> None:
    """A chain begins a transaction that nobody needs; the commands that follow meet none of it."""
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
