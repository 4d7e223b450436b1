"""Repeatable files run behind the migrations of a deploy, whenever they have to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptlib import Migrator, StatementError
from promptlib.files.repeatable import FOLDER
from support.projects import ONE, TWO, Project
from support.psql import psql

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

_VIEW = "CREATE OR REPLACE VIEW {0} AS SELECT {1} AS x;"
_ROWS = """
    SELECT version || ' ' || direction || ' ' || outcome FROM migration_events
     WHERE version LIKE 'repeatable/%' ORDER BY id
"""


class _Repeating:
    """A project with repeatable files, and its database."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.project = Project.copy(folder, database.url)
        (self.project.folder / "sql" / FOLDER).mkdir()
        self.project.add(1, "CREATE TABLE t (a int);", "DROP TABLE t CASCADE;")

    def write(self, name: str, text: str) -> None:
        self.project.write(f"{FOLDER}/{name}.sql", text)

    def remove(self, name: str) -> None:
        (self.project.folder / "sql" / FOLDER / f"{name}.sql").unlink()

    def open(self) -> Migrator:
        config = str(self.project.folder / "alembic.ini")
        return Migrator(self.database.url, config=config, progress=self.told)

    def told(self, event: Any) -> None:
        self.events.append(event.message)

    def migrate(self, to: str = "head") -> list[str]:
        """Which steps ran."""
        self.events: list[str] = []
        with self.open() as migrator:
            return [each.version for each in migrator.migrate(to).ran]

    def states(self) -> dict[str, str]:
        with self.open() as migrator:
            return {each.name: str(each.state) for each in migrator.status().repeatable}

    def x(self, view: str) -> Any:
        return self.database.value(f"SELECT x FROM {view}")


@pytest.fixture
def repeating(tmp_path: Path, database: Database) -> _Repeating:
    made = _Repeating(tmp_path, database)
    made.write("a", _VIEW.format("a", 1))
    made.write("b", _VIEW.format("b", 1))
    return made


def test_they_run_behind_the_migrations_and_then_when_they_change(repeating: _Repeating) -> None:
    assert repeating.migrate() == [ONE, "repeatable/a", "repeatable/b"]
    assert repeating.migrate() == []
    repeating.write("b", _VIEW.format("b", 2))
    assert repeating.states() == {"a": "executed", "b": "changed"}
    assert repeating.migrate() == ["repeatable/b"]
    assert (repeating.x("a"), repeating.x("b")) == (1, 2)
    assert repeating.states() == {"a": "executed", "b": "executed"}
    repeating.write("b", _VIEW.format("b", 2).replace("\n", "\r\n") + "\r\n")
    assert repeating.migrate() == []  # which says the same


def test_short_of_head_they_wait_and_the_deploy_says_so(repeating: _Repeating) -> None:
    repeating.project.add(2, "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;")
    assert repeating.migrate(ONE) == [ONE]
    assert "repeatable files wait until the database is at head: a, b" in repeating.events
    assert repeating.migrate("+1") == [TWO, "repeatable/a", "repeatable/b"]


def test_one_runs_again_when_one_that_it_is_after_does(repeating: _Repeating) -> None:
    repeating.write("b", "-- after: a\n" + _VIEW.format("b", "(SELECT x FROM a)"))
    repeating.write("c", _VIEW.format("c", 1))
    repeating.migrate()
    drop = "DROP VIEW a CASCADE;\n"
    repeating.write("a", drop + _VIEW.format("a", "1.5"))
    assert repeating.migrate() == ["repeatable/a", "repeatable/b", "repeatable/c"]  # for CASCADE
    repeating.write("a", drop.replace(" CASCADE", "") + _VIEW.format("a", 3))
    with pytest.raises(StatementError, match="depends on"):
        repeating.migrate()
    repeating.write("a", _VIEW.format("a", "2.5"))
    assert repeating.migrate() == ["repeatable/a", "repeatable/b"]


def test_what_a_migration_drops_is_made_again_in_the_same_deploy(repeating: _Repeating) -> None:
    repeating.migrate()
    repeating.project.add(2, "DROP VIEW a; ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;")
    assert repeating.migrate() == [TWO, "repeatable/a"]
    assert repeating.x("a") == 1


def test_what_a_migration_drops_is_pending_where_the_deploy_did_not_get_to_it(
    repeating: _Repeating,
) -> None:
    repeating.write("b", "GRANT SELECT ON t TO PUBLIC;")
    repeating.migrate()
    repeating.project.add(2, "DROP VIEW a;", "SELECT 1;")
    repeating.project.add(3, "SELECT 1 / 0;", "SELECT 1;")
    with pytest.raises(StatementError):
        repeating.migrate()
    assert repeating.states() == {"a": "pending", "b": "pending"}
    repeating.project.add(3, "SELECT 1;", "SELECT 1;")
    assert repeating.migrate()[1:] == ["repeatable/a", "repeatable/b"]
    assert repeating.x("a") == 1


