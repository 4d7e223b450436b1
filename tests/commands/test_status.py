"""The commands of `promptlib` that change nothing: status, pending, executed, history."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from support.processes import until
from support.projects import ONE, THREE, TWO, environment_with, path_of
from support.terminals import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project

LATE = "20250101000001"
_ROW = ["version", "name", "state", "executed_at", "execution_ms", "executed_by", "checksum"]


@pytest.fixture
def drifted(three: Project) -> Project:
    """A project with a migration in each state."""
    three.promptlib("migrate", TWO)
    three.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", name="make_a")
    (three.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    three.add("20250101000000", "SELECT 1;", name="forgotten")
    return three


def _json(project: Project, *command: str, ok: bool | None = True) -> Any:
    return json.loads(project.promptlib(*command, "--json", ok=ok).stdout)


def test_status_tells_where_each_migration_stands(three: Project) -> None:
    before = three.promptlib("status").stdout.splitlines()
    assert before == [
        "VERSION         NAME    STATE    EXECUTED AT  TOOK  BY",
        f"{ONE}  make a  pending  -            -     -",
        f"{TWO}  make b  pending  -            -     -",
        f"{THREE}  make c  pending  -            -     -",
        "3 migrations: 3 pending; the database is at base",
    ]
    three.promptlib("up", TWO)
    *rows, summary = three.promptlib("status").stdout.splitlines()
    assert [row.split()[3] for row in rows[1:]] == ["executed", "executed", "pending"]
    assert rows[1].split()[-1] == "postgres"
    assert summary == f"3 migrations: 2 executed, 1 pending; the database is at {TWO}"


def test_status_as_a_document(three: Project, database: Database) -> None:
    three.promptlib("migrate", TWO)
    found = _json(three, "status")
    rows = found.pop("migrations")
    assert found == {
        "database": database.name, "url": database.url, "current": TWO, "head": THREE,
        "available": 3, "executed": 2, "pending": 1, "late": 0, "edited": 0, "missing": 0,
        "half_done": [],
    }  # fmt: skip
    assert [list(row) for row in rows] == [_ROW] * 3
    assert [row["state"] for row in rows] == ["executed", "executed", "pending"]
    assert [row["name"] for row in rows] == ["make a", "make b", "make c"]
    done, *_, waiting = rows
    ((when, took, who, checksum),) = database.query(
        "SELECT executed_at, execution_ms, executed_by, checksum FROM migrations WHERE id = %s", ONE
    )
    said = datetime.fromisoformat(done["executed_at"])
    assert done["executed_at"].endswith("Z")
    assert said == when.astimezone(UTC).replace(microsecond=when.microsecond // 1000 * 1000)
    assert (done["execution_ms"], done["executed_by"], done["checksum"]) == (took, who, checksum)
    assert [waiting[key] for key in _ROW[3:6]] == [None] * 3
    assert len(waiting["checksum"]) == 64


def _keys(found: Any) -> set[str]:
    """Every key of a document."""
    if isinstance(found, list):
        return {key for each in found for key in _keys(each)}
    if isinstance(found, dict):
        return {*found}.union(*map(_keys, found.values()))
    return set()


def test_the_readme_tells_of_every_key(three: Project, root: Path) -> None:
    three.promptlib("migrate", ONE)
    section = (root / "README.md").read_text(encoding="utf-8").partition("### promptlib\n")[2]
    for command in ("status", "pending", "executed", "history", "db test"):
        keys = _keys(_json(three, *command.split()))
        assert {key for key in keys if f'"{key}"' not in section} == set()


def test_drift_is_told_and_does_no_harm(drifted: Project, database: Database) -> None:
    before = database.query("SELECT * FROM migration_events ORDER BY id")
    result = drifted.promptlib("status")
    rows = [line.split() for line in result.stdout.splitlines()[1:-1]]
    for row, state in zip(rows, ("late", "edited", "missing", "pending"), strict=True):
        assert state in row
    assert "4 migrations: 1 pending, 1 late, 1 edited, 1 missing" in result.stdout
    for said in ("never ran here; rename it", "was edited after", "the file is gone; restore"):
        assert said in result.stderr
    counts = _json(drifted, "status")
    assert [counts[key] for key in ("late", "edited", "missing", "pending", "executed")] == [
        *(1, 1, 1, 1, 0)
    ]
    assert database.query("SELECT * FROM migration_events ORDER BY id") == before


def test_exit_code(three: Project) -> None:
    assert three.promptlib("status", "--exit-code", ok=False).returncode == 1
    three.promptlib("migrate")
    three.promptlib("status", "--exit-code")
    path = three.add(ONE, "CREATE TABLE other (i int);", name="make_a")
    assert three.promptlib("status", "--exit-code", "--json", ok=False).returncode == 1
    path.unlink()
    assert three.promptlib("status", "--exit-code", ok=False).returncode == 1


def test_pending_and_executed(drifted: Project) -> None:
    assert drifted.promptlib("pending").stdout.splitlines() == [
        "20250101000000  forgotten  late", f"{THREE}  make c",
    ]  # fmt: skip
    assert _json(drifted, "pending") == {
        "pending": [
            {"version": "20250101000000", "name": "forgotten", "state": "late"},
            {"version": THREE, "name": "make c", "state": "pending"},
        ]
    }
    lines = [line.split() for line in drifted.promptlib("executed").stdout.splitlines()]
    assert [(line[0], line[-1]) for line in lines] == [(ONE, "edited"), (TWO, "missing")]
    rows = _json(drifted, "executed")["executed"]
    assert rows == _json(drifted, "status")["migrations"][1:3]


def test_a_migration_of_which_nobody_knows_when_it_ran(three: Project, database: Database) -> None:
    three.alembic("stamp", ONE)
    line = three.promptlib("executed").stdout.split()
    assert line == [ONE, "make", "a", "-", "-", "-"]
    (row,) = _json(three, "executed")["executed"]
    assert [row[key] for key in _ROW[3:6]] == [None] * 3
    database.query("DROP TABLE migrations, migration_events")
    assert _json(three, "status")["executed"] == 1
    assert _json(three, "history") == {"events": []}


def test_history_keeps_failures(three: Project) -> None:
    three.promptlib("migrate", ONE)
    three.add(TWO, "INSERT INTO a\nVALUES (1 / 0);", name="make_b")
    three.promptlib("migrate", ok=False)
    three.promptlib("rollback")
    events = _json(three, "history")["events"]
    assert [(each["version"], each["direction"], each["outcome"]) for each in events] == [
        (ONE, "up", "done"), (TWO, "up", "failed"), (ONE, "down", "done"),
    ]  # fmt: skip
    assert list(events[0]) == [
        *("version", "direction", "started_at", "finished_at", "outcome", "executed_by", "error")
    ]
    assert "division by zero" in events[1]["error"]
    assert _json(three, "history", ONE)["events"] == [events[0], events[2]]
    lines = three.promptlib("history", TWO[:14]).stdout.splitlines()
    assert "division by zero" in lines[1]
    assert len(lines) == 2
    assert three.promptlib("history", THREE).stdout == ""
    unknown = three.promptlib("history", "2024", ok=False)
    assert unknown.returncode == 2
    assert "no migration has a version that begins with '2024'" in unknown.stderr


def test_a_section_that_was_cut_off(three: Project) -> None:
    three.write(
        f"{ONE}_make_a.sql",
        "-- UP transaction:false\nCREATE TABLE a (i int);\nSELECT 1/0;\n-- DOWN\nDROP TABLE a;\n",
    )
    three.promptlib("migrate", ok=False)
    result = three.promptlib("status", "--exit-code", ok=False)
    assert result.stdout.splitlines()[-1] == (
        f"the UP section of {ONE} was cut off after statement 1: promptlib migrate finishes it, "
        "promptlib rollback undoes it"
    )
    assert _json(three, "status")["half_done"] == [
        {"version": ONE, "direction": "up", "statements_done": 1}
    ]


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_colour_is_for_terminals(three: Project, variables: dict[str, str]) -> None:
    assert "\x1b" not in three.promptlib("status").stdout
    with Terminal(three, "status", **variables) as terminal:
        screen = terminal.ends(0)
    assert ("\x1b[33mpending\x1b[0m" in screen) == (not variables)
    assert terminal.plain.splitlines() == three.promptlib("status").stdout.splitlines()


def test_a_reader_may_leave(three: Project) -> None:
    for number in range(4, 40):
        three.add(f"202501030000{number:02}", "SELECT 1;")
    three.promptlib("migrate")
    for command in ("status", "status --json", "history", "executed"):
        line = f"{path_of('promptlib')} {command} | head -1"
        result = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            cwd=three.folder,
            env=environment_with({"DATABASE_URL": three.url}),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (result.stderr, result.returncode) == ("", 0)
        assert result.stdout.count("\n") == 1


def test_what_is_asked_often_loads_no_alembic(three: Project) -> None:
    three.promptlib("migrate")
    code = (
        "import sys; from promptlib.cli import main; code = main.main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr);"
        "sys.exit(code)"
    )
    for command in ("status", "pending", "executed", "history", "db test", "migrate"):
        result = subprocess.run(
            [sys.executable, "-c", code, *command.split()],
            cwd=three.folder,
            env=environment_with({"DATABASE_URL": three.url}),
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        loaded = set(result.stderr.splitlines()[-1].split())
        assert "psycopg2" in loaded
        assert not loaded & {"alembic", "sqlalchemy", "dotenv"}


def test_what_ran_is_read_at_one_moment(three: Project, database: Database) -> None:
    """Two terminals: one deploys while the other looks, who sees all of a migration or nothing."""
    three.promptlib("migrate", TWO)
    three.add(THREE, "CREATE TABLE c (i int); SELECT pg_advisory_lock(7);", name="make_c")
    with database.connect() as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        with three.start("promptlib", "migrate") as deploy:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            until(lambda: database.value(waiting))
            found = _json(three, "status")
            assert (found["current"], found["executed"], found["pending"]) == (TWO, 2, 1)
            assert three.promptlib("pending").stdout == f"{THREE}  make c\n"
            cursor.execute("SELECT pg_advisory_unlock(7)")
            deploy.ends()
    assert _json(three, "status")["current"] == THREE


def test_an_empty_folder(project: Project, database: Database, tmp_path: Path) -> None:
    assert project.promptlib("status").stdout == "0 migrations; the database is at base (head)\n"
    assert project.promptlib("pending").stdout == ""
    assert _json(project, "status")["head"] is None
    assert _json(project, "executed") == {"executed": []}
    assert _json(project, "db", "test")["ok"] is True
    assert database.tables() == set()
    assert project.promptlib("migrate", "--dry-run").stdout.count("CREATE TABLE") >= 2
    assert project.promptlib("migrate").stderr == "the database is at base (head)\n"
    assert (tmp_path / "sql").exists()
