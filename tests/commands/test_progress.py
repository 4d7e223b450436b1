"""What a deploy tells while it runs: to a reader at a terminal, to a log file, to nobody."""

from __future__ import annotations

import re
import subprocess
import threading
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config

from support import inside
from support.holding import Hold
from support.processes import until
from support.projects import ONE, THREE, TWO, environment_with, full, path_of
from support.screens import ERASE, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project

_SLOW = "SELECT pg_sleep(2.6);"  # longer than what a terminal shows nothing for


def _without_times(lines: list[str]) -> list[str]:
    return [re.sub(r"\d+(\.\d)? m?s\b", "N", line) for line in lines]


def _told(project: Project, *arguments: str) -> list[str]:
    said = inside.alembic(project, *arguments)
    assert said.stdout == ""
    return _without_times(said.stderr.splitlines())


def test_a_line_for_each_migration_and_where_the_database_stands(three: Project) -> None:
    assert _told(three, "upgrade", "+1") == [
        f"1/1  upgrade   {ONE}  make a  N",
        f"1 migration in N; the database is at {ONE}",
    ]
    assert _told(three, "upgrade", "head") == [
        f"1/2  upgrade   {TWO}  make b  N",
        f"2/2  upgrade   {THREE}  make c  N",
        f"2 migrations in N; the database is at {THREE} (head)",
    ]
    assert _told(three, "upgrade", "head") == [f"the database is at {THREE} (head)"]
    assert _told(three, "downgrade", "base") == [
        f"1/3  downgrade {THREE}  make c  N",
        f"2/3  downgrade {TWO}  make b  N",
        f"3/3  downgrade {ONE}  make a  N",
        "3 migrations in N; the database is at base",
    ]
    assert _told(three, "-q", "upgrade", "head") == []


def test_positions_stand_below_each_other(project: Project) -> None:
    for number in range(1, 11):
        project.add(number, "SELECT 1;")
    lines = _told(project, "upgrade", "head")
    assert lines[0] == f" 1/10  upgrade   {full(1)}  x  N"
    assert lines[9] == f"10/10  upgrade   {full(10)}  x  N"


def test_a_terminal_shows_what_the_server_is_at(project: Project, database: Database) -> None:
    database.query("CREATE TABLE big (i int)")
    project.write(
        f"{ONE}_index.sql",
        "-- UP transaction:false\nSELECT 1;\nCREATE INDEX CONCURRENTLY big_i ON big (i);\n"
        "-- DOWN\nSELECT 1;\n",
    )
    title = f"1/1  upgrade   {ONE}  index"
    with (
        Hold(database, "INSERT INTO big VALUES (1)") as hold,
        Watched(project, "alembic", "upgrade", "head", columns=150) as terminal,
    ):
        terminal.shows("waiting for writers before build [--------------------] 0%")
        hold.release()
        stays = terminal.ends()
        shown = terminal.text
    assert re.search(rf"{re.escape(ERASE + title)}  statement 2 of 2, \d\.\d s  waiting for", shown)
    assert _without_times(stays) == [
        f"{title}  N",
        f"1 migration in N; the database is at {ONE} (head)",
        "",
    ]


def test_a_log_file_and_a_quiet_terminal_get_nothing_that_comes_and_goes(
    project: Project, database: Database
) -> None:
    project.add(1, _SLOW, _SLOW)
    with project.start("alembic", "upgrade", "head") as deploy:
        said = deploy.ends()
    assert _without_times(said.split("\n")) == [
        f"1/1  upgrade   {ONE}  x  N",
        f"1 migration in N; the database is at {ONE} (head)",
        "",
    ]
    with Watched(project, "alembic", "-q", "downgrade", "base") as terminal:
        terminal.ends()
        assert terminal.text == ""
    assert database.value("SELECT count(*) FROM migrations") == 0


def test_with_a_stream_closed_commands_run_to_their_end(three: Project, database: Database) -> None:
    upgrade, status = f"'{path_of('alembic')}' upgrade head", f"'{path_of('promptlib')}' status"
    said = subprocess.run(
        ["/bin/sh", "-c", f"{upgrade} >/dev/null 2>&- && {status} >&- && {status} --json <&- >&-"],
        cwd=three.folder,
        env=environment_with({"DATABASE_URL": three.url}),
        check=True,
        stderr=subprocess.PIPE,
    )
    assert not said.stderr
    assert {"a", "b", "c"} <= database.tables()


@pytest.fixture
def narrow(database: Database) -> Iterator[str]:
    """The database's URL for a role that may have two connections."""
    if not database.server.data:
        pytest.skip("a given server may not let it in")
    database.query("CREATE ROLE narrow LOGIN CONNECTION LIMIT 2")
    database.query("GRANT ALL ON SCHEMA public TO narrow")
    database.query("CREATE TABLE busy (i int); ALTER TABLE busy OWNER TO narrow")
    address = "{host}:{port}".format(**database.server.parameters())
    yield f"postgresql://narrow@{address}/{database.name}"
    database.query("DROP OWNED BY narrow; DROP ROLE narrow")


def test_where_no_third_connection_is_to_be_had_a_deploy_asks_nothing(
    project: Project, database: Database, narrow: str
) -> None:
    project.add(1, "ALTER TABLE busy ADD j int;")
    arguments = ("-x", "lock_timeout=200ms", "upgrade", "head")
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        project.start("alembic", *arguments, DATABASE_URL=narrow) as deploy,
    ):
        deploy.says("attempt 2 of 10 begins in")
        hold.release()
        deploy.ends()


def _open_files() -> int:
    return len([*Path("/dev/fd").iterdir()])


def _deploy(project: Project, database: Database) -> None:
    """There and back through the API, slowly enough to be looked at."""
    config = Config(
        project.folder / "alembic.ini",
        attributes={"connection": database.engine},
        cmd_opts=Namespace(x=["lock_timeout=20ms"]),
    )
    command.upgrade(config, "head")
    command.downgrade(config, "base")


def test_a_program_that_deploys_often_keeps_nothing_open(
    project: Project, database: Database
) -> None:
    project.add(1, "SELECT pg_sleep(0.1);")
    _deploy(project, database)
    files, threads = _open_files(), threading.active_count()
    for _ in range(3):
        _deploy(project, database)
    with ThreadPoolExecutor(1) as other:
        other.submit(_deploy, project, database).result()
    assert _open_files() <= files
    assert threading.active_count() <= threads
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
    until(lambda: len(database.query(others)) == 1)
