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
        terminal.says("repair? [y/N]")
        for said in ("make_a.sql: its UP section is not", "make_b.sql: the file", "from " + THREE):
            assert said in terminal.screen
        terminal.type("no")
        terminal.ends(1)
    assert _ledger(database) == before
    unlike.promptlib("repair", "--yes")
    ((version,),), ((row, checksum, down),) = _ledger(database)
    assert (version, row) == (ONE, ONE)
    assert checksum != before[1][0][1]
    assert "-- new" in down
    assert states(unlike) == {ONE: "executed"}
    events = database.query(
        "SELECT version, direction FROM migration_events WHERE outcome = 'repaired' ORDER BY id"
    )
    assert events == [(ONE, "up"), (TWO, "down"), (THREE, "down")]
    again = unlike.promptlib("repair")
    assert again.stderr == "there is nothing to repair\n"
    assert unlike.promptlib("migrate").stderr == f"the database is at {ONE} (head)\n"
    unlike.promptlib("rollback")


def test_repair_does_only_what_it_said(unlike: Project, database: Database) -> None:
    before = _ledger(database)
    with Terminal(unlike, "repair") as terminal:
        terminal.says("repair? [y/N]")
        unlike.add(ONE, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
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
