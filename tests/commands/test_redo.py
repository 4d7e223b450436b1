"""`promptlib redo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.ledgers import states
from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    from support.databases import Database


def test_the_last_migration_runs_again(done: Project, database: Database) -> None:
    """As its file is now; the others stay."""
    database.query("INSERT INTO b VALUES (1)")
    done.add(THREE, "CREATE TABLE c (j text);", "DROP TABLE c;", name="make_c")
    said = done.promptlib("redo")
    assert "downgrade" in said.stderr
    assert f"the database is at {THREE} (head)" in said.stderr
    assert database.query("SELECT j FROM c") == []
    assert database.value("SELECT count(*) FROM b") == 1
    assert set(states(done).values()) == {"executed"}
    refused = done.promptlib("redo", "-n", "2", ok=False)
    assert refused.stderr.endswith("so nothing was changed; say --yes to go on\n")
    done.promptlib("redo", "-n", "2", "--yes")
    assert database.value("SELECT count(*) FROM b") == 0


def test_a_pending_migration_stays_so(done: Project) -> None:
    done.add("20250103000000", "SELECT 1;")
    done.promptlib("redo")
    assert states(done)["20250103000000"] == "pending"


def test_an_edited_down_is_shown_first(done: Project, database: Database) -> None:
    """The ledger's undoes what ran; the file's might not."""
    done.add(THREE, "CREATE TABLE d (i int);", "DROP TABLE d;", name="make_c")
    refused = done.promptlib("redo", ok=False)
    assert "DROP TABLE c;" in refused.stderr
    assert "c" in database.tables()
    done.promptlib("redo", "--kept-down")
    assert database.tables() & {"c", "d"} == {"d"}


@pytest.mark.parametrize("breaks", ["gone", "edited", "late"])
def test_what_could_not_run_again_is_not_taken_back(
    done: Project, database: Database, breaks: str
) -> None:
    folder = done.folder / "sql"
    if breaks == "gone":
        (folder / f"{THREE}_make_c.sql").unlink()
    elif breaks == "edited":
        done.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", name="make_a")
    else:
        done.add("20250101000000", "SELECT 1;")
    assert done.promptlib("redo", ok=False).returncode == 2
    assert {"a", "b", "c"} <= database.tables()
    assert database.value("SELECT count(*) FROM migrations") == 3


def test_an_up_that_fails_now(done: Project, database: Database) -> None:
    done.add(THREE, "CREATE TABLE c (i nothing);", "DROP TABLE c;", name="make_c")
    failed = done.promptlib("redo", ok=False)
    assert "its DOWN section has run; mend the file, then run it: promptlib migrate" in (
        failed.stderr
    )
    assert states(done) == {ONE: "executed", TWO: "executed", THREE: "pending"}
    assert "c" not in database.tables()


def test_nothing_to_redo(three: Project) -> None:
    assert "so none can be taken back" in three.promptlib("redo", ok=False).stderr
