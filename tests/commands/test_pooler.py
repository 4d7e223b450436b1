"""Deploys through PgBouncer in transaction mode: each transaction may meet another session."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from support import pooler
from support.holding import Hold
from support.projects import full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.pooler import Pooler
    from support.projects import Project
    from support.servers import Server

# What a section sets, and what another client of the pooler would then find.
_SET = (
    "SET search_path = ''; SET lock_timeout = '7s'; SET promptlib.seen = 'yes'; SET ROLE powerless;"
)
_FOUND = """
    SELECT current_setting('search_path'), current_setting('lock_timeout'),
           coalesce(current_setting('promptlib.seen', true), ''), current_user::text
"""


@pytest.fixture
def between(server: Server, database: Database, project: Project) -> Iterator[Pooler]:
    """A pooler that the project reaches its database through."""
    with pooler.running(server) as made:
        project.url = made.url(database)
        yield made


def _require_untouched(between: Pooler, database: Database) -> None:
    """Make sure that other clients of the pooler find nothing set."""
    assert {*between.connections(database, _FOUND)} == {*database.query(_FOUND)}


@pytest.mark.usefixtures("powerless")
def test_what_a_section_sets_does_not_go_to_other_clients(
    project: Project, database: Database, between: Pooler
) -> None:
    project.add(1, f"{_SET} CREATE TABLE public.a (i int);", f"{_SET} DROP TABLE public.a;")
    project.add(2, f"{_SET} CREATE TABLE public.b (i int); SELECT 1/0;")
    failed = project.alembic("upgrade", "head", ok=False).stderr
    assert f"sql/{full(2)}_x.sql:2:" in failed
    assert database.tables() == {"alembic_version", "a"}
    events = "SELECT version, outcome FROM migration_events ORDER BY id"
    assert database.query(events) == [(full(1), "done"), (full(2), "failed")]
    _require_untouched(between, database)
    project.alembic("downgrade", "base")
    assert database.tables() == {"alembic_version"}
    _require_untouched(between, database)


def test_a_lock_is_waited_for_and_its_holder_named(
    project: Project, database: Database, between: Pooler
) -> None:
    database.query("CREATE TABLE t (i int)")
    project.add(1, "CREATE TABLE a (i int); ALTER TABLE t ADD COLUMN j int;")
    impatient = ["-x", "lock_timeout=1s", "-x", "lock_attempts=2"]
    with Hold(database, "LOCK TABLE t IN ACCESS SHARE MODE") as reader:
        again, *error = project.alembic(*impatient, "upgrade", "head", ok=False).stderr.splitlines()
    assert f"blocked by pid {reader.pid} (test, " in again
    assert "attempt 2 of 2 begins in " in again
    assert "canceling statement due to lock timeout (55P03)" in error[0]
    assert "gave up after 2 attempts" in error[-2]
    assert f"blocked by pid {reader.pid} (test, " in error[-2]
    assert database.tables() == {"alembic_version", "t"}
    project.alembic(*impatient, "upgrade", "head")
    assert database.tables() == {"alembic_version", "t", "a"}
    _require_untouched(between, database)


def test_outside_a_transaction_sections_do_without_settings(
    project: Project, database: Database, between: Pooler
) -> None:
    project.write(
        f"{full(1)}_x.sql",
        "-- UP transaction:false lock_timeout:3s\n"
        "CREATE TABLE t AS SELECT 1 AS i;\nUPDATE t SET i = 2;\n"
        "CREATE INDEX CONCURRENTLY t_i ON t (i);\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY t_i;\nDROP TABLE t;\n",
    )
    note = "behind a pooler what no transaction takes runs without lock_timeout\n"
    assert project.alembic("upgrade", "head").stderr.startswith(note)
    assert database.value("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass")
    _require_untouched(between, database)
    assert project.alembic("downgrade", "base").stderr.startswith(note)
    assert database.tables() == {"alembic_version"}
    assert database.query("SELECT direction, outcome, statements_done FROM migration_events") == [
        ("up", "done", 3),
        ("down", "done", 2),
    ]


def test_outside_a_transaction_too_a_lock_is_waited_for_no_longer_than_allowed(
    project: Project, database: Database, between: Pooler
) -> None:
    """Its session may be a stopped deploy's, which only somebody else can end."""
    database.query("CREATE TABLE t (i int)")
    text = "-- UP transaction:false\nSELECT 1;\nALTER TABLE t ADD j int;\n-- DOWN\nSELECT 1;\n"
    project.write(f"{full(1)}_x.sql", text)
    impatient = ["-x", "lock_timeout=200ms", "-x", "lock_attempts=2"]
    with Hold(database, "LOCK TABLE t IN ACCESS SHARE MODE"):
        said = project.alembic(*impatient, "upgrade", "head", ok=False).stderr
    assert "canceling statement due to lock timeout (55P03)" in said
    assert "gave up after 2 attempts" in said
    _require_untouched(between, database)


@pytest.mark.usefixtures("powerless")
def test_outside_a_transaction_a_section_may_not_set_anything(
    project: Project, database: Database, between: Pooler
) -> None:
    project.write(
        f"{full(1)}_x.sql",
        "-- UP transaction:false\nCREATE TABLE a (i int);\n\n  SET ROLE powerless;\n"
        "-- DOWN\nDROP TABLE a;\n",
    )
    assert project.alembic("upgrade", "head", ok=False).stderr.startswith(
        f"sql/{full(1)}_x.sql:4:3: behind a pooler, what this sets outside a transaction would go "
        "to other clients; remove it, or connect to the server itself\n"
    )
    assert database.tables() == {"alembic_version"}
    _require_untouched(between, database)
    project.alembic("upgrade", "head", DATABASE_URL=database.url)
    assert database.tables() == {"alembic_version", "a"}


@pytest.mark.usefixtures("between")
def test_ctrl_c_reaches_the_statement(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (i int)")
    project.add(1, "CREATE TABLE a (i int); ALTER TABLE t ADD COLUMN j int;")
    project.configure(lock_timeout="10min")
    with (
        Hold(database, "LOCK TABLE t IN ACCESS SHARE MODE") as reader,
        project.start("alembic", "upgrade", "head") as deploy,
    ):
        reader.blocks()
        deploy.signal(signal.SIGINT)
        assert "interrupted" in deploy.ends(130)
    assert database.tables() == {"alembic_version", "t"}
    assert database.query("SELECT outcome FROM migration_events") == [("failed",)]
    project.alembic("-x", "deploy_wait=0s", "upgrade", "head")


@pytest.mark.usefixtures("between")
def test_a_deploy_ends_outside_a_transaction(project: Project, database: Database) -> None:
    """The pooler gives up a connection to the server whose client has left in one."""
    project.add(1, "CREATE TABLE a (i int);")
    project.promptlib("migrate")
    assert database.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state = 'idle'"
    )
