"""Whoever takes over waits until nobody is there any more, whatever he does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine

from promptlib import Migrator
from promptlib.core.errors import LockLostError, LockNotAcquiredError
from promptlib.core.events import Event, Kind
from support.holding import Hold
from support.ledgers import applied
from support.processes import until
from support.projects import ONE, TWO, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_UPGRADE = ("upgrade", "head")
_BEGUN = """
    INSERT INTO migration_deploys (follows, action, from_version, to_version, outcome, backend_pid,
                                   backend_start)
    SELECT max(id), 'migrate', '', 'x', 'running', pg_backend_pid(),
           (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
      FROM migration_deploys
"""
_NEWEST = "SELECT outcome, finished_at IS NULL FROM migration_deploys ORDER BY id DESC LIMIT 1"
_LAST = (
    "SELECT outcome, finished_at IS NULL FROM migration_deploys ORDER BY id DESC LIMIT 1 OFFSET 1"
)


def _migrator(project: Project, **settings: str) -> Migrator:
    return Migrator(project.url, config=str(project.folder / "alembic.ini"), settings=settings)


@pytest.fixture
def begun(project: Project) -> Project:
    """A project of one migration, which ran."""
    project.add(1, "CREATE TABLE log (i int);")
    project.promptlib("migrate")
    return project


def test_a_session_that_is_idle_is_waited_for(begun: Project, database: Database) -> None:
    begun.add(2, "INSERT INTO log VALUES (1);")
    with contextlib.closing(psycopg2.connect(database.url)) as other:
        other.autocommit = True
        other.cursor().execute(_BEGUN)
        with (
            _migrator(begun, deploy_wait="0s") as migrator,
            pytest.raises(LockNotAcquiredError, match=f"pid {other.info.backend_pid} "),
        ):
            migrator.migrate()
        with pytest.raises(LockNotAcquiredError), _migrator(begun, deploy_wait="0s") as migrator:
            migrator.migrate()  # though somebody has tried already
        assert applied(database) == [ONE]
    with _migrator(begun) as migrator:
        migrator.migrate()
    assert applied(database) == [ONE, TWO]
    assert database.query(_LAST) == [("died", False)]


def test_what_a_dead_client_sent_commits_nothing(begun: Project, database: Database) -> None:
    """The server may run all of its message, and the record would only come behind that."""
    database.query("CREATE TABLE busy (i int); CREATE SEQUENCE ran")
    count = "INSERT INTO log SELECT nextval('ran');"
    begun.add(2, f"{count} ALTER TABLE busy ADD j int; {count}")
    with Hold(database, "LOCK TABLE busy") as hold, begun.start("promptlib", "migrate") as deploy:
        pid = hold.blocks()
        deploy.signal(signal.SIGKILL)
        deploy.ends(-signal.SIGKILL)
        with begun.start("promptlib", "migrate") as other:
            other.says(f"pid {pid} ")
            hold.release()
            other.ends()
    assert applied(database) == [ONE, TWO]
    first, second = (row[0] for row in database.query("SELECT i FROM log ORDER BY i"))
    assert (second - first, database.query("SELECT j FROM busy")) == (1, [])
    assert database.query(_LAST) == [("died", False)]


def test_a_session_that_did_not_see_its_own_start_is_waited_for(
    begun: Project, database: Database
) -> None:
    """A URL that sets `role` hides that from it, but not from a superuser who comes next."""
    begun.add(2, "INSERT INTO log VALUES (1);")
    with contextlib.closing(psycopg2.connect(database.url)) as other:
        other.autocommit = True
        other.cursor().execute(_BEGUN)
        database.query("UPDATE migration_deploys SET backend_start = NULL")
        with (
            _migrator(begun, deploy_wait="0s") as migrator,
            pytest.raises(LockNotAcquiredError, match=f"pid {other.info.backend_pid} "),
        ):
            migrator.migrate()
    assert applied(database) == [ONE]


def test_a_process_of_the_same_number_is_another_one(begun: Project, database: Database) -> None:
    begun.add(2, "INSERT INTO log VALUES (1);")
    with contextlib.closing(psycopg2.connect(database.url)) as other:
        other.autocommit = True
        other.cursor().execute(_BEGUN)
        database.query("UPDATE migration_deploys SET backend_start = now() - interval '1 day'")
        with _migrator(begun, deploy_wait="0s") as migrator:
            migrator.migrate()
    assert applied(database) == [ONE, TWO]


def test_one_s_own_earlier_deploy_is_nobody_to_wait_for(begun: Project, database: Database) -> None:
    """A program's connection stays, whatever kept its deploy from recording its end."""
    begun.add(2, "INSERT INTO log VALUES (1);")
    with _migrator(begun, deploy_wait="0s") as migrator:
        migrator.status()
        (pid,) = database.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'promptlib'"
            " AND datname = current_database()"
        )
        database.query(_BEGUN.replace("pg_backend_pid()", str(pid[0])))
        migrator.migrate()
    assert applied(database) == [ONE, TWO]


