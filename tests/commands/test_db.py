"""`promptlib db`: test the server, make the database, remove it, wait for it."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg2
import pytest

from support import pooler, servers
from support.holding import Hold
from support.projects import ONE, THREE, Project
from support.terminals import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

_KEYS = [
    *("ok", "server_version", "database", "url", "user", "encrypted", "latency_ms", "role"),
    *("pooler", "can_create", "limits", "current", "pending"),
]


@pytest.fixture
def absent(three: Project, database: Database) -> Iterator[Project]:
    """A project whose database is not there yet."""
    name = f"{database.name}_new"
    three.url = urlsplit(three.url)._replace(path=f"/{name}").geturl()
    yield three
    database.server.drop(name)


def _exists(database: Database, project: Project) -> bool:
    name = urlsplit(project.url).path[1:]
    return bool(database.query("SELECT 1 FROM pg_database WHERE datname = %s", name))


def test_a_server_that_a_deploy_could_run_on(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    found = json.loads(three.promptlib("db", "test", "--json").stdout)
    assert list(found) == _KEYS
    assert found["server_version"] == database.value("SHOW server_version")
    assert found["latency_ms"] > 0
    expected = {
        "ok": True, "database": database.name, "user": "postgres", "encrypted": False,
        "role": "primary", "pooler": False, "can_create": True, "limits": [],
        "current": ONE, "pending": 2,
    }  # fmt: skip
    assert expected.items() <= found.items()
    said = three.promptlib("db", "test").stdout
    assert f"at {ONE}, 2 pending" in said
    assert said.splitlines()[-1].split() == ["deploy", "could", "run"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("20250101000000_late.sql", "-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n", "never ran here"),
        ("20260101000000_broken.sql", "-- UP\nSELECT 1;\n", "the line `-- DOWN` is missing"),
    ],
)
def test_files_that_no_deploy_takes(three: Project, file: str, content: str, said: str) -> None:
    three.promptlib("migrate")
    three.write(file, content)
    result = three.promptlib("db", "test", "--json", ok=False)
    assert result.returncode == 1
    assert json.loads(result.stdout)["ok"] is False
    assert said in result.stderr


def test_a_user_who_may_create_nothing(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    role = f"role_{database.name}"
    database.query(f"CREATE ROLE {role} LOGIN")
    try:
        database.query(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        three.url = three.url.replace("postgres@", f"{role}@")
        result = three.promptlib("db", "test", "--json", ok=False)
    finally:
        database.query(f"DROP OWNED BY {role}; DROP ROLE {role}")
    found = json.loads(result.stdout)
    assert (found["ok"], found["can_create"], found["user"]) == (False, False, role)
    assert "may create nothing in the schema public" in result.stderr
    assert "may not write the ledger: it lacks DELETE ON alembic_version, " in result.stderr


def test_a_pooler_in_between(three: Project, database: Database) -> None:
    with pooler.running(database.server) as running:
        three.url = running.url(database)
        assert json.loads(three.promptlib("db", "test", "--json").stdout)["pooler"] is True
        three.promptlib("migrate")
        assert "3 executed" in three.promptlib("status").stdout


def test_create_makes_the_database_once(absent: Project, database: Database) -> None:
    assert "made" in absent.promptlib("db", "create").stderr
    assert "is there already" in absent.promptlib("db", "create").stderr
    absent.promptlib("migrate")
    absent.promptlib("db", "create")
    assert _exists(database, absent)
    assert "3 executed" in absent.promptlib("status").stdout


def test_create_from_two_terminals_at_once(absent: Project, database: Database) -> None:
    with (
        absent.start("promptlib", "db", "create") as one,
        absent.start("promptlib", "db", "create") as other,
    ):
        one.ends()
        other.ends()
    assert _exists(database, absent)


def test_drop_asks_for_the_name(absent: Project, database: Database) -> None:
    absent.promptlib("db", "create")
    absent.promptlib("migrate")
    assert absent.promptlib("db", "drop", ok=False).returncode == 2
    for answer in ("y", f"{database.name}"):
        with Terminal(absent, "db", "drop") as terminal:
            terminal.says("write the database's name")
            assert "7 tables" in terminal.screen
            terminal.type(answer)
            terminal.ends(1)
    assert _exists(database, absent)
    with Terminal(absent, "db", "drop") as terminal:
        terminal.says("write the database's name")
        terminal.type(f"{database.name}_new")
        terminal.ends(0)
    assert not _exists(database, absent)
    assert "no such database" in absent.promptlib("db", "drop", "--yes").stderr


def test_drop_names_who_is_connected(absent: Project, database: Database) -> None:
    absent.promptlib("db", "create")
    guest = psycopg2.connect(absent.url, application_name="a guest")
    pid = guest.info.backend_pid
    try:
        refused = absent.promptlib("db", "drop", "--yes", ok=False)
    finally:
        guest.close()
    assert f"pid {pid} (a guest)" in refused.stderr
    assert _exists(database, absent)


@pytest.mark.parametrize("name", ["postgres", "template1"])
def test_the_servers_own_databases_stay(three: Project, name: str) -> None:
    url = urlsplit(three.url)._replace(path=f"/{name}").geturl()
    refused = three.promptlib("db", "drop", "--yes", "--url", url, ok=False)
    assert refused.returncode == 2
    assert f"{name} is one of the server's own databases" in refused.stderr


def test_wait(absent: Project, database: Database) -> None:
    with absent.start("promptlib", "db", "wait") as waiting:
        waiting.says("waiting: ")
        absent.promptlib("db", "create")
        assert waiting.ends().endswith("can be reached\n")
    absent.promptlib("db", "wait", "--timeout", "0")
    absent.promptlib("db", "drop", "--yes")
    gave_up = absent.promptlib("db", "wait", "--timeout", "0", ok=False)
    assert gave_up.returncode == 2
    assert "does not exist" in gave_up.stderr
    assert "gave up after" in gave_up.stderr
    assert not _exists(database, absent)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_waits_can_be_interrupted(absent: Project, number: int, code: int) -> None:
    with absent.start("promptlib", "db", "wait") as waiting:
        waiting.says("waiting: ")
        waiting.signal(number)
        assert "interrupted" in waiting.ends(code)


@pytest.mark.parametrize("command", ["status", "db show", "history"])
def test_a_query_that_waits_can_be_interrupted(
    three: Project, database: Database, command: str
) -> None:
    three.promptlib("migrate")
    with (
        Hold(database, "LOCK migrations, migration_events") as hold,
        three.start("promptlib", *command.split()) as looking,
    ):
        hold.blocks()
        looking.signal(signal.SIGINT)
        looking.ends(130)


def test_a_replica_and_a_server_that_comes_back(three: Project, server: Server) -> None:
    if not server.binaries:
        pytest.skip("a given server cannot be made a replica")
    with servers.started(server.binaries, "replica") as replica:
        three.url = replica.create().url
        three.promptlib("migrate")
        servers.stop(replica)
        assert replica.data
        (replica.data / "standby.signal").touch()
        with three.start("promptlib", "db", "wait") as waiting:
            waiting.says("waiting: ")
            servers.start(replica)
            waiting.ends()
        result = three.promptlib("db", "test", "--json", ok=False)
        found = json.loads(result.stdout)
        assert (found["ok"], found["role"], found["current"]) == (False, "replica", THREE)
        assert "read-only replica" in result.stderr
        assert "3 executed" in three.promptlib("status").stdout
        assert three.promptlib("migrate", ok=False).returncode == 2
        assert three.promptlib("repair").stderr == "there is nothing to repair\n"


def test_promptlib_db_show_without_the_right_to_read(three: Project, database: Database) -> None:
    three.promptlib("migrate")
    database.query("CREATE ROLE reader LOGIN")
    try:
        url = three.url.replace("postgres@", "reader@")
        refused = three.promptlib("db", "show", ok=False, DATABASE_URL=url)
        assert "permission denied for table a (42501); grant the right" in refused.stderr
        assert refused.returncode == 2
    finally:
        database.query("DROP ROLE reader")


def test_promptlib_db_show(three: Project, database: Database) -> None:
    three.promptlib("migrate")
    database.query("INSERT INTO a VALUES (1), (2)")
    first, *rest = three.promptlib("db", "show").stdout.splitlines()
    assert re.fullmatch(r"postgresql://\S+  PostgreSQL \d.*, from the environment", first)
    assert [line.split() for line in rest] == [
        ["a", "2", "rows"], ["alembic_version", "1", "rows"], ["b", "0", "rows"],
        ["c", "0", "rows"], ["migration_deploys", "1", "rows"], ["migration_events", "3", "rows"],
        ["migrations", "3", "rows"],
    ]  # fmt: skip


def test_promptlib_db_show_runs_nobody_s_policy(three: Project, database: Database) -> None:
    """A policy is a function of the table's owner, which runs as whoever reads."""
    database.server.role("onlooker", "LOGIN")
    database.query(
        "CREATE FUNCTION seen() RETURNS boolean LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'ran'; END $$;"
        " CREATE TABLE hidden (i int); INSERT INTO hidden VALUES (1);"
        " CREATE POLICY p ON hidden USING (seen()); GRANT SELECT ON hidden TO onlooker;"
        " ALTER TABLE hidden ENABLE ROW LEVEL SECURITY"
    )
    assert three.promptlib("db", "show").stdout.split()[-3:] == ["hidden", "1", "rows"]
    three.url = database.url.replace("postgres@", "onlooker@")
    assert three.promptlib("db", "show").stdout.split()[-3:] == ["hidden", "?", "rows"]
