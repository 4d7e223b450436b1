"""A deploy needs two connections to the server at a time, whatever stands between."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import psycopg2
import pytest

from support import pooler
from support.holding import Hold
from support.projects import full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


pytestmark = pytest.mark.patient
_NEEDS_TWO = (
    "the pooler in between gave no second connection to the server within 10s: a deploy needs two "
    "at a time, for the deploy lock has one of its own; let its pool have two or more (PgBouncer: "
    "pool_size, default_pool_size), or connect to the server itself"
)


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pool_of_one_is_not_enough(project: Project, database: Database, mode: str) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    with pooler.running(database.server, size=1, mode=mode) as small:
        project.url = small.url(database)
        with (
            project.start("promptlib", "db", "test", "--json") as looking,
            project.start("alembic", "upgrade", "head") as deploy,
        ):
            assert deploy.ends(255) == f"{_NEEDS_TWO}\n"
            assert looking.ends(1) == f"{_NEEDS_TWO}\n"
            assert json.loads(looking.stdout)["ok"] is False
        dump = project.promptlib("dump", ok=False).stderr
        assert "a dump needs two at a time, to see what the first one sees; let its pool" in dump
        assert "pending" in project.promptlib("status", ok=None).stdout
    assert database.tables() == set()


def test_a_pool_of_two_is_enough(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (i int)")
    project.add(1, "CREATE TABLE a (i int);\nALTER TABLE t ADD COLUMN j int;")
    project.write(
        f"{full(2)}_x.sql",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY i ON t (i);\n-- DOWN\nDROP INDEX i;\n",
    )
    with pooler.running(database.server, size=2) as small:
        project.url = small.url(database)
        project.promptlib("db", "test", ok=None)
        with (
            Hold(database, "LOCK TABLE t IN ACCESS SHARE MODE") as reader,
            project.start("alembic", "upgrade", "head") as deploy,
        ):
            reader.blocks()
            reader.release()
            deploy.ends()
        assert database.tables() == {"alembic_version", "t", "a"}
        with contextlib.closing(database.connect()) as other:  # its sessions, and the pooler's
            other.cursor().execute("SELECT 1")
            (project.folder / "sql" / f"{full(2)}_x.sql").unlink()
            project.add(1, "CREATE TABLE a (i int);")
            project.promptlib("reset", "--yes", "--force")
    assert database.tables() == {"alembic_version", "a"}


def test_a_pool_that_is_in_use_is_named(project: Project, database: Database) -> None:
    with (
        pooler.running(database.server, size=1, patience=1) as small,
        contextlib.closing(psycopg2.connect(small.url(database))) as other,
    ):
        other.cursor().execute("SELECT 1")
        project.url = small.url(database)
        said = project.promptlib("status", ok=False)
    assert said.returncode == 2
    assert "query_wait_timeout" in said.stderr
    assert "the pooler had no connection to the server for it" in said.stderr
