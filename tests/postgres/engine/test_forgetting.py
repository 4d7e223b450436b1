"""Nothing of a migration reaches the next, whatever a session keeps behind a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import pooler
from support.ledgers import applied, events, versions

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

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
    "a function": (
        "CREATE FUNCTION pg_temp.kept() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "to_regproc('pg_temp.kept')::text",
    ),
    "a role that a function sets": (
        "SELECT be_powerless();",
        "nullif(current_user::text, session_user::text)",
    ),
    "a sequence's last number": (
        "CREATE SEQUENCE counted; SELECT nextval('counted');",
        "(SELECT lastval()::text)",
    ),
}


# Whatever runs first, the second one would see the same.
_SEED = "SELECT setseed(0.25);"
_ROLE = """
    CREATE FUNCTION be_powerless() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE 'SET ROLE powerless'; END $$
"""
_BUSY = (
    "DO $$ BEGIN IF nextval('tries') % 3 > 0 THEN RAISE 'busy' USING ERRCODE = '40001'; END IF;"
    " END $$;"
)


# What another client of a pooler would find.
_OTHERS = {
    "settings": "current_setting('work_mem')",
    "search_path": "current_setting('search_path')",
    "own settings": "length(coalesce(current_setting('app.kept', true), ''))",
    "roles": "(current_user <> session_user)::int",
    "tables": "(to_regclass('pg_temp.kept') IS NOT NULL)::int",
    "statements": "(SELECT count(*) FROM pg_prepared_statements)",
    "cursors": "(SELECT count(*) FROM pg_cursors WHERE is_holdable)",
    "channels": "(SELECT count(*) FROM pg_listening_channels())",
    "locks": "(SELECT count(*) FROM pg_locks WHERE objid = 4711 AND pid = pg_backend_pid())",
}


@pytest.fixture
def left(project: Project, database: Database) -> list[str]:
    """A project with a migration that leaves something, and one that writes down what it finds.

    So for each kind: those are given back, in order.
    """
    database.server.role("powerless")
    database.query(f"CREATE TABLE seen (what text); CREATE SEQUENCE tries; {_ROLE}")
    (random,) = database.query(f"{_SEED} SELECT random()::text")[0]
    kinds = {**_LEFT, "a seed": (_SEED, f"(SELECT 'same' WHERE random()::text = '{random}')")}
    for number, (leave, seen) in enumerate(kinds.values()):
        project.add(2 * number + 1, leave)
        project.add(2 * number + 2, _written(seen))
    return [*kinds]


def _written(seen: str) -> str:
    """A statement that writes down what it finds in its session."""
    query = f"INSERT INTO public.seen SELECT {seen};"
    if "lastval" not in seen:  # which is an error where there is none
        return query
    return (
        f"DO $$ BEGIN {query} EXCEPTION WHEN object_not_in_prerequisite_state THEN "
        "INSERT INTO public.seen VALUES (NULL); END $$;"
    )


def _run_outside(project: Project) -> None:
    """Let all that is left be left outside a transaction."""
    for path in [*sorted((project.folder / "sql").glob("*.sql"))][::2]:
        path.write_text(path.read_text().replace("-- UP", "-- UP transaction:false"))


def _found(database: Database, kinds: list[str]) -> dict[str, object]:
    """What was found of each kind."""
    found = [what for (what,) in database.query("SELECT what FROM seen")]
    return {kind: what for kind, what in zip(kinds, found, strict=True) if what is not None}


@pytest.mark.parametrize("mode", ["inside", "outside"])
@pytest.mark.parametrize("program", ["promptlib", "alembic"])
def test_the_next_migration_finds_nothing(
    project: Project, database: Database, left: list[str], program: str, mode: str
) -> None:
    if mode == "outside":
        _run_outside(project)
    words = ["migrate"] if program == "promptlib" else ["upgrade", "head"]
    getattr(project, program)(*words)
    assert _found(database, left) == {}
    assert applied(database) == versions(*range(1, 2 * len(left) + 1))


@pytest.mark.parametrize("mode", ["inside", "outside"])
def test_behind_a_pooler_nobody_finds_anything(
    project: Project, database: Database, left: list[str], mode: str
) -> None:
    """Neither the next migration nor another client; what the pooler itself has set stays."""
    if mode == "outside":
        _run_outside(project)
    count = 2 * len(left)
    project.add(count + 1, f"PREPARE kept AS SELECT 1;\nSELECT pg_advisory_lock(4711);\n{_BUSY}")
    begins = "SET work_mem = '4MB'; SET search_path = \"$user\", public, other"
    with pooler.running(database.server, begins=begins) as between:
        project.url = between.url(database)
        project.promptlib("migrate")
        seen = {*between.connections(database, f"SELECT {', '.join(_OTHERS.values())}")}
    expected = ("4MB", '"$user", public, other', *([0] * (len(_OTHERS) - 2)))
    assert seen == {expected}
    found = _found(database, left)
    assert found.pop("a search_path") == '"$user", public, other'
    assert found == {}
    assert [outcome for *_, outcome in events(database)][-3:] == ["failed", "failed", "done"]
    assert applied(database) == versions(*range(1, count + 2))


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
