"""`--sql` output, run through psql, leaves what an online run leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, Project

if TYPE_CHECKING:
    from support.databases import Database

# What a newly made dump differs in from the next: its random session key.
_KEYS = ("\\restrict", "\\unrestrict")


def _psql(database: Database, script: str, **environment: str) -> None:
    subprocess.run(
        [database.server.program("psql"), "-qX", "--set", "ON_ERROR_STOP=1", database.url],
        input=script.encode(),
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _dump(database: Database) -> list[str]:
    """Schema and data, but what differs from run to run: times and random ids."""
    said = subprocess.run(
        [
            *(database.server.program("pg_dump"), "--no-owner", database.url),
            # What psql runs is no deploy.
            *("--exclude-table-data=migration_deploys*",),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in said.splitlines() if not line.startswith(_KEYS)]


def _without_times(lines: list[str]) -> list[str]:
    return [line for line in lines if "\t20" not in line]


def test_upgrade_and_downgrade_through_psql(
    tmp_path: Path, database: Database, migrated: Database
) -> None:
    project = Project.copy(tmp_path, migrations=True)
    _psql(database, project.alembic("upgrade", "head", "--sql").stdout)
    assert _without_times(_dump(database)) == _without_times(_dump(migrated))
    assert database.value("SELECT count(*) FROM models") == 75
    _psql(database, project.alembic("downgrade", "head:base", "--sql").stdout)
    assert database.tables() == {"alembic_version"}
    assert database.value("SELECT count(*) FROM alembic_version") == 0


def test_every_section_arrives_as_written(project: Project, database: Database) -> None:
    up = (
        "SET search_path = '';\n"
        "CREATE TABLE public.t AS SELECT ':x %s %% \\ {\"a\":true} größe'::text AS v,\n"
        "  $$\n-- DOWN\r\n$$::text AS w -- no semicolon, but a comment"
    )
    project.write("20250101000001_x.sql", f"-- UP lock_timeout:9s\n{up}\n-- DOWN\nDROP TABLE t;\n")
    project.write(
        "20250101000002_x.sql",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY i ON t (v);\n-- DOWN\nSELECT 1;\n",
    )
    script = project.alembic("upgrade", "head", "--sql", DATABASE_URL="").stdout
    _psql(database, script)
    assert database.value("SELECT v FROM t") == ':x %s %% \\ {"a":true} größe'
    assert database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")
    assert database.value("SELECT version_num FROM alembic_version") == "20250101000002"


def test_the_next_migration_finds_no_temporary_table(project: Project, database: Database) -> None:
    database.query("CREATE TABLE users (i int)")
    project.add(1, "CREATE TEMP TABLE users (j int); PREPARE kept AS SELECT 1;")
    project.add(2, "ALTER TABLE users ADD COLUMN k int; PREPARE kept AS SELECT 1;")
    _psql(database, project.alembic("upgrade", "head", "--sql").stdout)
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'public.users'::regclass"
    assert database.query(f"{columns} AND attnum > 0 ORDER BY attnum") == [("i",), ("k",)]


def test_a_section_that_lets_its_record_get_lost_stops_it(
    project: Project, database: Database
) -> None:
    project.add(1, "SELECT 1;")
    make = "CREATE RULE no AS ON INSERT TO migra' || 'tions DO INSTEAD NOTHING"
    project.add(2, f"CREATE TABLE a (i int);\nDO $$ BEGIN EXECUTE '{make}'; END $$;")
    with pytest.raises(subprocess.CalledProcessError):
        _psql(database, project.alembic("upgrade", "head", "--sql").stdout)
    assert database.query("SELECT id FROM migrations") == [(ONE,)]
    assert database.tables() == {"alembic_version"}


def test_offline_needs_no_server_and_says_nothing_else(project: Project) -> None:
    project.add(1, "SELECT 1;")
    said = project.alembic("upgrade", "head", "--sql", DATABASE_URL="postgresql://127.0.0.1:1/no")
    project.add(2, "SELECT 2;")
    assert project.alembic("upgrade", "head", "--sql", DATABASE_URL="").stderr == ""
    assert said.stderr == ""
    assert said.stdout.startswith("-- Run with: psql --set ON_ERROR_STOP=1")
    assert not (project.folder / ".promptlib").exists()


def test_the_setting_that_allows_data_loss_is_written_before_the_section(
    project: Project,
) -> None:
    project.add(1, "SELECT 1;", "SELECT 2;")
    said = project.alembic("-x", "allow_data_loss=on", "downgrade", "head:base", "--sql").stdout
    assert "SET LOCAL promptlib.allow_data_loss = 'on';\nSELECT 2;" in said


def test_psql_of_another_encoding(project: Project, database: Database) -> None:
    project.add(1, "RESET ALL;")
    project.add(2, "CREATE TABLE t AS SELECT 'ünï €'::text AS v;")
    script = project.alembic("upgrade", "head", "--sql").stdout
    _psql(database, script, PGCLIENTENCODING="LATIN1")
    assert database.value("SELECT v FROM t") == "ünï €"


def test_a_reader_that_has_seen_enough(project: Project) -> None:
    for number in range(1, 60):
        project.add(number, f"SELECT '{'x' * 9000}';")
    alembic = Path(sys.executable).with_name("alembic")
    said = subprocess.run(
        ["/bin/sh", "-c", f"'{alembic}' upgrade head --sql | head -1"],
        check=True,
        cwd=project.folder,
        capture_output=True,
        text=True,
    )
    assert said.stdout.startswith("-- Run with: psql")
    assert said.stderr == ""


def test_a_broken_file_stops_it_before_a_line_is_written(project: Project) -> None:
    project.add(1, "SELECT 1;")
    project.write("20250101000002_x.sql", "-- UP\nSELECT 1;\n")
    said = project.alembic("upgrade", "head", "--sql", ok=False)
    assert said.stdout == ""
    assert said.stderr.startswith("sql/20250101000002_x.sql:2:9: the line `-- DOWN` is missing")
