"""`promptlib status`: where each migration stands, for people and as a document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support.holding import Hold
from support.projects import ONE, THREE, TWO
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_ROW = ["version", "name", "state", "executed_at", "execution_ms", "executed_by", "checksum"]


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
    found = three.document("status")
    rows = found.pop("migrations")
    assert found == {
        "database": database.name, "url": database.url, "current": TWO, "head": THREE,
        "available": 3, "executed": 2, "pending": 1, "late": 0, "edited": 0, "missing": 0,
        "unknown": 0, "half_done": [], "deploys": [], "repeatable": [],
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


def test_drift_is_told_and_does_no_harm(drifted: Project, database: Database) -> None:
    before = database.query("SELECT * FROM migration_events ORDER BY id")
    result = drifted.promptlib("status")
    rows = [line.split() for line in result.stdout.splitlines()[1:-1]]
    for row, state in zip(rows, ("late", "edited", "missing", "pending"), strict=True):
        assert state in row
    assert "4 migrations: 1 pending, 1 late, 1 edited, 1 missing" in result.stdout
    for said in ("never ran here; rename it", "was edited after", "the file is gone; restore"):
        assert said in result.stderr
    counts = drifted.document("status")
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
    assert three.document("status")["half_done"] == [
        {"version": ONE, "direction": "up", "statements_done": 1}
    ]


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_colour_is_for_terminals(three: Project, variables: dict[str, str]) -> None:
    assert "\x1b" not in three.promptlib("status").stdout
    with Terminal(three, "status", **variables) as terminal:
        screen = terminal.ends(0)
    assert ("\x1b[33mpending\x1b[0m" in screen) == (not variables)
    assert terminal.plain.splitlines() == three.promptlib("status").stdout.splitlines()


def test_what_ran_is_read_at_one_moment(three: Project, database: Database) -> None:
    """Two terminals: one deploys while the other looks, who sees all of a migration or nothing."""
    three.promptlib("migrate", TWO)
    three.add(THREE, "CREATE TABLE c (i int); SELECT pg_advisory_lock(7);", name="make_c")
    with (
        Hold(database, "SELECT pg_advisory_xact_lock(7)") as hold,
        three.start("promptlib", "migrate") as deploy,
    ):
        hold.blocks()
        found = three.document("status")
        assert (found["current"], found["executed"], found["pending"]) == (TWO, 2, 1)
        assert three.promptlib("pending").stdout == f"{THREE}  make c\n"
        hold.release()
        deploy.ends()
    assert three.document("status")["current"] == THREE
