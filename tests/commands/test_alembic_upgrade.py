"""`alembic upgrade` and `downgrade` do what their user expects, without Python files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    from support.databases import Database


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


def test_a_file_dropped_into_sql_is_the_next_revision(three: Project, database: Database) -> None:
    three.alembic("upgrade", "head")
    three.add("20250103000000", "CREATE TABLE d (i int);", "DROP TABLE d;", name="make_d")
    assert three.alembic("heads").stdout == "20250103000000 (head)\n"
    three.alembic("upgrade", "head")
    assert "d" in database.tables()
    assert not list(three.folder.rglob("versions"))


def test_an_empty_folder_is_no_error(project: Project) -> None:
    assert project.alembic("heads").stdout == ""
    assert (
        project.alembic("upgrade", "head").stderr == "the database is at base, without migrations\n"
    )
    assert project.alembic("history").stdout == ""


@pytest.mark.parametrize("command", ["upgrade head", "current", "check"])
def test_an_option_that_is_misspelt(three: Project, command: str) -> None:
    ini = three.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("sql_location", "sql_lcoation"))
    said = three.alembic(*command.split(), ok=False)
    assert "sql_location is not set, so there is no migration to run" in said.stdout
