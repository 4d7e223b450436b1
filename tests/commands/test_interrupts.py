"""Ctrl-C and SIGTERM end a deploy wherever it is, and leave nothing of it on the server."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from promptlib.core.interrupts import INTERRUPTED, UNDONE
from promptlib.ledger.lock import lock_key
from support.holding import Hold
from support.ledgers import applied, current, events
from support.processes import until
from support.projects import ONE
from support.sending import usual

if TYPE_CHECKING:
    from support.databases import Database
    from support.processes import Process
    from support.projects import Project

_COMMANDS = {"alembic": ("alembic", "upgrade", "head"), "promptlib": ("promptlib", "migrate")}
_EVERY = [(command, number) for command in _COMMANDS for number in (signal.SIGINT, signal.SIGTERM)]
_ONE_EACH = _EVERY[1:3]
_STANDS = (
    rf"^nothing of {ONE} stays; the database is at base, 1 migration pending; run .* again$"
    rf"|^nobody knows what stays of {ONE}; .* shows where the database stands$"
)
_CLIENTS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database()
       AND pid <> pg_backend_pid() AND application_name <> 'test'
"""


@pytest.fixture
def busy(project: Project, database: Database) -> Project:
    """A project, and a table of that name to lock."""
    database.query("CREATE TABLE busy (i int)")
    return project


def _interrupted(
    process: Process, number: int, database: Database, said: str = INTERRUPTED
) -> None:
    """Send the signal, and see how the command ends, and all that it had on the server."""
    process.signal(number)
    first, *stands = process.ends(128 + number).rpartition("interrupted")[2].splitlines()
    assert f"interrupted{first}" == said
    if said == INTERRUPTED:
        assert re.search(_STANDS, "\n".join(stands)), stands
    assert process.stdout == ""
    until(lambda: not database.query(_CLIENTS))


@pytest.mark.parametrize(("command", "number"), _EVERY)
def test_a_statement_is_cancelled_and_its_migration_rolled_back(
    busy: Project, database: Database, command: str, number: int
) -> None:
    busy.configure(lock_timeout="10min")
    busy.add(1, "CREATE TABLE a (i int);\nALTER TABLE busy ADD j int;")
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        busy.start(*_COMMANDS[command]) as process,
    ):
        hold.blocks()
        _interrupted(process, number, database)
    assert database.tables() == {"alembic_version", "busy"}
    assert applied(database) == current(database) == []
    assert events(database) == [(ONE, "up", "failed")]


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_outside_a_transaction_what_finished_stays(
    busy: Project, database: Database, command: str, number: int
) -> None:
    busy.configure(lock_timeout="10min")
    busy.write(
        f"{ONE}_x.sql",
        "-- UP transaction:false\nCREATE TABLE a (i int);\nALTER TABLE busy ADD j int;\n"
        "-- DOWN\nDROP TABLE a;\n",
    )
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        busy.start(*_COMMANDS[command]) as process,
    ):
        hold.blocks()
        _interrupted(process, number, database)
    assert database.tables() == {"alembic_version", "busy", "a"}
    assert applied(database) == current(database) == []
    assert "goes on behind statement 1 of 2" in busy.alembic("upgrade", "head").stderr
    assert database.query("SELECT j FROM busy") == []


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_while_another_deploy_is_waited_for(
    busy: Project, database: Database, command: str, number: int
) -> None:
    busy.add(1, "CREATE TABLE a (i int);")
    key = lock_key("public", "alembic_version")
    with (
        Hold(database, f"SELECT pg_advisory_xact_lock({key})"),
        busy.start(*_COMMANDS[command]) as process,
    ):
        process.says("waiting for another deploy")
        _interrupted(process, number, database, f"interrupted; {UNDONE}")
    assert database.tables() == {"busy"}


