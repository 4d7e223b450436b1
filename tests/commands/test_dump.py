"""`promptlib dump`, the schema_file that a deploy writes, and `check` of it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, TWO, Project
from support.psql import psql

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database


@pytest.fixture
def kept(three: Project) -> Project:
    """A project that keeps its schema in a file."""
    (three.folder / "db").mkdir()
    three.configure(schema_file="db/schema.sql")
    return three


def _text(project: Project) -> str:
    return (project.folder / "db" / "schema.sql").read_text()


def test_each_deploy_writes_it(kept: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whichever front, in whichever folder it runs: beside the configuration."""
    assert "wrote db/schema.sql\n" in kept.promptlib("migrate", TWO).stderr
    assert "CREATE TABLE public.b (" in _text(kept)
    elsewhere = Project(tmp_path_factory.mktemp("elsewhere"), kept.url)
    elsewhere.alembic("-c", str(kept.folder / "alembic.ini"), "upgrade", "head")
    assert "CREATE TABLE public.c (" in _text(kept)
    whole = _text(kept)
    assert "wrote" not in kept.promptlib("migrate").stderr
    kept.alembic("downgrade", "-1")
    assert "CREATE TABLE public.c (" not in _text(kept)
    kept.alembic("stamp", "head")
    assert whole != _text(kept)
    assert "'20250102000003'" in _text(kept)
    kept.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", name="make_a")
    stamped = _text(kept)
    kept.promptlib("repair", "--yes")
    assert _text(kept) != stamped
    assert not [*elsewhere.folder.iterdir()]


def test_where_it_cannot_be_written(kept: Project) -> None:
    """The deploy is done, and says so; `check` tells of the file."""
    kept.configure(schema_file="gone/schema.sql")
    said = kept.promptlib("migrate")
    assert "the deploy is done, but gone/schema.sql was not written: " in said.stderr
    assert "3 executed" in kept.promptlib("status").stdout
    found = kept.promptlib("check", ok=False).stdout
    assert "gone/schema.sql:1:1: schema: there is no such file" in found


def test_its_session_may_be_idle_for_as_long_as_the_dump_takes(
    kept: Project, database: Database
) -> None:
    kept.promptlib("migrate")
    limit = "idle_in_transaction_session_timeout = '1ms'"
    database.server.execute(f'ALTER DATABASE "{database.name}" SET {limit}')
    assert "db/schema.sql is current" in kept.promptlib("dump").stderr


def test_check_says_when_it_is_not_current(kept: Project) -> None:
    kept.promptlib("migrate")
    assert "db/schema.sql" not in kept.promptlib("check", ok=None).stdout
    kept.add(4, "CREATE TABLE d (i bigint);", "DROP TABLE d;")
    found = kept.promptlib("check", ok=False).stdout
    assert "db/schema.sql:1:1: schema: is not current: it lacks what 20250101000004 " in found


def test_dump_to_a_file_and_to_stdout(kept: Project, database: Database) -> None:
    kept.promptlib("migrate")
    text = _text(kept)
    assert kept.promptlib("dump", "-").stdout == text
    assert kept.promptlib("dump").stderr == "db/schema.sql is current\n"
    assert kept.promptlib("dump", "other.sql").stderr == "wrote other.sql\n"
    assert (kept.folder / "other.sql").read_text() == text
    database.query("CREATE TABLE by_hand (i int)")
    kept.promptlib("dump")
    assert "CREATE TABLE public.by_hand (" in _text(kept)
    other = database.server.create()
    try:
        psql(other, _text(kept))
        assert "by_hand" in other.tables()
    finally:
        database.server.drop(other.name)


def test_a_deploy_that_is_killed_leaves_the_file(kept: Project, tmp_path: Path) -> None:
    """While pg_dump runs: it is one of the test's own, which waits."""
    kept.promptlib("migrate", TWO)
    before = _text(kept)
    folder, fifo = tmp_path / "programs", tmp_path / "fifo"
    folder.mkdir()
    os.mkfifo(fifo)
    for program in ("pg_dump", "pg_restore"):
        waits = f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99" || cat "{fifo}"'
        (folder / program).write_text(f"#!/bin/sh\n{waits}\n")
        (folder / program).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    with kept.start("promptlib", "migrate", PATH=path) as deploy, fifo.open("w"):
        deploy.signal(signal.SIGTERM)
        deploy.ends(143)
    assert _text(kept) == before
    assert "3 executed" in kept.promptlib("status").stdout
    kept.promptlib("dump")
    assert _text(kept) != before


def test_repeatable_files_are_in_it(kept: Project, database: Database) -> None:
    """A database that is made of it has them, and knows so."""
    folder = kept.folder / "sql" / "repeatable"
    folder.mkdir()
    (folder / "v.sql").write_text("CREATE OR REPLACE VIEW v AS SELECT 1 AS x;")
    kept.promptlib("migrate")
    assert "schema: " not in kept.promptlib("check", ok=None).stdout
    made = database.server.create()
    psql(made, _text(kept))
    kept.url = made.url
    assert kept.promptlib("pending").stdout == ""
    assert "1 repeatable file: 1 executed" in kept.promptlib("status").stdout
    (folder / "v.sql").write_text("CREATE OR REPLACE VIEW v AS SELECT 2 AS x;")
    said = kept.promptlib("check", ok=False).stdout
    assert "it has repeatable/v as it was before an edit; run what is pending" in said
