"""one_connection: when the deploy lock is held in the session that the migration runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib import Migrator
from promptlib.core.events import Event, Kind
from promptlib.ledger.lock import lock_key
from promptlib.ledger.names import VERSION_TABLE
from support.holding import Hold
from support.ledgers import applied
from support.projects import ONE, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

# Whether the lock is this session's own, and how many sessions the deploy has.
_SEEN = """
    SELECT (SELECT pid = pg_backend_pid() FROM pg_locks JOIN pg_database d ON d.oid = database
             WHERE locktype = 'advi' || 'sory' AND datname = current_database()) AS is_own,
           (SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'promptlib') AS sessions
"""
_FREE = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = %s::oid"


def _free(database: Database) -> bool:
    number = database.value("SELECT oid FROM pg_database WHERE datname = current_database()")
    return database.query(_FREE, str(number)) == [(0,)]


def _migrator(project: Project, **options: object) -> Migrator:
    return Migrator(project.url, config=str(project.folder / "alembic.ini"), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("marker", "more", "others"),
    [
        ("-- UP", "", 0),
        ("-- UP", "SELECT pg_advisory_unlock_all();", 0),
        ("-- UP transaction:false", "", 0),
        ("-- UP", "", 1),
    ],
    ids=["one", "lets go", "outside", "two"],
)
def test_which_deploys_take_one_connection(
    project: Project, database: Database, marker: str, more: str, others: int
) -> None:
    up = f"{marker}\nCREATE TABLE seen AS {_SEEN};\n{more}\n-- DOWN\nDROP TABLE seen;\n"
    project.write(f"{ONE}_x.sql", up)
    for number in range(others):
        project.add(2 + number, "SELECT 1;")
    takes_one = (marker, more, others) == ("-- UP", "", 0)
    with _migrator(project) as migrator:
        migrator.migrate()
        assert database.query("SELECT * FROM seen") == [(takes_one, 1 if takes_one else 2)]
        assert _free(database)  # though the session goes on
        migrator.rollback()
        assert _free(database)


def test_it_is_held_for_every_attempt(project: Project, database: Database) -> None:
    database.query("CREATE TABLE busy (i int)")
    up = f"CREATE TABLE seen AS {_SEEN};\nALTER TABLE busy ADD j int;"
    project.add(1, up)
    told: list[Event] = []

    def progress(event: Event) -> None:
        told.append(event)
        if event.kind is Kind.RETRY:
            hold.release()

    settings = {"lock_timeout": "50ms"}
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        _migrator(project, progress=progress, settings=settings) as migrator,
    ):
        migrator.migrate()
    assert Kind.RETRY in {event.kind for event in told}
    assert database.query("SELECT is_own FROM seen") == [(True,)]


def test_a_schema_is_written_behind_a_single_migration(project: Project) -> None:
    project.configure(schema_file="schema.sql")
    project.add(1, "CREATE TABLE a (i int);")
    assert "wrote schema.sql" in project.promptlib("migrate").stderr
    assert "CREATE TABLE public.a" in (project.folder / "schema.sql").read_text()


def test_behind_an_error_it_is_free(project: Project, database: Database) -> None:
    project.add(1, "SELECT 1/0;")
    with _migrator(project) as migrator:
        with pytest.raises(Exception, match="division by zero"):
            migrator.migrate()
        assert _free(database)


def test_who_waited_sees_that_another_has_run_it(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int); SELECT pg_sleep(0.2);")
    with project.start("promptlib", "migrate") as one, project.start("promptlib", "migrate") as two:
        one.ends()
        two.ends()
    assert applied(database) == [ONE]
    assert database.query("SELECT version, outcome FROM migration_events") == [(ONE, "done")]
    assert _free(database)


def test_what_to_run_is_planned_anew_under_the_lock(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.promptlib("migrate")
    project.add(2, "CREATE TABLE b (i int);")
    key = lock_key("public", VERSION_TABLE)
    with (
        Hold(database, f"SELECT pg_advisory_xact_lock({key})") as hold,
        project.start("promptlib", "migrate") as deploy,
    ):
        deploy.says("waiting for another deploy")
        database.query("DROP TABLE a; DELETE FROM migrations; DELETE FROM alembic_version")
        hold.release()
        deploy.ends()
    assert database.tables() == {"alembic_version", "a", "b"}
    assert applied(database) == [ONE, full(2)]
    assert _free(database)
