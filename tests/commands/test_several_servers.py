"""A URL that leads to several servers: all that a deploy does is done on one of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.postgres.url import parse_url
from support import servers
from support.freezing import Network
from support.ledgers import applied, current
from support.processes import until
from support.projects import ONE, full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

_DEPLOYS = [("alembic", "upgrade", "head"), ("promptlib", "migrate")]
# Whether the deploy lock is held on the server that the migration runs on.
_SEES_LOCK = """
    SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE locktype = 'advisory' AND granted AND datname = current_database())
"""
_REFUSED = (
    "this server is a read-only replica; connect to the primary in DATABASE_URL; among several "
    "hosts target_session_attrs=read-write finds it\n"
)


@pytest.fixture
def standby(server: Server, database: Database) -> Iterator[Server]:
    """One that follows the test's server, and has its database already."""
    if not server.data:
        pytest.skip("nobody may copy a given server")
    with servers.standby(server) as made:
        there = f"SELECT FROM pg_database WHERE datname = '{database.name}'"
        until(lambda: made.has(there))
        yield made


def _several(database: Database, *found: Server, more: str = "") -> str:
    hosts = ",".join(f"127.0.0.1:{each.parameters()['port']}" for each in found)
    return f"postgresql://postgres@{hosts}/{database.name}?load_balance_hosts=random{more}"


@pytest.mark.parametrize("command", _DEPLOYS)
def test_the_lock_is_taken_where_migrations_run(
    project: Project, database: Database, standby: Server, command: tuple[str, ...]
) -> None:
    project.url = _several(database, standby, database.server)
    ran = 0
    while ran < 4:
        project.add(ran + 1, f"CREATE TABLE seen_{ran} AS {_SEES_LOCK};")
        with project.start(*command) as deploy:
            said = deploy.ends(None)
        assert deploy.code == 0 or said.endswith(_REFUSED), said
        ran += deploy.code == 0
    assert all(database.value(f"SELECT * FROM seen_{each}") for each in range(ran))


@pytest.mark.parametrize("command", _DEPLOYS)
def test_the_primary_is_found_among_them(
    project: Project, database: Database, standby: Server, command: tuple[str, ...]
) -> None:
    project.url = _several(
        database, standby, database.server, standby, more="&target_session_attrs=read-write"
    )
    project.write(
        f"{ONE}_x.sql",
        f"-- UP transaction:false\nCREATE TABLE seen AS {_SEES_LOCK};\n"
        "CREATE INDEX CONCURRENTLY i ON seen (exists);\n-- DOWN\nDROP TABLE seen;\n",
    )
    project.add(2, "SELECT 1/0;")
    with project.start(*command) as deploy:
        assert "division by zero" in deploy.ends(None)
    assert database.query("SELECT * FROM seen") == [(True,)]
    outcomes = "SELECT version, outcome FROM migration_events ORDER BY id"
    assert database.query(outcomes) == [(ONE, "done"), (full(2), "failed")]


@pytest.mark.parametrize("command", _DEPLOYS)
def test_servers_behind_one_address_are_told_apart(
    project: Project, database: Database, standby: Server, command: tuple[str, ...]
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, "SELECT 1;")  # of one migration lock and session are one
    with Network(database, standby) as balancer:
        project.url = balancer.url
        with project.start(*command) as deploy:
            said = deploy.ends(None)
        assert deploy.code
    assert said == (
        "DATABASE_URL leads to more than one server: the deploy lock was taken on another one than "
        "migrations would run on; name one server; or the primary among several hosts, with "
        "target_session_attrs=read-write\n"
    )
    assert database.tables() == set()


def test_two_deploys_do_not_overlap(project: Project, database: Database, standby: Server) -> None:
    database.query("CREATE TABLE ran (i int)")
    project.url = _several(database, standby, database.server)
    project.add(1, "INSERT INTO ran SELECT 1 FROM pg_sleep(0.3);")
    with contextlib.ExitStack() as stack:
        deploys = [stack.enter_context(project.start(*_DEPLOYS[number % 2])) for number in range(6)]
        for each in deploys:
            each.ends(None)
    project.promptlib("migrate", DATABASE_URL=database.url)
    assert database.query("SELECT * FROM ran") == [(1,)]
    assert current(database) == applied(database) == [ONE]


def test_a_second_connection_goes_to_the_first_one_s_address(
    database: Database, standby: Server
) -> None:
    target = parse_url(_several(database, standby, database.server), "the test")
    for _ in range(8):
        with contextlib.closing(target.connect()) as first:
            beside = target.beside(first)
            with contextlib.closing(beside.connect()) as second:
                assert first.info.port == second.info.port
                assert second.info.dsn_parameters["hostaddr"] == "127.0.0.1"
