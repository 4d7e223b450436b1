"""`promptlib repair`: the files are taken for right, when somebody agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.ledgers import states
from support.projects import ONE, THREE, TWO, Project
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


@pytest.fixture
def unlike(done: Project) -> Project:
    """A project with an edited and two missing migrations, the newest among them."""
    done.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a; -- new", name="make_a")
    (done.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    (done.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    return done


def _ledger(database: Database) -> Any:
    versions = database.query("SELECT version_num FROM alembic_version")
    return versions, database.query("SELECT id, checksum, down_sql FROM migrations ORDER BY id")


def test_repair_takes_the_files_for_right(unlike: Project, database: Database) -> None:
    before = _ledger(database)
    refused = unlike.promptlib("repair", ok=False)
    assert refused.returncode == 2
    with Terminal(unlike, "repair") as terminal:
        for question, said in (
            ("take the file for what ran? [y/N]", "+CREATE TABLE a (i bigint);"),
            ("forget it? [y/N]", "make_b.sql: it ran here"),
            ("what ran before it\nforget it? [y/N]", "make_c.sql: it ran here"),
        ):
            terminal.says(question)
            assert said in terminal.screen
            terminal.type("no")
        assert terminal.ends(1).count("it stays as it is") == 3
    assert _ledger(database) == before
    with Terminal(unlike, "repair") as terminal:
        for answer in "nny":
            terminal.says("[y/N]")
            terminal.type(answer)
        assert f"repaired {THREE}; the database is at {TWO}" in terminal.ends(1)
    assert states(unlike) == {ONE: "edited", TWO: "missing"}
    unlike.promptlib("repair", "--yes")
    ((version,),), ((row, checksum, down),) = _ledger(database)
    assert (version, row) == (ONE, ONE)
    assert checksum != before[1][0][1]
    assert "-- new" in down
    assert states(unlike) == {ONE: "executed"}
    events = database.query(
        "SELECT version, direction FROM migration_events WHERE outcome = 'repaired' ORDER BY id"
    )
    assert events == [(THREE, "down"), (ONE, "up"), (TWO, "down")]
    again = unlike.promptlib("repair")
    assert again.stderr == "there is nothing to repair\n"
    assert unlike.promptlib("migrate").stderr == f"the database is at {ONE} (head)\n"
    unlike.promptlib("rollback")


def test_repair_does_only_what_it_said(unlike: Project, database: Database) -> None:
    before = _ledger(database)
    with Terminal(unlike, "repair") as terminal:
        terminal.says("[y/N]")
        unlike.add(ONE, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
        terminal.type("y")
        terminal.type("y")
        terminal.type("y")
        assert "have changed meanwhile" in terminal.ends(2)
    assert _ledger(database) == before


def test_repair_waits_for_a_deploy(unlike: Project, database: Database) -> None:
    from promptlib.ledger.lock import lock_key

    unlike.configure(deploy_wait="0s")
    number = lock_key("public", "alembic_version")
    with database.connect() as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (number,))
        refused = unlike.promptlib("repair", "--yes", ok=False)
    assert "another deploy has not ended within 0s" in refused.stderr
    assert "missing" in states(unlike).values()
