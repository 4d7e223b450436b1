"""What is said where it is not known what ran, or where that could not be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.holding import Hold
from support.outside import Deploys, outside
from support.projects import TWO

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_COUNT = "INSERT INTO log VALUES (1);\nINSERT INTO log VALUES (2);\nINSERT INTO log VALUES (3);"


def test_a_server_that_dies_while_a_statement_is_recorded(
    project: Project, database: Database
) -> None:
    deploy = Deploys(project)
    project.add(1, "CREATE TABLE log (i int);")
    deploy("upgrade head")
    outside(project, 2, _COUNT)
    # The record of the second statement waits, and its server process is ended then.
    database.query(
        "CREATE TABLE gate ();"
        "CREATE FUNCTION waits(done int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
        " IF done = 2 THEN LOCK TABLE gate; END IF; RETURN true; END $$;"
        "ALTER TABLE migration_events ADD CONSTRAINT waits CHECK (waits(statements_done))"
    )
    with Hold(database, "LOCK TABLE gate") as gate, project.start("promptlib", "migrate") as it:
        database.query("SELECT pg_terminate_backend(%s)", gate.blocks())
        said = it.ends(2)
    assert said.startswith(
        f"sql/{TWO}_x.sql:3:1: the connection was lost while statement 2 of 3 of {TWO} was being "
        "recorded: "
    )
    assert (
        "; run it again: it looks up whether that took effect, and goes on behind it or with it\n"
        in said
    )
    assert "goes on behind statement 1 of 3" in deploy("upgrade head")
    assert database.query("SELECT i FROM log ORDER BY i") == [(1,), (2,), (3,)]


def test_what_refuses_a_transaction_within_a_function_is_told_so(project: Project) -> None:
    outside(project, 2, "DO $$ BEGIN EXECUTE 'VACUUM'; END $$;")
    said = Deploys(project)("upgrade head", ok=False)
    assert "VACUUM cannot be executed from a function (25001); let no function" in said
    assert "transaction:false" not in said
