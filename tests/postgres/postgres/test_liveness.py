"""Both ends of a connection notice when the other one is gone."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from promptlib.postgres.liveness import CLIENT_PARAMETERS
from promptlib.postgres.url import parse_url
from support.processes import until
from support.projects import ONE

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project

_NAMES = (
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "tcp_user_timeout",
    "client_connection_check_interval",
)
_SETTINGS = ", ".join(f"current_setting('{name}') AS {name}" for name in _NAMES)
_WATCHED = ("30", "10", "3", "60000", "10s")


def _used(database: Database, more: str = "") -> dict[str, str]:
    connection = parse_url(f"{database.url}{more}", "the test").connect()
    with connection:
        used = connection.info.dsn_parameters
    connection.close()
    return {name: used[name] for name in CLIENT_PARAMETERS}


def test_every_connection_notices_a_dead_server(database: Database) -> None:
    assert _used(database) == CLIENT_PARAMETERS


def test_a_url_wins(database: Database) -> None:
    own = "?keepalives_idle=7&tcp_user_timeout=0"
    assert _used(database, own) == {
        **CLIENT_PARAMETERS,
        "keepalives_idle": "7",
        "tcp_user_timeout": "0",
    }


@pytest.mark.parametrize("named", ["?service=ours", ""])
def test_a_service_wins(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    services = tmp_path / "services"
    services.write_text(
        "[others]\nkeepalives_idle=9\n[ours]\nkeepalives_idle=8\nconnect_timeout=5\n[more]\n"
        "keepalives_count=9\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    if not named:
        monkeypatch.setenv("PGSERVICE", "ours")
    assert _used(database, named) == {**CLIENT_PARAMETERS, "keepalives_idle": "8"}


def test_a_service_that_no_file_of_ours_has(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_service.conf").write_text("[systems]\ntcp_user_timeout=4\n")
    (tmp_path / "users").write_text("[others]\ntcp_user_timeout=5\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "users"))
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))
    assert _used(database, "?service=systems")["tcp_user_timeout"] == "4"


@pytest.mark.parametrize("options", ["", "transaction:false"])
def test_the_server_looks_for_its_client(
    project: Project, database: Database, options: str
) -> None:
    for number in (1, 2):
        project.write(
            f"2025010100000{number}_x.sql",
            f"-- UP {options}\nCREATE TABLE seen_{number} AS SELECT {_SETTINGS};\n"
            f"-- DOWN\nDROP TABLE seen_{number};\n",
        )
    project.promptlib("migrate")
    for number in (1, 2):
        assert database.query(f"SELECT * FROM seen_{number}") == [_WATCHED]


def test_a_caller_s_connection_stays_as_it_is(project: Project, database: Database) -> None:
    project.add(1, f"CREATE TABLE seen AS SELECT {_SETTINGS};")
    before = database.query(f"SELECT {_SETTINGS}")
    code = (
        "import sys, sqlalchemy\nfrom alembic import command, config\n"
        "c = config.Config('alembic.ini')\n"
        f"e = sqlalchemy.create_engine({str(database.engine.url)!r})\n"
        "with e.begin() as x:\n    c.attributes['connection'] = x\n"
        "    command.upgrade(c, 'head')\n"
    )
    with project.start("python", "-c", code) as program:
        program.ends(0)
    assert database.query("SELECT * FROM seen") == before


def test_a_statement_ends_with_its_client(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (i int)")
    project.write(
        f"{ONE}_x.sql",
        "-- UP transaction:false\nINSERT INTO t SELECT 1 FROM pg_sleep(600);\n-- DOWN\nSELECT 1;\n",
    )
    sleeps = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query ~ '[p]g_sl'"
    )
    with project.start("promptlib", "migrate") as deploy:
        until(lambda: database.query(f"{sleeps} AND wait_event = 'PgSleep'"))
        deploy.signal(signal.SIGKILL)
    until(lambda: not database.query(sleeps))
    assert database.query("SELECT * FROM t") == []


def test_a_socket_in_a_folder(database: Database) -> None:
    if not database.server.data:
        pytest.skip("nobody knows the folder of a given server")
    folder = str(database.server.data).replace("/", "%2F")
    port = database.server.parameters()["port"]
    target = parse_url(f"postgresql://postgres@/{database.name}?host={folder}&port={port}", "x")
    connection = target.connect()
    second = target.beside(connection).connect()
    assert second.info.host == connection.info.host == str(database.server.data)
    second.close()
    connection.close()
