"""Every command of Alembic does what its user expects, without a Python file for a migration."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, THREE, TWO, Project, run

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database


def _current(project: Project) -> str:
    return project.alembic("current").stdout


@pytest.mark.parametrize(
    ("steps", "tables"),
    [
        (["upgrade head"], "abc"),
        (["upgrade heads"], "abc"),
        (["upgrade +1"], "a"),
        (["upgrade +1", "upgrade +1"], "ab"),
        ([f"upgrade {TWO}"], "ab"),
        (["upgrade 20250102"], "abc"),
        ([f"upgrade {ONE}+1"], "ab"),
        (["upgrade head-1"], "ab"),
        (["upgrade head", "downgrade -1"], "ab"),
        (["upgrade head", "downgrade base"], ""),
        (["upgrade head", f"downgrade {ONE}"], "a"),
        (["upgrade head", "downgrade base", "upgrade head"], "abc"),
        (["upgrade head", "upgrade head"], "abc"),
    ],
)
def test_upgrade_and_downgrade(
    three: Project, database: Database, steps: list[str], tables: str
) -> None:
    for step in steps:
        three.alembic(*step.split())
    assert database.tables() - {"alembic_version"} == {*tables}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("upgrade 2025010100000", "Can't locate revision identified by '2025010100000'"),
        ("upgrade 20991231", "Can't locate revision identified by '20991231'"),
        ("upgrade nonsense", "Can't locate revision identified by 'nonsense'"),
        ("downgrade -1", "Relative revision -1 didn't produce 1 migrations"),
        ("upgrade +9", "Relative revision +9 didn't produce 9 migrations"),
    ],
)
def test_a_target_that_is_none(three: Project, arguments: str, expected: str) -> None:
    assert expected in three.alembic(*arguments.split(), ok=False).stdout


def test_progress_on_stderr(three: Project) -> None:
    result = three.alembic("upgrade", "head")
    lines = [re.sub(r"\d+ ms", "N ms", line) for line in result.stderr.splitlines()]
    assert lines == [
        f"1/3  upgrade   {ONE}  make a  N ms",
        f"2/3  upgrade   {TWO}  make b  N ms",
        f"3/3  upgrade   {THREE}  make c  N ms",
        f"3 migrations in N ms; the database is at {THREE} (head)",
    ]
    assert result.stdout == ""
    assert three.alembic("-q", "downgrade", "base").stderr == ""


def test_current(three: Project) -> None:
    assert _current(three) == ""
    three.alembic("upgrade", "+1")
    assert _current(three) == f"{ONE}\n"
    three.alembic("upgrade", "head")
    assert _current(three) == f"{THREE} (head)\n"
    three.alembic("downgrade", "-1")
    assert three.alembic("current", "--check-heads", ok=False).returncode


def test_history(three: Project) -> None:
    three.alembic("upgrade", TWO)
    assert three.alembic("history").stdout.splitlines() == [
        f"{TWO} -> {THREE} (head), make c",
        f"{ONE} -> {TWO}, make b",
        f"<base> -> {ONE}, make a",
    ]
    assert f"{ONE} -> {TWO} (current), make b" in three.alembic("history", "-i").stdout
    assert f"Path: {three.folder}/sql/{ONE}_make_a.sql" in three.alembic("history", "-v").stdout
    ranged = three.alembic("history", "-r", f"{TWO}:{THREE}").stdout
    assert [line.split(",")[1] for line in ranged.splitlines()] == [" make c", " make b"]
    assert three.alembic("history", "-r", "current:").stdout.count("\n") == 2


def test_heads_show_and_branches(three: Project) -> None:
    assert three.alembic("heads").stdout == f"{THREE} (head)\n"
    assert three.alembic("branches").stdout == ""
    shown = three.alembic("show", TWO).stdout
    assert shown == (
        f"Rev: {TWO}\nParent: {ONE}\nPath: {three.folder}/sql/{TWO}_make_b.sql\n\n    make b\n\n"
    )


def test_stamp(three: Project, database: Database) -> None:
    three.alembic("stamp", TWO)
    assert _current(three) == f"{TWO}\n"
    assert database.tables() == {"alembic_version"}
    three.alembic("stamp", "head")
    three.alembic("stamp", ONE)
    assert _current(three) == f"{ONE}\n"
    three.alembic("stamp", "--purge", "head")
    assert _current(three) == f"{THREE} (head)\n"
    three.alembic("stamp", "base")
    assert _current(three) == ""


def test_ensure_version_makes_the_version_table_alone(three: Project, database: Database) -> None:
    three.alembic("ensure_version")
    assert database.tables() == {"alembic_version"}


@pytest.mark.parametrize(
    "arguments",
    ["current", "history -i", "history -r :current", "heads", "show head", "show current", "check"],
)
def test_looking_writes_nothing(three: Project, database: Database, arguments: str) -> None:
    three.alembic(*arguments.split(), ok=None)
    assert database.tables() == set()


def test_a_file_dropped_into_sql_is_the_next_revision(three: Project, database: Database) -> None:
    three.alembic("upgrade", "head")
    three.add("20250103000000", "CREATE TABLE d (i int);", "DROP TABLE d;", name="make_d")
    assert three.alembic("heads").stdout == "20250103000000 (head)\n"
    three.alembic("upgrade", "head")
    assert "d" in database.tables()
    assert not list(three.folder.rglob("versions"))


def test_an_empty_folder_is_no_error(project: Project) -> None:
    assert project.alembic("heads").stdout == ""
    assert project.alembic("upgrade", "head").stderr == "the database is at base (head)\n"
    assert project.alembic("history").stdout == ""


def test_check_compares_the_model_with_the_database(tmp_path: Path, migrated: Database) -> None:
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    assert project.alembic("check").stdout == "No new upgrade operations detected.\n"
    migrated.query("ALTER TABLE users DROP CONSTRAINT users_role_check")
    refused = project.alembic("check", ok=False)
    assert "users_role_check" in refused.stdout + refused.stderr


def test_check_passes_over_the_tables_of_other_components(
    tmp_path: Path, migrated: Database
) -> None:
    for name in ("prompts", "ratings", "sessions"):
        migrated.query(f"CREATE TABLE {name} (user_id uuid REFERENCES users)")
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    project.alembic("check")
    migrated.query("CREATE TABLE unknown (i int)")
    assert "unknown" in project.alembic("check", ok=False).stdout


def test_check_before_upgrade_says_so(three: Project) -> None:
    result = three.alembic("check", ok=False)
    assert result.stderr == (
        "the database is not up to date: it is at base, the newest migration is 20250102000003; "
        "run what is pending first: alembic upgrade head\n"
    )


def test_revision_writes_a_migration_named_by_the_time(three: Project) -> None:
    before = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    said = three.alembic("revision", "-m", "Add a Größe, 2nd!").stdout
    path = max((three.folder / "sql").iterdir())
    assert before <= path.name[:14] <= datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    assert path.name[14:] == "_add_a_grosse_2nd.sql" or path.name[14:] == "_add_a_groe_2nd.sql"
    assert str(path) in said
    assert [line for line in path.read_text().splitlines() if line] == ["-- UP", "-- DOWN"]
    assert three.alembic("heads").stdout == f"{path.name[:14]} (head)\n"


def test_a_prepared_migration_runs_only_once_it_is_written(
    three: Project, database: Database
) -> None:
    three.alembic("revision", "-m", "later")
    result = three.alembic("upgrade", "head", ok=False)
    assert re.match(r"sql/\d{14}_later\.sql:1:1: no statement follows `-- UP`", result.stderr)
    assert database.tables() == set()


def test_revisions_made_at_once_follow_each_other(three: Project) -> None:
    three.add("20991231235959", "SELECT 1;", name="far_away")
    three.alembic("revision", "-m", "next")
    assert three.alembic("heads").stdout == "21000101000000 (head)\n"


def test_revision_with_a_version_of_ones_own(three: Project) -> None:
    three.alembic("revision", "-m", "mine", "--rev-id", "20260101000000")
    assert (three.folder / "sql" / "20260101000000_mine.sql").exists()
    refused = three.alembic("revision", "-m", "late", "--rev-id", "20200101000000", ok=False)
    assert "20200101000000 cannot be the next version" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["merge", "heads"], "there is nothing to merge: migrations form one line"),
        (["merge", "-m", "x", ONE, TWO], "there is nothing to merge: migrations form one line"),
        (["revision", "-m", "x", "--splice"], "--splice has no meaning here"),
        (["revision", "-m", "x", "--head", ONE], "--head has no meaning here"),
        (["revision", "-m", "x", "--branch-label", "b"], "--branch-label has no meaning here"),
        (["revision", "-m", "x", "--depends-on", ONE], "--depends-on has no meaning here"),
        (["revision", "-m", "???"], "no name can be made of '???'"),
        (["revision"], "no name can be made of ''"),
    ],
)
def test_what_one_line_of_history_cannot_do(
    three: Project, arguments: list[str], expected: str
) -> None:
    result = three.alembic(*arguments, ok=False)
    said = result.stdout + result.stderr
    assert expected in said
    assert said.count("\n") == 1
    assert len(list((three.folder / "sql").iterdir())) == 3


def test_a_folder_that_cannot_be_written(three: Project) -> None:
    ini = three.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/sql", "/proc/self/fdinfo"))
    refused = three.alembic("revision", "-m", "x", ok=False)
    assert re.fullmatch(
        r"/proc/\S+/\d{14}_x\.sql: cannot be written: .*; make the folder writable\n",
        refused.stderr,
    )


@pytest.mark.parametrize("command", ["upgrade head", "current", "check"])
def test_an_option_that_is_misspelt(three: Project, command: str) -> None:
    ini = three.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("sql_location", "sql_lcoation"))
    said = three.alembic(*command.split(), ok=False)
    assert "sql_location is not set, so there is no migration to run" in said.stdout


def test_edit_opens_the_file(three: Project, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "%s" "$1" > "$0.opened"\n')
    editor.chmod(0o755)
    three.alembic("edit", TWO, EDITOR=str(editor))
    assert (tmp_path / "editor.opened").read_text() == f"{three.folder}/sql/{TWO}_make_b.sql"


def test_promptlib_migrate(three: Project, database: Database) -> None:
    three.promptlib("migrate", "+2")
    assert {"a", "b"} <= database.tables()
    three.promptlib("migrate")
    assert "c" in database.tables()
    three.add("20250103000000", "SELECT 1/0;")
    failed = three.promptlib("migrate", ok=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith("sql/20250103000000_x.sql:2:1: division by zero")


def test_promptlib_where_pyproject_toml_alone_is_the_configuration(
    three: Project, database: Database
) -> None:
    (three.folder / "alembic.ini").unlink()
    (three.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
    )
    three.promptlib("migrate")
    assert {"a", "b", "c"} <= database.tables()


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
        ["c", "0", "rows"], ["migration_events", "3", "rows"], ["migrations", "3", "rows"],
    ]  # fmt: skip


def test_promptlib_as_a_module_and_without_a_project(tmp_path: Path) -> None:
    helped = run("python", "-m", "promptlib", "--help")
    assert "promptlib migrate" in helped.stdout
    lost = run("promptlib", "migrate", folder=tmp_path, ok=False)
    assert lost.stderr.startswith("alembic.ini: there is no such file; go to the project's folder")
    assert not list(tmp_path.iterdir())
