"""Limits of the server's on sessions that wait: a deploy that waits is not thrown out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.ledger.lock import lock_key
from support.holding import Hold
from support.ledgers import applied
from support.processes import until
from support.projects import ONE, full
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_DEPLOYS = [("alembic", "upgrade", "head"), ("promptlib", "migrate")]
_LOCK = f"SELECT pg_advisory_xact_lock({lock_key('public', 'alembic_version')})"
_OURS = """
    SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'promptlib'
"""


def _limit(database: Database, **settings: str) -> None:
    for name, value in settings.items():
        database.query(f"ALTER DATABASE {database.name} SET {name} = '{value}'")


def _waits(database: Database, seconds: float) -> None:
    """Wait until a deploy has waited so long, as the server sees it."""
    began = database.value("SELECT clock_timestamp()")
    passed = "SELECT clock_timestamp() > %s + %s * interval '1 second'"
    until(lambda: database.value(passed, began, seconds))


@pytest.mark.parametrize("command", _DEPLOYS)
def test_another_deploy_takes_longer_than_a_session_may_be_idle(
    project: Project, database: Database, command: tuple[str, ...]
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    with Hold(database, _LOCK) as other, contextlib.ExitStack() as stack:
        for kind in ("idle_session", "idle_in_transaction_session", "transaction", "statement"):
            if database.query("SELECT 1 FROM pg_settings WHERE name = %s", f"{kind}_timeout"):
                _limit(database, **{f"{kind}_timeout": "1s"})
        deploy = stack.enter_context(project.start(*command))
        deploy.says("waiting for another deploy")
        _waits(database, 3)
        other.release()
        deploy.ends()
    assert applied(database) == [ONE]


@pytest.mark.parametrize("command", _DEPLOYS)
def test_a_lock_held_for_longer_than_its_transaction_may_last(
    project: Project, database: Database, command: tuple[str, ...]
) -> None:
    """The session that holds the deploy lock does nothing meanwhile."""
    _limit(database, idle_session_timeout="500ms", idle_in_transaction_session_timeout="500ms")
    project.add(1, "CREATE TABLE a (i int);\nSELECT pg_sleep(1.5);")
    project.add(2, "CREATE TABLE b (i int);")
    with project.start(*command) as deploy:
        deploy.ends()
    assert applied(database) == [full(1), full(2)]


@pytest.mark.parametrize("options", ["", "transaction:false"])
def test_the_pause_before_the_next_attempt(
    project: Project, database: Database, options: str
) -> None:
    _limit(database, idle_session_timeout="1s")
    database.query("CREATE TABLE busy (i int)")
    project.configure(lock_timeout="50ms", lock_attempts="1000")
    project.write(
        f"{ONE}_x.sql", f"-- UP {options}\nALTER TABLE busy ADD j int;\n-- DOWN\nSELECT 1;\n"
    )
    with Hold(database, "LOCK TABLE busy") as hold, project.start("promptlib", "migrate") as deploy:
        deploy.says("attempt 2 of 1000 begins in")
        _waits(database, 4)
        hold.release()
        deploy.ends()
    assert applied(database) == [ONE]


def test_an_earlier_deploy_that_is_still_there(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.promptlib("migrate")
    project.add(2, "CREATE TABLE b (i int);")
    begun = """
        INSERT INTO migration_deploys (follows, action, from_version, to_version, outcome,
                                       backend_pid, backend_start)
        SELECT max(id), 'migrate', '', 'x', 'running', pg_backend_pid(),
               (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
          FROM migration_deploys
    """
    with contextlib.closing(database.connect()) as other:
        other.cursor().execute(begun)
        _limit(database, idle_session_timeout="1s")
        with project.start("promptlib", "migrate") as deploy:
            deploy.says("waiting for an earlier deploy")
            _waits(database, 2.5)
            other.close()
            deploy.ends()
    assert applied(database) == [full(1), full(2)]


def test_somebody_thinks_it_over(project: Project, database: Database) -> None:
    for number in (1, 2):
        project.add(number, f"CREATE TABLE t{number} (i int);", f"DROP TABLE t{number};")
    project.promptlib("migrate")
    _limit(database, idle_session_timeout="200ms")
    with Terminal(project, "rollback", "-n", "2") as terminal:
        terminal.says("[y/N]")
        until(lambda: not database.query(_OURS))
        terminal.type("y")
        terminal.ends(0)
    assert applied(database) == []


@pytest.mark.parametrize("command", ["verify", "reset --yes"])
def test_what_works_on_another_database_meanwhile(
    project: Project, database: Database, command: str
) -> None:
    project.add(1, "SELECT pg_sleep(0.7);", "SELECT pg_sleep(0.1);")
    project.url = f"{database.url}?options=-c%20idle_session_timeout%3D500ms"
    project.promptlib(*command.split())


@pytest.mark.parametrize("command", _DEPLOYS)
def test_a_connection_that_is_lost_all_the_same_is_explained(
    project: Project, database: Database, command: tuple[str, ...]
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    with Hold(database, _LOCK):
        _limit(database, idle_session_timeout="200ms")
        with project.start(*command) as deploy:
            said = deploy.ends(None)
    assert "terminating connection due to idle-session timeout (57P05)" in said
    assert "idle_session_timeout" in said.partition("(57P05)")[2]
    assert deploy.code == {"alembic": 255, "promptlib": 2}[command[0]]