def test_a_failed_one_leaves_nothing_and_the_migrations_stay(repeating: _Repeating) -> None:
    repeating.write("a", _VIEW.format("a", 1) + "CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(StatementError, match=r"division by zero") as caught:
        repeating.migrate()
    assert caught.value.place.endswith("a.sql:1:65")
    assert repeating.database.value("SELECT to_regclass('half')") is None
    assert repeating.states() == {"a": "pending", "b": "pending"}
    assert repeating.database.query(_ROWS) == [("repeatable/a up failed",)]
    repeating.write("a", _VIEW.format("a", 1))
    assert repeating.migrate() == ["repeatable/a", "repeatable/b"]


@pytest.mark.parametrize(
    ("statement", "remedy"),
    [
        ("VACUUM;", "put it into a migration: -- UP transaction:false; or take it out"),
        ("CREATE TABLE t ();", "write CREATE OR REPLACE, or DROP ... IF EXISTS before it"),
    ],
)
def test_what_to_do_is_told_without_a_marker_or_a_version(
    repeating: _Repeating, statement: str, remedy: str
) -> None:
    repeating.write("b", statement)
    said = repeating.project.promptlib("migrate", ok=False).stderr
    assert remedy in said
    assert "run promptlib migrate again when it is mended" in said


def test_nothing_runs_where_one_of_them_is_broken(repeating: _Repeating) -> None:
    repeating.write("b", "-- after: nobody\nSELECT 1;")
    with pytest.raises(Exception, match=r"there is no repeatable/nobody\.sql"):
        repeating.migrate()
    assert repeating.database.value("SELECT to_regclass('t')") is None


def test_one_that_is_gone_is_told_and_keeps_nobody_waiting(repeating: _Repeating) -> None:
    repeating.migrate()
    repeating.remove("a")
    assert repeating.states() == {"b": "executed", "a": "gone"}
    assert repeating.migrate() == []
    assert repeating.x("a") == 1


def test_a_rollback_leaves_them_and_says_so(repeating: _Repeating) -> None:
    repeating.write("b", _VIEW.format("b", "(SELECT max(a) FROM t)"))
    repeating.migrate()
    repeating.events = []
    with repeating.open() as migrator:
        migrator.rollback()
    assert "repeatable files are left as they are: a, b" in repeating.events
    assert repeating.x("a") == 1
    # its DOWN dropped what others may depend on
    assert repeating.states() == {"a": "pending", "b": "pending"}
    assert repeating.migrate() == [ONE, "repeatable/a", "repeatable/b"]
    assert repeating.x("b") is None


def test_they_are_native_to_alembic(repeating: _Repeating) -> None:
    said = repeating.project.alembic("upgrade", "head").stderr
    assert [line.split()[1:3] for line in said.splitlines() if "/3 " in line] == [
        ["upgrade", ONE],
        ["repeatable", "a"],
        ["repeatable", "b"],
    ]
    assert "1 migration and 2 repeatable files in " in said
    repeating.write("a", _VIEW.format("a", 2))
    repeating.project.alembic("upgrade", "head")
    assert repeating.x("a") == 2
    said = repeating.project.alembic("downgrade", "-1").stderr
    assert "repeatable files are left as they are: a, b" in said


def test_scripts_for_psql_run_and_record_them(repeating: _Repeating) -> None:
    for script in (
        repeating.project.alembic("upgrade", "head", "--sql").stdout,
        repeating.project.promptlib("migrate", "--dry-run").stdout,
    ):
        database = repeating.database.server.create()
        psql(database, script)
        repeating.database, before = database, repeating.database
        assert repeating.states() == {"a": "executed", "b": "executed"}
        assert repeating.migrate() == []
        repeating.database = before


def test_status_and_pending_tell_of_them(repeating: _Repeating) -> None:
    said = repeating.project.promptlib("status").stdout.splitlines()
    assert said[-1] == (
        "1 migration: 1 pending; 2 repeatable files: 2 pending; the database is at base"
    )
    assert repeating.project.promptlib("pending").stdout.splitlines()[-1] == "repeatable      b"
    assert repeating.project.document("pending")["repeatable"] == [
        {"name": "a", "state": "pending"},
        {"name": "b", "state": "pending"},
    ]
    assert repeating.project.promptlib("status", "--exit-code", ok=False).returncode == 1
    repeating.migrate()
    assert repeating.project.promptlib("pending").stdout == ""
    assert repeating.project.promptlib("status", "--exit-code").returncode == 0
    (first, _) = repeating.project.document("status")["repeatable"]
    assert (first["name"], first["state"], first["executed_by"]) == ("a", "executed", "postgres")
