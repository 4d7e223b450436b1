"""A deploy that runs now, and one that died, as those see it who look."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from promptlib import Migrator
from support import pooler
from support.holding import Hold
from support.processes import until
from support.projects import ONE, TWO, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

_OPTIONS = ("-x", "lock_timeout=1min", "upgrade", "head")


@pytest.fixture
def gated(project: Project, database: Database) -> Project:
    """A project of three migrations, the second of which waits for the table `gate`."""
    database.query("CREATE TABLE gate ()")
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, "INSERT INTO a VALUES (1);\nLOCK TABLE gate;\nINSERT INTO a VALUES (2);")
    project.add(3, "CREATE TABLE c (i int);")
    return project


def _look(project: Project) -> str:
    (line,) = (
        each for each in project.promptlib("status").stdout.splitlines() if "a deploy by" in each
    )
    (other,) = (
        each for each in project.promptlib("history").stdout.splitlines() if "a deploy by" in each
    )
    assert [part.split(" for ")[0] for part in line.split(";")] == [
        part.split(" for ")[0] for part in other.split(";")
    ]
    return line


@pytest.mark.parametrize("marker", ["", " transaction:false"])
def test_one_that_runs_and_died_then(gated: Project, database: Database, marker: str) -> None:
    path = gated.folder / "sql" / f"{TWO}_x.sql"
    path.write_text(path.read_text().replace("-- UP", f"-- UP{marker}"))
    with Hold(database, "LOCK TABLE gate") as gate:
        with gated.start("alembic", *_OPTIONS) as it:
            pid = gate.blocks()
            line = _look(gated)
            assert line.startswith(
                f"a deploy by postgres runs: migrate from base to {full(3)}; since 20"
            )
            assert f"; at {TWO}, statement 2 of 3; pid {pid} (promptlib, " in line
            assert f"; blocked by pid {gate.pid} (test, " in line
            (found,) = gated.document("status")["deploys"]
            assert (found["runs"], found["version"], found["or_later"]) == (True, TWO, False)
            it.signal(signal.SIGKILL)
            it.ends(-signal.SIGKILL)
        gate.release()
    until(lambda: not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))
    line = _look(gated)
    assert line.startswith(f"a deploy by postgres died: migrate from base to {full(3)}; begun at 2")
    assert (f"; it was at {TWO}, statement 2 of 3" in line) == bool(marker)
    gated.alembic("upgrade", "head")
    assert "a deploy by" not in gated.promptlib("status").stdout
    assert "a deploy by postgres died: migrate from base to" in gated.promptlib("history").stdout
    outcomes = [each["outcome"] for each in gated.document("history")["deploys"]]
    assert outcomes == ["died", "done"]


def test_a_rollback_that_runs(gated: Project, database: Database) -> None:
    gated.alembic("upgrade", "head")
    path = gated.folder / "sql" / f"{full(3)}_x.sql"
    path.write_text("-- UP\nCREATE TABLE c (i int);\n-- DOWN\nLOCK TABLE gate;\nDROP TABLE c;\n")
    with (
        Hold(database, "LOCK TABLE gate") as gate,
        gated.start("alembic", "-x", "lock_timeout=1min", "downgrade", ONE) as it,
    ):
        gate.blocks()
        assert f"rollback from {full(3)} to {ONE}; since" in _look(gated)
        assert f"; at {full(3)}, statement 1 of 2 or later; pid " in _look(gated)
        gate.release()
        it.ends()


def test_through_a_pooler_the_lock_says_whether_it_runs(
    gated: Project, database: Database, server: Server
) -> None:
    direct = gated.url
    with pooler.running(server) as between, Hold(database, "LOCK TABLE gate") as gate:
        gated.url = between.url(database)
        with gated.start("alembic", *_OPTIONS) as it:
            gate.blocks()
            gated.url = direct
            assert "a deploy by postgres runs: " in _look(gated)
            it.signal(signal.SIGKILL)
            it.ends(-signal.SIGKILL)
        gate.release()
        until(lambda: "died" in _look(gated))


def test_a_program_sees_the_same(gated: Project, database: Database) -> None:
    config = str(gated.folder / "alembic.ini")
    with Migrator(gated.url, config=config) as migrator:
        assert (migrator.status().deploys, migrator.deploys()) == ((), ())
        migrator.migrate()
        (done,) = migrator.deploys()
    assert done[:3] == ("migrate", "", full(3))
    assert (done.outcome, done.executed_by) == ("done", "postgres")
    assert database.value("SELECT count(*) FROM a") == 2
