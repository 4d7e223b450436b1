"""A network that freezes: a command that is told to end does so, and says what nobody knows."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from promptlib.core.interrupts import LOCK_FREE, UNDONE
from promptlib.ledger.lock import lock_key
from support.freezing import Network
from support.holding import Hold
from support.ledgers import applied
from support.processes import until
from support.projects import ONE
from support.sending import usual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database
    from support.processes import Process
    from support.projects import Project

pytestmark = pytest.mark.patient
_DEPLOYS = {"alembic": ("alembic", "upgrade", "head"), "promptlib": ("promptlib", "migrate")}
_ONE_EACH = [("alembic", signal.SIGTERM), ("promptlib", signal.SIGINT)]
_LOOKING = ["status", "pending", "executed", "history", "db test", "db show", "backup"]
_NOR_FREE = "nor whether the deploy lock is free"
_SHORT = "interrupted, without waiting for an answer"
_CLIENTS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database()
       AND pid <> pg_backend_pid() AND application_name <> 'test'
"""


@pytest.fixture
def network(project: Project, database: Database) -> Iterator[Network]:
    """What the project reaches its database through; nothing limits how long it connects."""
    database.query("CREATE TABLE busy (i int)")
    with Network(database) as made:
        project.url = f"{made.url}?connect_timeout=0"
        yield made


def _insisted(process: Process, number: int) -> str:
    """Send a signal again and again until the command ends; its last line."""

    def ended() -> bool:
        if process.runs:
            process.signal(number)
        return not process.runs

    until(ended)
    said = process.ends(128 + number)
    assert not (LOCK_FREE in said and "waiting" not in said)
    return said.splitlines()[-1]


def _unknown(command: str, what: str) -> str:
    """What is said where a deploy was at work."""
    shown = {"alembic": "alembic current", "promptlib": "promptlib status"}[command]
    return f"{_SHORT}: nobody knows {what}; `{shown}` shows where the database stands"


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_a_server_that_accepts_and_says_nothing(
    project: Project, network: Network, command: str, number: int
) -> None:
    network.freeze()
    with project.start(*_DEPLOYS[command]) as process:
        until(lambda: network.accepted)
        assert _insisted(process, number) == _SHORT


@pytest.mark.parametrize("command", _LOOKING)
def test_a_command_that_looks(
    project: Project, network: Network, tmp_path: Path, command: str
) -> None:
    words = {"backup": ["backup", str(tmp_path / "dumps")]}.get(command, command.split())
    network.freeze_at(b"pg_catalog" if command == "backup" else b"pg_", lets_through=True)
    with project.start("promptlib", *words) as process:
        network.freezes()
        assert _insisted(process, signal.SIGTERM) in (_SHORT, "interrupted")


@pytest.mark.parametrize("command", [("current",), ("history", "-i"), ("check",)])
def test_a_command_of_alembic_s_that_looks(
    project: Project, network: Network, command: tuple[str, ...]
) -> None:
    network.freeze_at(b"pg_", lets_through=False)
    with project.start("alembic", *command) as process:
        network.freezes()
        assert _insisted(process, signal.SIGINT) == _SHORT


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_while_another_deploy_is_waited_for(
    project: Project, database: Database, network: Network, command: str, number: int
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    key = lock_key("public", "alembic_version")
    with (
        Hold(database, f"SELECT pg_advisory_xact_lock({key})"),
        project.start(*_DEPLOYS[command]) as process,
    ):
        process.says("waiting for another deploy")
        network.freeze_at(b"pg_try_advisory_", lets_through=True)
        network.freezes()
        free = "whether the deploy lock is free"
        assert _insisted(process, number) in (_unknown(command, free), f"interrupted; {UNDONE}")
    assert database.tables() == {"busy"}


@pytest.mark.parametrize(("command", "number"), _ONE_EACH)
def test_in_a_statement(
    project: Project, database: Database, network: Network, command: str, number: int
) -> None:
    project.configure(lock_timeout="10min")
    # No statement is sent together with the first one.
    project.add(1, "SET client_min_messages = log;\nALTER TABLE busy ADD j int;\nSELECT 1;")
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        project.start(*_DEPLOYS[command]) as process,
    ):
        hold.blocks()
        network.freeze()
        last = _insisted(process, number)
    which = "statement 2" if usual() == "singly" else "statements 2 to 3"
    assert last == _unknown(
        command, f"whether {which} of 3 of 1/1 upgrade {ONE} x took effect, {_NOR_FREE}"
    )
    network.thaw()
    until(lambda: not database.query(_CLIENTS))
    assert applied(database) == []
    project.promptlib("migrate")


