"""Nothing of a migration reaches the next, whatever a session keeps behind a transaction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support import pooler
from support.ledgers import applied, events, versions
from support.projects import Project, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.servers import Server

# What a migration leaves in its session, and a query of the next one that would see it.
_LEFT = {
    "a temporary table": ("CREATE TEMP TABLE kept (i int);", "to_regclass('pg_temp.kept')::text"),
    "a prepared statement": (
        "PREPARE kept AS SELECT 1;",
        "(SELECT name FROM pg_prepared_statements)",
    ),
    "a cursor": (
        "DECLARE kept CURSOR WITH HOLD FOR SELECT 1;",
        "(SELECT name FROM pg_cursors WHERE is_holdable)",
    ),
    "a channel": ("LISTEN kept;", "(SELECT * FROM pg_listening_channels())"),
    "a lock of the session": (
        "SELECT pg_advisory_lock(4711);",
        "(SELECT objid::text FROM pg_locks WHERE objid = 4711 AND pid = pg_backend_pid())",
    ),
    "a setting": (
        "DO $$ BEGIN EXECUTE 'SE' || 'T work_mem = ''77MB'''; END $$;",
        "nullif(current_setting('work_mem'), '4MB')",
    ),
    "a setting of its own": (
        "DO $$ BEGIN EXECUTE 'SE' || 'T app.kept = ''yes'''; END $$;",
        "nullif(current_setting('app.kept', true), '')",
    ),
    "a search_path": (
        "DO $$ BEGIN EXECUTE 'SE' || 'T search_path = pg_catalog'; END $$;",
        "nullif(current_setting('search_path'), '\"$user\", public')",
    ),
    "a sequence's last number": (
        "CREATE SEQUENCE counted; SELECT nextval('counted');",
        "(SELECT lastval()::text)",
    ),
}


def _sees(project: Project, number: int, seen: str) -> None:
    """Add a migration that writes down what it finds in its session."""
    query = f"INSERT INTO public.seen SELECT {seen};"
    if "lastval" in seen:  # which is an error where there is none
        query = (
            f"DO $$ BEGIN {query} EXCEPTION WHEN object_not_in_prerequisite_state THEN "
            "INSERT INTO public.seen VALUES (NULL); END $$;"
        )
    project.add(number, query)


@pytest.mark.parametrize("mode", ["", " transaction:false"])
@pytest.mark.parametrize("program", ["promptlib", "alembic"])
@pytest.mark.parametrize("kind", _LEFT)
def test_the_next_migration_finds_nothing(
    project: Project, database: Database, kind: str, program: str, mode: str
) -> None:
    leave, seen = _LEFT[kind]
    database.query("CREATE TABLE seen (what text)")
    project.write(f"{full(1)}_x.sql", f"-- UP{mode}\n{leave}\n-- DOWN\nSELECT 1;\n")
    _sees(project, 2, seen)
    words = ["migrate"] if program == "promptlib" else ["upgrade", "head"]
    getattr(project, program)(*words)
    assert database.query("SELECT what FROM seen") == [(None,)]
    assert applied(database) == versions(1, 2)


def test_a_table_is_not_mistaken_for_a_temporary_one(project: Project, database: Database) -> None:
    database.query("CREATE TABLE users (i int)")
    project.add(1, "CREATE TEMP TABLE users (j int);")
    project.add(2, "ALTER TABLE users ADD COLUMN k int;", "ALTER TABLE users DROP COLUMN k;")
    project.promptlib("migrate")
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'public.users'::regclass"
    assert database.query(f"{columns} AND attnum > 0 ORDER BY attnum") == [("i",), ("k",)]


def test_an_attempt_finds_nothing_of_the_one_before(project: Project, database: Database) -> None:
    database.query("CREATE SEQUENCE tries")  # what it counts is not rolled back
    project.add(
        1,
        "PREPARE kept AS SELECT 1;\nSELECT pg_advisory_lock(4711);\n"
        "DO $$ BEGIN IF nextval('tries') < 3 THEN RAISE 'busy' USING ERRCODE = '40001'; END IF;"
        " END $$;",
    )
    project.promptlib("migrate")
    assert [outcome for *_, outcome in events(database)] == ["failed", "failed", "done"]


def test_it_takes_no_message_of_its_own(project: Project, database: Database) -> None:
    if not database.server.data:
        pytest.skip("the log of a given server cannot be read")
    for number in range(1, 6):
        project.add(number, f"CREATE TABLE t{number} ();")
    database.query(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    log = database.server.data / "log"
    start = log.stat().st_size
    project.promptlib("migrate")
    said = log.read_text(errors="replace")[start:]
    assert len(re.findall("LOG:  statement:.*?DISCARD TEMP", said, re.DOTALL)) >= 1
    assert not re.search("LOG:  statement: (DISCARD|RESET|CLOSE|DEALLOCATE)", said)


def test_behind_a_pooler_sessions_are_others_as_well(
    project: Project, database: Database, server: Server
) -> None:
    if not server.data:
        pytest.skip("the log of a given server cannot be read")
    project.add(1, "CREATE TABLE a ();")
    database.query(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    log = server.data / "log"
    start = log.stat().st_size
    with pooler.running(server) as between:
        project.url = between.url(database)
        project.promptlib("migrate")
    assert "RESET ALL" not in log.read_text(errors="replace")[start:]
    assert applied(database) == versions(1)