def test_sums_are_right_where_the_lock_is_lost_in_a_section_that_counts(
    begun: Project, database: Database
) -> None:
    database.query("CREATE TABLE counter AS SELECT 0 AS value; CREATE TABLE gate ()")
    add = "UPDATE counter SET value = value + 1;\n"
    begun.write(
        f"{full(2)}_x.sql",
        f"-- UP transaction:false\n{add * 6}LOCK TABLE gate;\n{add * 6}-- DOWN\nSELECT 1;\n",
    )
    with Hold(database, "LOCK TABLE gate") as gate, contextlib.ExitStack() as stack:
        options = ("-x", "lock_timeout=1min", "-x", "deploy_wait=1min", "upgrade", "head")
        first = stack.enter_context(begun.start("alembic", *options))
        gate.blocks()
        second = stack.enter_context(begun.start("alembic", *options))
        second.says("waiting for another deploy: ")
        database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        second.says("waiting for an earlier deploy that was cut off, or lost its lock: ")
        gate.release()
        assert "lost" in first.ends(255)
        assert "goes on behind statement 6 of 13" in second.ends()
    assert database.value("SELECT value FROM counter") == 12
    assert applied(database) == [ONE, TWO]


def test_a_frozen_deploy_records_nothing_more(begun: Project, database: Database) -> None:
    """It sleeps between two statements, its lock is lost, and it goes on when it wakes up."""
    database.query("CREATE TABLE counter AS SELECT 0 AS value; CREATE TABLE gate ()")
    add = "UPDATE counter SET value = value + 1;\n"
    begun.write(
        f"{full(2)}_x.sql",
        f"-- UP transaction:false\n{add}LOCK TABLE gate;\n{add}-- DOWN\nSELECT 1;\n",
    )
    with Hold(database, "LOCK TABLE gate") as gate, contextlib.ExitStack() as stack:
        frozen = stack.enter_context(begun.start("alembic", "-x", "lock_timeout=1min", *_UPGRADE))
        pid = gate.blocks()
        frozen.signal(signal.SIGSTOP)
        gate.release()
        until(
            lambda: database.query(
                "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state <> 'active'", pid
            )
        )
        holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        database.query(f"SELECT pg_terminate_backend(pid) FROM ({holder}) AS holder")
        second = stack.enter_context(begun.start("alembic", *_UPGRADE))
        second.says("waiting for an earlier deploy that was cut off, or lost its lock: ")
        frozen.signal(signal.SIGCONT)
        assert "lost" in frozen.ends(255)
        second.ends()
    assert database.value("SELECT value FROM counter") == 2
    assert applied(database) == [ONE, TWO]


def test_the_error_of_who_lost_the_lock(begun: Project, database: Database) -> None:
    """A program is told by a class of its own, and its connection stands in nobody's way."""
    events: list[Event] = []

    def lose(event: Event) -> None:
        events.append(event)
        if event.kind is Kind.BEGIN and event.version == TWO:
            database.query(
                "UPDATE migration_deploys SET outcome = 'died' WHERE outcome = 'running'"
            )

    begun.add(2, "INSERT INTO log VALUES (1);")
    config = str(begun.folder / "alembic.ini")
    with Migrator(begun.url, config=config, progress=lose) as migrator:
        with pytest.raises(LockLostError, match="another one has taken over"):
            migrator.migrate()
        assert database.query("SELECT i FROM log") == []
        assert (
            database.value("SELECT count(*) FROM migration_deploys WHERE finished_at IS NULL") == 0
        )
        with _migrator(begun, deploy_wait="0s") as other:
            other.migrate()
    assert applied(database) == [ONE, TWO]


def test_a_caller_who_keeps_his_transaction_behind_a_failure_keeps_nobody_waiting(
    begun: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.add(2, "SELECT 1 / 0;")
    monkeypatch.chdir(begun.folder)
    with database.engine.connect() as connection:
        config = Config("alembic.ini", attributes={"connection": connection})
        with connection.begin(), pytest.raises(CommandError, match="division by zero"):
            command.upgrade(config, "head")
        begun.add(2, "INSERT INTO log VALUES (1);")
        with _migrator(begun, deploy_wait="0s") as migrator:
            migrator.migrate()  # though he is connected still
    assert applied(database) == [ONE, TWO]
    assert database.query(_LAST) == [("failed", False)]


def test_a_session_that_a_cut_network_left_is_waited_for(
    begun: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client has recorded that it failed; its statement runs on, and commits."""
    database.query("CREATE TABLE busy ()")
    block = "DO $$ BEGIN COMMIT; LOCK TABLE busy; INSERT INTO log VALUES (1); END $$;"
    begun.write(f"{TWO}_x.sql", f"-- UP transaction:false\n{block}\n-- DOWN\nSELECT 1;\n")
    monkeypatch.chdir(begun.folder)
    made: list[psycopg2.extensions.connection] = []

    def connect() -> psycopg2.extensions.connection:
        made.append(psycopg2.connect(database.url))
        return made[-1]

    engine = create_engine("postgresql+psycopg2://", creator=connect, poolclass=NullPool)
    config = Config("alembic.ini", attributes={"connection": engine})
    with Hold(database, "LOCK TABLE busy") as hold:
        with ThreadPoolExecutor() as pool:
            running = pool.submit(command.upgrade, config, "head")
            pid = hold.blocks()
            (cut,) = (each for each in made if each.info.backend_pid == pid)
            with socket.socket(fileno=os.dup(cut.fileno())) as connection:
                connection.shutdown(socket.SHUT_RDWR)
            assert running.exception()
        assert database.query(_NEWEST) == [("failed", True)]
        with (
            _migrator(begun, deploy_wait="0s", rerun=TWO) as migrator,
            pytest.raises(LockNotAcquiredError, match=f"pid {pid} "),
        ):
            migrator.migrate()
    with _migrator(begun, skip=TWO) as migrator:
        migrator.migrate()
    assert database.query("SELECT * FROM log") == [(1,)]
