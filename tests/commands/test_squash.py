"""`promptlib squash`: old files become one, and databases that ran them know it."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from promptlib.consolidate.squash import choose_squash, put_in_place
from promptlib.core.errors import MigrationFileError
from promptlib.files.directory import list_migrations
from promptlib.files.parser import parse_migration
from support.ledgers import states
from support.projects import ONE, THREE, TWO, Project
from support.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

FOUR = "20250103000000"


@pytest.fixture
def four(three: Project) -> Project:
    """Four migrations; one makes rows."""
    three.add(TWO, "CREATE TABLE b (i int); INSERT INTO b VALUES (7);", "DROP TABLE b;", "make_b")
    three.add(FOUR, "CREATE TABLE d (i int);", "DROP TABLE d;")
    return three


def _squash(project: Project, to: str = THREE, *, ok: bool = True) -> str:
    said = project.promptlib("squash", "--to", to, "--yes", "--scratch", project.url, ok=ok)
    return said.stdout.strip() if ok else said.stderr


def _names(project: Project) -> list[str]:
    return sorted(each.name for each in (project.folder / "sql").iterdir())


def test_a_database_that_ran_all_needs_nothing(four: Project, database: Database) -> None:
    """And one that ran none runs the one."""
    four.promptlib("migrate")
    asked = four.promptlib("squash", "--to", THREE, "--scratch", four.url, ok=False)
    assert f"removes sql/{ONE}_make_a.sql" in asked.stderr
    assert len(_names(four)) == 4
    assert _squash(four) == f"sql/{THREE}_squashed.sql"
    assert _names(four) == [f"{THREE}_squashed.sql", f"{FOUR}_x.sql"]
    assert states(four) == {THREE: "executed", FOUR: "executed"}
    assert four.promptlib("migrate").stderr == f"the database is at {FOUR} (head)\n"
    assert four.alembic("upgrade", "head").returncode == 0
    assert database.value("SELECT count(*) FROM migrations") == 4
    other = database.server.create()
    try:
        url, four.url = four.url, other.url
        four.promptlib("migrate")
        assert other.query("SELECT i FROM b") == [(7,)]
        assert states(four) == {THREE: "executed", FOUR: "executed"}
        four.url = url
    finally:
        database.server.drop(other.name)
    four.promptlib("rollback", "--to", "base", "--yes")
    assert database.tables() == {"alembic_version"}
    assert database.query("SELECT id FROM migrations") == []
    assert states(four) == {THREE: "pending", FOUR: "pending"}


@pytest.mark.parametrize("command", ["migrate", "repair --yes"])
def test_a_database_that_ran_a_part_is_refused(
    four: Project, database: Database, command: str
) -> None:
    four.promptlib("migrate", TWO)
    _squash(four)
    refused = four.promptlib(*command.split(), ok=False).stderr
    assert f"sql/{THREE}_squashed.sql replaces what ran here by more or something else" in refused
    assert f"{THREE} did not run here; deploy from the files as they were before that" in refused
    assert database.tables() == {"a", "b", "alembic_version"}
    assert database.value("SELECT count(*) FROM migrations") == 2


def test_a_database_with_a_late_or_an_edited_one(four: Project) -> None:
    """It is refused too, and repair accepts it once somebody has looked."""
    late = four.add("20250101000009", "CREATE TABLE e (i int);", "DROP TABLE e;")
    text = late.read_text()
    late.unlink()
    four.promptlib("migrate")
    late.write_text(text)
    four.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", "make_a")
    _squash(four)
    refused = four.promptlib("migrate", ok=False).stderr
    assert "20250101000009 did not run here" in refused
    assert f"{ONE} ran here as something else" in refused
    four.promptlib("repair", "--yes")
    assert states(four) == {THREE: "executed", FOUR: "executed"}
    four.promptlib("migrate")


def test_an_edited_one_is_edited(four: Project) -> None:
    """Where the one itself ran, and was changed then."""
    _squash(four)
    four.promptlib("migrate")
    path = four.folder / "sql" / f"{THREE}_squashed.sql"
    path.write_text(path.read_text().replace("CREATE TABLE public.a (", "CREATE TABLE public.z ("))
    assert "was edited after it ran here" in four.promptlib("migrate", ok=False).stderr


def test_twice(four: Project, database: Database) -> None:
    """Whatever a database ran: the first files, the first squashed one, or a part of them."""
    other, part = database.server.create(), database.server.create()
    try:
        four.promptlib("migrate")
        four.promptlib("migrate", TWO, "--url", part.url)
        _squash(four, TWO)
        four.promptlib("migrate", "--url", other.url)
        assert "is nothing to squash" in _squash(four, TWO, ok=False)
        _squash(four, FOUR)
        assert _names(four) == [f"{FOUR}_squashed.sql"]
        for url in (database.url, other.url):
            assert "1 executed;" in four.promptlib("status", "--url", url).stdout
            four.promptlib("migrate", "--url", url)
        assert "did not run here" in four.promptlib("migrate", "--url", part.url, ok=False).stderr
    finally:
        database.server.drop(other.name)
        database.server.drop(part.name)


def test_one_that_was_cut_off(four: Project) -> None:
    """Files that it replaces are still there, or there again: that is told, and finished."""
    four.promptlib("migrate")
    old = {name: (four.folder / "sql" / name).read_bytes() for name in _names(four)}
    _squash(four)
    whole = (four.folder / "sql" / f"{THREE}_squashed.sql").read_bytes()
    (four.folder / "sql" / f"{THREE}_squashed.sql").unlink()
    four.write(f"{THREE}_make_c.sql", whole)
    four.write(f"{ONE}_make_a.sql", old[f"{ONE}_make_a.sql"])
    four.write(f".{THREE}_make_c.sql.unfinished", b"-- UP\nCREA")
    refused = four.promptlib("migrate", ok=False).stderr
    assert (
        f"sql/{ONE}_make_a.sql: is still there, and sql/{THREE}_make_c.sql replaces it" in refused
    )
    assert _squash(four) == f"sql/{THREE}_squashed.sql"
    assert _names(four)[-2:] == [f"{THREE}_squashed.sql", f"{FOUR}_x.sql"]
    assert states(four) == {THREE: "executed", FOUR: "executed"}


def test_what_one_migration_cannot_make(four: Project) -> None:
    """Nothing is written: a setting of the database is in no dump of what is in it."""
    four.add(
        "20250101000004",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 5000', current_database());"
        " END $$;",
    )
    before = _names(four)
    refused = _squash(four, ok=False)
    assert "one migration would make something else than these, so nothing was written" in refused
    assert "- setting work_mem" in refused
    assert _names(four) == before


def test_a_branch_may_be_merged_that_squashes(four: Project) -> None:
    """`check --base` knows that what is gone is in the one, as it was merged."""
    repository = Repository.make(four.folder)
    repository.commit()
    repository.branch("squashes")
    _squash(four)
    found = four.promptlib("check", "--base", "main").stdout
    assert found == "no findings in 2 migrations\n"
    path = four.folder / "sql" / f"{THREE}_squashed.sql"
    lines = [line for line in path.read_text().splitlines() if f"replaces: {TWO}" not in line]
    path.write_text("\n".join(lines))
    found = four.promptlib("check", "--base", "main", ok=False).stdout
    assert f"sql/{TWO}_make_b.sql:1:1: missing: " in found


def test_stamp_and_a_script_for_psql(four: Project, database: Database) -> None:
    """They take the rows of what was replaced along."""
    four.promptlib("migrate")
    _squash(four)
    script = four.alembic("downgrade", f"{FOUR}:base", "--sql").stdout
    assert f"ARRAY['{ONE}', '{TWO}', '{THREE}']" in script
    four.alembic("stamp", "base")
    assert database.query("SELECT id FROM migrations") == []


def test_one_that_is_killed(four: Project, tmp_path: Path) -> None:
    """While pg_dump runs, which is the test's own and waits: all files are there."""
    folder, fifo = tmp_path / "programs", tmp_path / "fifo"
    folder.mkdir()
    os.mkfifo(fifo)
    for program in ("pg_dump", "pg_restore"):
        waits = f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99" || cat "{fifo}"'
        (folder / program).write_text(f"#!/bin/sh\n{waits}\n")
        (folder / program).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    before = {name: (four.folder / "sql" / name).read_bytes() for name in _names(four)}
    command = ["squash", "--to", THREE, "--yes", "--scratch", four.url]
    with four.start("promptlib", *command, PATH=path) as it, fifo.open("w"):
        it.signal(signal.SIGKILL)
        it.ends(None)
    assert {name: (four.folder / "sql" / name).read_bytes() for name in _names(four)} == before
    _squash(four)


def test_two_at_once(four: Project) -> None:
    command = ["squash", "--to", THREE, "--yes", "--scratch", four.url]
    with four.start("promptlib", *command) as one, four.start("promptlib", *command) as other:
        said = one.ends(None) + other.ends(None)
    assert "Traceback" not in said
    assert _names(four) == [f"{THREE}_squashed.sql", f"{FOUR}_x.sql"]
    four.promptlib("migrate")


def test_a_disk_that_is_full(four: Project) -> None:
    """A limit on the size of files stands for the disk: all files are as they were."""
    sql = four.folder / "sql"
    chosen, before = choose_squash(list_migrations(sql), THREE), _names(four)
    text = f"-- UP\nSELECT '{'x' * 9999}';\n-- DOWN\nSELECT 1;\n"
    one = parse_migration(THREE, "squashed", chosen.path, text.encode())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(MigrationFileError, match="cannot be written: File too large"):
            put_in_place(chosen, one)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert _names(four) == before
    assert "CREATE TABLE c" in (sql / f"{THREE}_make_c.sql").read_text()
