"""A section that lets its record land nowhere, or elsewhere, fails; nothing of it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib import Migrator
from promptlib.core.errors import HalfDoneMigrationError, LedgerError
from support.ledgers import applied
from support.projects import ONE, TWO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project

_SWALLOW = "CREATE TRIGGER swallow BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION no()"
pytestmark = pytest.mark.servers("newest", "oldest")
# By names that no text shows: else the section would be refused before it runs.
_WAYS = {
    "a trigger on the rows": _SWALLOW.format("migrations"),
    "a trigger on the attempts": _SWALLOW.format("migration_events"),
    "a trigger on the deploys": _SWALLOW.format("migration_deploys"),
    "a trigger on the version": _SWALLOW.format("alembic_version"),
    "a rule": "CREATE RULE no AS ON INSERT TO migrations DO INSTEAD NOTHING",
    "row security": "ALTER TABLE migration_events ENABLE ROW LEVEL SECURITY",
    "another table": (
        "ALTER TABLE migrations RENAME TO kept; CREATE TABLE migrations (LIKE kept INCLUDING ALL)"
    ),
    "another schema": (
        "ALTER SCHEMA public RENAME TO kept; CREATE SCHEMA public;"
        " CREATE TABLE public.alembic_version AS TABLE kept.alembic_version;"
        " CREATE TABLE public.migration_deploys AS TABLE kept.migration_deploys;"
        " CREATE TABLE public.migration_events (LIKE kept.migration_events INCLUDING ALL);"
        " CREATE TABLE public.migrations (LIKE kept.migrations INCLUDING ALL)"
    ),
    "a table that a crash empties": "ALTER TABLE migrations SET UNLOGGED",
}
_RUN = "DO $$ BEGIN EXECUTE (SELECT sql FROM ways); END $$;"
# At COMMIT, and not before.
_AT_COMMIT = "INSERT INTO late SELECT sql FROM ways;"


@pytest.fixture
def ways(project: Project, database: Database) -> Iterator[Migrator]:
    """A project whose first migration has run; the second one finds its SQL in a table."""
    database.query(
        "CREATE TABLE ways (sql text); CREATE TABLE late (sql text);"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE FUNCTION run() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN EXECUTE new.sql; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER run AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION run()"
    )
    project.add(1, "SELECT 1;")
    with Migrator(project.url, config=str(project.folder / "alembic.ini")) as migrator:
        migrator.migrate()
        yield migrator


def _write(project: Project, how: str = _RUN, marker: str = "") -> None:
    project.write(f"{TWO}_x.sql", f"-- UP{marker}\nCREATE TABLE a ();\n{how}\n-- DOWN\nSELECT 1;\n")


def _refuses(migrator: Migrator, database: Database, sql: str) -> None:
    database.query("TRUNCATE ways; INSERT INTO ways VALUES (%s)", sql)
    with pytest.raises(LedgerError, match=f"{TWO}_x.sql: the table \\w+ of the ledger is not"):
        migrator.migrate()
    assert applied(database) == [ONE]


@pytest.mark.parametrize("how", [_RUN, _AT_COMMIT], ids=["at once", "at commit"])
@pytest.mark.parametrize("marker", ["", " transaction:false"])
def test_it_is_refused_by_the_deploy_that_runs_it(
    project: Project, database: Database, ways: Migrator, marker: str, how: str
) -> None:
    _write(project, how, marker)
    for sql in _WAYS.values():
        _refuses(ways, database, sql)
        assert ("a" in database.tables()) == bool(marker)
    database.query("TRUNCATE ways; INSERT INTO ways VALUES ('SELECT 1')")
    ways.migrate()
    assert applied(database) == [ONE, TWO]


def test_it_is_refused_where_a_table_had_triggers_before(
    project: Project, database: Database, ways: Migrator
) -> None:
    """Of which the server remembers for a while that there was one; those of keys are no matter."""
    database.query(
        "CREATE TRIGGER gone BEFORE INSERT ON migration_events EXECUTE FUNCTION no();"
        "DROP TRIGGER gone ON migration_events;"
        "CREATE TABLE notes (id varchar(255) REFERENCES migrations ON DELETE CASCADE)"
    )
    _write(project)
    _refuses(ways, database, _SWALLOW.format("migration_events"))
    _refuses(ways, database, _SWALLOW.format("migrations"))
    database.query("TRUNCATE ways; INSERT INTO ways VALUES ('SELECT 1')")
    ways.migrate()
    assert applied(database) == [ONE, TWO]


def test_a_statement_that_takes_its_event_away_is_undone(
    project: Project, database: Database, ways: Migrator
) -> None:
    """It would be recorded nowhere, and all run again behind a crash."""
    _write(project, "DELETE FROM migration_events;", " transaction:false")
    for _ in range(2):
        with pytest.raises(LedgerError, match="the table migration_events of the ledger"):
            ways.migrate()
        newest = "SELECT outcome, statements_done FROM migration_events ORDER BY id DESC LIMIT 1"
        assert database.query(newest) == [("running", 1)]
    assert database.value("SELECT count(*) FROM migration_events WHERE version = %s", ONE) == 1


def test_a_block_that_commits_before_is_asked_for(
    project: Project, database: Database, ways: Migrator
) -> None:
    """What it did stays; nothing says that it is recorded."""
    _write(project, _RUN.replace("BEGIN", "BEGIN COMMIT;"), " transaction:false")
    _refuses(ways, database, _SWALLOW.format("migration_events"))
    with pytest.raises(LedgerError, match="bears the trigger swallow"):
        ways.migrate()
    database.query("DROP TRIGGER swallow ON migration_events")
    with pytest.raises(HalfDoneMigrationError, match="did it run"):
        ways.migrate()