@pytest.mark.parametrize(("lost", "command"), [("answer", "alembic"), ("message", "promptlib")])
def test_in_commit(
    project: Project, database: Database, network: Network, lost: str, command: str
) -> None:
    lets_through = lost == "answer"
    project.add(1, "CREATE TABLE a (i int);")
    network.freeze_at(b"up_sql, execution_ms, executed_by)", lets_through=lets_through)
    with project.start(*_DEPLOYS[command]) as process:
        network.freezes()
        if lets_through:
            until(lambda: "a" in database.tables())
        assert _insisted(process, signal.SIGTERM) == _unknown(
            command, f"whether 1/1 upgrade {ONE} x took effect, {_NOR_FREE}"
        )
    assert ("a" in database.tables()) is lets_through
    network.thaw()
    until(lambda: not database.query(_CLIENTS))
    project.promptlib("migrate")
    assert (database.tables(), applied(database)) == ({"alembic_version", "busy", "a"}, [ONE])


@pytest.mark.parametrize("lost", ["answer", "message"])
def test_in_the_record_of_a_statement(
    project: Project, database: Database, network: Network, lost: str
) -> None:
    project.write(
        f"{ONE}_x.sql",
        "-- UP transaction:false lock_timeout:10min\nINSERT INTO busy VALUES (1);\n"
        "INSERT INTO busy VALUES (2);\n-- DOWN\nDELETE FROM busy;\n",
    )
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        project.start("promptlib", "migrate") as process,
    ):
        hold.blocks()
        network.freeze_at(b"migration_events", lets_through=lost == "answer")
        hold.release()
        network.freezes()
        said = _insisted(process, signal.SIGTERM)
        assert said.endswith(_unknown("promptlib", _NOR_FREE).partition(" nor ")[2])


def test_one_signal_is_enough(project: Project, database: Database, network: Network) -> None:
    project.add(1, "ALTER TABLE busy ADD j int;")
    project.configure(lock_timeout="10min")
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        project.start("promptlib", "migrate") as process,
    ):
        hold.blocks()
        network.freeze()
        process.signal(signal.SIGTERM)
        last = process.ends(143).splitlines()[-1]
    assert last == _unknown("promptlib", f"whether 1/1 upgrade {ONE} x took effect, {_NOR_FREE}")


def test_what_is_not_known_is_told_where_one_signal_ends_it(
    project: Project, network: Network
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    network.freeze_at(b"CREATE TABLE IF NOT EXISTS", lets_through=True)
    with project.start("promptlib", "migrate") as process:
        network.freezes()
        process.signal(signal.SIGINT)
        said = process.ends(130)
    unknown = _unknown("promptlib", f"whether it was committed, {_NOR_FREE}")
    assert said == unknown.replace(f"{_SHORT}:", "interrupted;") + "\n"


@pytest.mark.parametrize(
    ("command", "at", "unknown"),
    [
        ("reset --yes", b"CREATE DATABASE", "whether promptlib_new_{} is left"),
        ("reset --yes", b"RENAME", "whether a new database has taken the place of {}"),
        ("db drop --yes", b"DROP DATABASE", "whether {} was removed"),
        ("verify", b"CREATE DATABASE", "whether something of the trial is left"),
    ],
)
def test_what_becomes_of_databases(
    project: Project, network: Network, command: str, at: bytes, unknown: str
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    network.freeze_at(at, lets_through=True)
    with project.start("promptlib", *command.split()) as process:
        network.freezes()
        last = _insisted(process, signal.SIGTERM)
    name = project.url.rpartition("/")[2].partition("?")[0]
    assert last.startswith(f"{_SHORT}: nobody knows {unknown.format(name)}")


def test_what_the_network_does_not_take_ends_by_itself(project: Project, network: Network) -> None:
    project.url = f"{network.url}?tcp_user_timeout=1000&connect_timeout=2"
    project.add(1, f"CREATE TABLE a (i int);\nSELECT '{'x' * 20_000_000}' AS frozen;")
    network.freeze_at(b"xxxx", lets_through=False)
    ended = project.promptlib("migrate", ok=False)
    assert ended.returncode == 2
    assert f"sql/{ONE}_x.sql" in ended.stderr
    assert "what was not committed is undone when the server notices: see " in ended.stderr
    assert LOCK_FREE not in ended.stderr
    network.thaw()
