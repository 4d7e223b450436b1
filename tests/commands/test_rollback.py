"""`promptlib rollback`: how far it goes, whom it asks, and what it passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.ledgers import states
from support.projects import ONE, THREE, TWO, Project
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


def test_rollback_takes_back_the_last_one_without_asking(done: Project, database: Database) -> None:
    result = done.promptlib("rollback")
    assert f"to take back  {THREE}  make c" in result.stderr
    assert database.tables() & {"a", "b", "c"} == {"a", "b"}


@pytest.mark.parametrize(
    "steps",
    [
        [("--to 20250102", "abc"), ("--to 20250101000002", "ab"), ("--to base", "")],
        [("-n 2", "a"), ("-n 1", "")],
    ],
)
def test_how_far_a_rollback_goes(
    done: Project, database: Database, steps: list[tuple[str, str]]
) -> None:
    for how_far, left in steps:
        done.promptlib("down", *how_far.split(), "--yes")
        assert database.tables() & {"a", "b", "c"} == set(left)
        assert [*states(done).values()].count("executed") == len(left)


def test_several_are_taken_back_only_when_somebody_agrees(
    done: Project, database: Database
) -> None:
    refused = done.promptlib("rollback", "-n", "2", ok=False)
    assert refused.returncode == 2
    assert refused.stderr.endswith("say --yes to go on\n")
    for answer, code, left in (("n", 1, 3), ("", 1, 3), ("y", 0, 1)):
        with Terminal(done, "rollback", "-n", "2") as terminal:
            terminal.says("take them back? [y/N]")
            screen = terminal.screen
            terminal.type(answer)
            terminal.ends(code)
        assert [screen.count(name) for name in ("make a", "make b", "make c")] == [0, 1, 1]
        assert screen.index("make c") < screen.index("make b")
        assert len(database.tables() & {"a", "b", "c"}) == left


def test_a_rollback_takes_back_only_what_it_said(done: Project, database: Database) -> None:
    with Terminal(done, "rollback", "-n", "2") as terminal:
        terminal.says("take them back? [y/N]")
        done.add("20250103000000", "CREATE TABLE newer (i int);", "DROP TABLE newer;")
        done.promptlib("migrate")
        terminal.type("y")
        assert "another deploy has moved the database" in terminal.ends(2)
    assert {"a", "b", "c", "newer"} <= database.tables()


def test_a_rollback_passes_over_what_never_ran(done: Project, database: Database) -> None:
    done.add("20250102000000", "SELECT 1;", "SELECT 1/0;", name="late")
    done.promptlib("rollback", "-n", "2", "--yes")
    assert "b" not in database.tables()
    assert states(done)[ONE] == "executed"


def test_a_rollback_of_nothing(three: Project) -> None:
    for arguments in ((), ("-n", "1"), ("--to", "2030")):
        assert three.promptlib("rollback", *arguments, ok=False).returncode == 2
    three.promptlib("migrate", ONE)
    few = three.promptlib("rollback", "-n", "2", ok=False)
    assert few.stderr.startswith("only 1 migration can be taken back")
    assert three.promptlib("rollback", "--to", ONE).stderr == f"the database is at {ONE}\n"


def test_a_half_done_migration_is_the_one_to_take_back(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    up = "-- UP transaction:false\nCREATE TABLE b (i int);\nSELECT 1/0;"
    three.write(f"{TWO}_make_b.sql", f"{up}\n-- DOWN\nDROP TABLE b;\n")
    three.promptlib("migrate", TWO, ok=False)
    assert "b" in database.tables()
    result = three.promptlib("rollback")
    assert f"to take back  {TWO}  make b  (was cut off halfway)" in result.stderr
    assert database.tables() & {"a", "b"} == {"a"}
    assert states(three) == {ONE: "executed", TWO: "pending", THREE: "pending"}


def test_data_is_lost_only_when_that_is_allowed(project: Project, database: Database) -> None:
    setting = "coalesce(current_setting('promptlib.allow_data_loss', true), 'off')"
    guard = f"DO $$ BEGIN IF {setting} <> 'on' THEN RAISE EXCEPTION 'rows'; END IF; END $$;"
    project.add(1, "CREATE TABLE a (i int);", f"{guard} DROP TABLE a;")
    project.promptlib("migrate")
    assert project.promptlib("rollback", ok=False).returncode == 2
    project.promptlib("rollback", "--allow-data-loss")
    assert database.tables() == {"alembic_version"}


def test_a_down_of_the_ledger_s_runs_when_somebody_has_seen_it(
    done: Project, database: Database
) -> None:
    (done.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    assert done.promptlib("rollback", "--yes", ok=False).returncode == 2
    for answer, code in (("n", 1), ("", 1), ("y", 0)):
        assert "c" in database.tables()
        with Terminal(done, "rollback", "--yes") as terminal:
            terminal.says("run that? [y/N]")
            assert "  | DROP TABLE c;\n" in terminal.screen
            terminal.type(answer)
            terminal.ends(code)
    assert "c" not in database.tables()


def test_a_down_of_the_ledger_s_is_the_one_that_was_seen(done: Project, database: Database) -> None:
    (done.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    with Terminal(done, "rollback") as terminal:
        terminal.says("run that? [y/N]")
        database.query("UPDATE migrations SET down_sql = '-- DOWN\nDROP TABLE a;'")
        terminal.type("y")
        assert "have changed meanwhile, so none has run" in terminal.ends(2)
    assert {"a", "b", "c"} <= database.tables()


def test_kept_down_shows_what_it_runs(done: Project, database: Database) -> None:
    (done.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    said = done.promptlib("rollback", "--kept-down").stderr
    assert f"sql/{THREE}_make_c.sql: is gone: running the DOWN section" in said
    assert said.count("  | DROP TABLE c;\n") == 1
    assert "c" not in database.tables()