@pytest.mark.skipif(usual() == "singly", reason="without libpq nobody asks the server to end it")
def test_while_a_deploy_waits_to_be_recorded(busy: Project, database: Database) -> None:
    busy.add(1, "SELECT 1;")
    busy.alembic("upgrade", "head")
    busy.add(2, "CREATE TABLE a (i int);")
    with (
        Hold(database, "LOCK TABLE migration_deploys IN EXCLUSIVE MODE") as hold,
        busy.start(*_COMMANDS["promptlib"]) as process,
    ):
        hold.blocks()
        unknown = "nobody knows whether the deploy lock is free; `promptlib status` shows where"
        _interrupted(
            process, signal.SIGINT, database, f"interrupted; {unknown} the database stands"
        )
    assert database.value("SELECT count(*) FROM migration_deploys") == 1


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_in_the_pause_before_the_next_attempt(
    busy: Project, database: Database, command: str, number: int
) -> None:
    busy.configure(lock_timeout="50ms", lock_attempts="1000")
    busy.add(1, "CREATE TABLE a (i int);\nALTER TABLE busy ADD j int;")
    with Hold(database, "LOCK TABLE busy"), busy.start(*_COMMANDS[command]) as process:
        process.says("attempt 2 of 1000 begins in")
        _interrupted(process, number, database)
    assert database.tables() == {"alembic_version", "busy"}
    assert {*events(database)} == {(ONE, "up", "failed")}


@pytest.mark.patient
@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_whoever_insists_need_not_wait_for_the_server(
    busy: Project, database: Database, command: str, number: int
) -> None:
    database.query("CREATE SEQUENCE refusals")
    busy.add(
        1,
        """DO $$ BEGIN
            LOOP
                BEGIN
                    BEGIN
                        PERFORM pg_sleep(600);
                    EXCEPTION WHEN query_canceled THEN
                        PERFORM nextval('refusals');
                    END;
                EXCEPTION WHEN query_canceled THEN  -- it is asked twice
                    NULL;
                END;
            END LOOP;
        END $$;""",
    )
    with busy.start(*_COMMANDS[command]) as process:
        until(lambda: database.query(f"{_CLIENTS} AND wait_event = 'PgSleep'"))
        process.signal(number)
        until(lambda: database.value("SELECT is_called FROM refusals"))
        process.signal(number)
        last = process.ends(128 + number).splitlines()[-1]
    shown = {"alembic": "alembic current", "promptlib": "promptlib status"}[command]
    assert last == (
        "interrupted, without waiting for an answer: nobody knows whether 1/1 upgrade "
        f"{ONE} x took effect, nor whether the deploy lock is free; `{shown}` shows where the "
        "database stands"
    )


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_a_lock_that_was_lost_is_not_called_free(
    busy: Project, database: Database, command: str, number: int
) -> None:
    busy.configure(lock_timeout="10min")
    busy.add(1, "ALTER TABLE busy ADD j int;")
    busy.add(2, "SELECT 1;")  # of one migration the lock would end with its session
    ends_holder = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
         WHERE locktype = 'advisory' AND datname = current_database()
    """
    with Hold(database, "LOCK TABLE busy") as hold, busy.start(*_COMMANDS[command]) as process:
        hold.blocks()
        assert database.query(ends_holder) == [(True,)]
        look = "alembic current" if command == "alembic" else "promptlib status"
        unknown = f"nobody knows whether the deploy lock is free; `{look}` shows where the database"
        _interrupted(process, number, database, f"interrupted; {UNDONE}; {unknown} stands")


@pytest.mark.patient
@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_nobody_waits_for_a_server_process_that_stands_still(
    busy: Project, database: Database, command: str, number: int
) -> None:
    if not database.server.data:
        pytest.skip("the processes of a given server may be elsewhere")
    busy.configure(lock_timeout="10min")
    busy.add(1, "ALTER TABLE busy ADD j int;")
    with Hold(database, "LOCK TABLE busy") as hold, busy.start(*_COMMANDS[command]) as process:
        pid = hold.blocks()
        os.kill(pid, signal.SIGSTOP)
        try:
            process.signal(number)
            assert "nobody knows whether 1/1 upgrade" in process.ends(128 + number)
        finally:
            os.kill(pid, signal.SIGCONT)
    until(lambda: not database.query(_CLIENTS))
    assert applied(database) == []
