"""One broken file anywhere in sql/ stops a deploy before anything is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.projects import full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_BROKEN = [
    pytest.param("20250103000000_x.sql", "-- UP\nSELECT 1;\n", ":2:9: the line `-- DOWN` is miss"),
    pytest.param("20250103000000_x.sql", "-- UP\nSELECT 'a;\n-- DOWN\nx", ":2:8: this quote is"),
    pytest.param("20250103000000_x.sql", "-- UP\nCOMMIT;\n-- DOWN\nx", ":2:1: COMMIT is not for"),
    pytest.param("20250103000000_x.sql", "-- UP x:1\nSELECT 1;\n-- DOWN\nx", ":1:1: `-- UP` has"),
    pytest.param("20250103000000_x.sql", b"-- UP\nSELECT '\xff';\n", ":2:9: this is not UTF-8"),
    pytest.param("20251303000000_x.sql", "", ": no such date and time; rename it to YYYYMMDD"),
    pytest.param("20250103_x.sql", "", ": not the name of a migration; rename it to YYYYMMDD"),
    pytest.param("20250101000001_y.sql", "", ": sql/20250101000001_x.sql has the same version"),
]


@pytest.mark.parametrize(("name", "content", "expected"), _BROKEN)
def test_nothing_is_applied(
    project: Project, name: str, content: str | bytes, expected: str
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.write(name, content)
    for command in ("upgrade 20250101000001", "stamp head"):
        result = project.alembic(*command.split(), ok=False)
        assert result.stderr.startswith(f"sql/{name}{expected}")
        assert result.stdout == ""
    (project.folder / "sql" / name).unlink()
    assert project.alembic("current").stdout == ""


def test_a_downgrade_is_stopped_too(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;")
    project.alembic("upgrade", "head")
    project.write("20250103000000_x.sql", "-- UP\n")
    project.alembic("downgrade", "base", ok=False)
    assert "a" in database.tables()


def test_every_broken_file_is_named_at_once(project: Project) -> None:
    project.write("20250101000001_x.sql", "-- UP\nSELECT 1;\n")
    project.write("20250101000002_x.sql", "-- UP\nSELECT $$;\n")
    said = project.alembic("upgrade", "head", ok=False).stderr.splitlines()
    assert [line.split(": ")[0] for line in said] == [
        "sql/20250101000001_x.sql:2:9",
        "sql/20250101000002_x.sql:2:8",
    ]


def test_a_folder_that_is_not_there(project: Project) -> None:
    (project.folder / "sql").rmdir()
    for command in ("heads", "upgrade head", "history"):
        said = project.alembic(*command.split(), ok=False)
        assert said.stderr == (
            "sql: the migrations cannot be listed: No such file or directory; set sql_location in "
            "alembic.ini to the folder that holds them\n"
        )


def test_other_files_are_left_alone(project: Project) -> None:
    project.add(1, "SELECT 1;")
    for name in ("README.md", ".20250101000009_x.sql", "20250101000009_x.sql.bak", "x.sql~"):
        project.write(name, "nonsense")
    assert project.alembic("heads").stdout == "20250101000001 (head)\n"


def test_migrations_in_folders_are_one_line(project: Project, database: Database) -> None:
    for folder in ("2024", "billing/new", ".drafts"):
        (project.folder / "sql" / folder).mkdir(parents=True)
    below = project.add(2, "ALTER TABLE a ADD b int;", "ALTER TABLE a DROP b;", name="b")
    below.rename(below := project.folder / "sql" / "2024" / below.name)
    deep = project.add(3, "ALTER TABLE a ADD c int;", "ALTER TABLE a DROP c;", name="c")
    deep.rename(deep := project.folder / "sql" / "billing/new" / deep.name)
    draft = project.add(4, "SELECT 1/0;")
    draft.rename(project.folder / "sql" / ".drafts" / draft.name)
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;", name="a")
    project.promptlib("migrate", "+2")
    project.alembic("upgrade", "head")
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0"
    assert database.query(columns) == [("i",), ("b",), ("c",)]
    ran = [each["version"] for each in project.document("executed")["executed"]]
    assert ran == [full(1), full(2), full(3)]
    # A file may be moved to another folder: it is the same migration.
    below.rename(below := project.folder / "sql" / "billing" / below.name)
    assert project.promptlib("status").stderr == ""
    deep.write_text(deep.read_text().replace("c int", "c bigint"), encoding="utf-8")
    below.unlink()
    said = project.promptlib("migrate", ok=False).stderr
    assert f"sql/billing/new/{full(3)}_c.sql: " in said
    assert f"sql/**/{full(2)}_b.sql: " in said
    deep.write_text("-- UP\nSELECT;;\nSELCT 1;\n-- DOWN\n", encoding="utf-8")
    refused = project.promptlib("lint", ok=None).stdout
    assert f"sql/billing/new/{full(3)}_c.sql:4:1: format: " in refused
