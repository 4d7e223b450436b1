"""`promptlib adopt`: whom it asks, what it waits for, and what it makes of any history."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from promptlib.ledger.lock import lock_key
from support import servers
from support.holding import Hold
from support.ledgers import PREDECESSORS, applied, current, events
from support.processes import until
from support.projects import ONE, THREE, TWO
from support.psql import dump
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

_QUESTION = "adopt? [y/N]"
_ROW = (
    "INSERT INTO migrations (id, name, executed_at, checksum) VALUES (%s, %s, '2025-02-10Z', 'x')"
)


def left(database: Database, **made: str) -> None:
    """Make a predecessor's database: tables, and in its ledger the migrations that made them."""
    database.query(PREDECESSORS)
    for table, version in made.items():
        database.query(f"CREATE TABLE {table} (i int)")
        if version:
            database.query(_ROW, version, f"make {table}")


@pytest.fixture
def unadopted(three: Project, database: Database) -> Project:
    """A project whose first two migrations the predecessor ran."""
    left(database, a=ONE, b=TWO)
    return three


def test_it_asks(unadopted: Project, database: Database) -> None:
    before = dump(database)
    for answer in ("n", "", "yess"):
        with Terminal(unadopted, "adopt") as terminal:
            terminal.says(_QUESTION)
            assert f"set public.alembic_version to {TWO}" in terminal.screen
            terminal.type(answer)
            assert terminal.ends(1).endswith("nothing was changed\n")
        assert dump(database) == before
    with Terminal(unadopted, "adopt") as terminal:
        terminal.says(_QUESTION)
        terminal.type("y")
        assert terminal.ends(0).endswith(f"adopted; the database is at {TWO}\n")
    assert (current(database), applied(database)) == ([TWO], [ONE, TWO])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_question_can_be_interrupted(
    unadopted: Project, database: Database, number: int, code: int
) -> None:
    before = dump(database)
    with Terminal(unadopted, "adopt") as terminal:
        terminal.says(_QUESTION)
        terminal.signal(number)
        assert terminal.ends(code).endswith("interrupted\n")
    assert dump(database) == before


@pytest.mark.alone
def test_an_interrupt_leaves_no_scratch_database(unadopted: Project, database: Database) -> None:
    unadopted.add(TWO, "CREATE TABLE b (i int);\nSELECT pg_sleep(600);", name="make_b")
    scratch = "SELECT datname FROM pg_database WHERE datname LIKE 'promptlib_scratch%'"
    sleeps = "SELECT pid FROM pg_stat_activity WHERE query ~ '[p]g_sleep'"
    with unadopted.start("promptlib", "adopt", "--yes") as adopting:
        until(lambda: database.query(sleeps), lambda: adopting.stderr)
        assert database.query(scratch)
        adopting.signal(signal.SIGINT)
        assert adopting.ends(130).endswith("interrupted\n")
    assert not database.query(scratch)
    assert database.tables() == {"a", "b"}


def test_nobody_to_ask(unadopted: Project, database: Database) -> None:
    before = dump(database)
    refused = unadopted.promptlib("adopt", ok=False)
    assert refused.returncode == 2
    assert refused.stderr.endswith(
        "there is no terminal to ask at, so nothing was changed; say --yes to go on\n"
    )
    assert unadopted.promptlib("adopt", "--dry-run").returncode == 0
    assert dump(database) == before


@pytest.mark.parametrize(
    ("change", "by"),
    [
        ("DROP TABLE b", "schema"),
        ("UPDATE migrations SET id = '2024' WHERE name = 'make a'", "ledger"),
        ("", "files"),
    ],
)
def test_it_does_only_what_it_said(
    unadopted: Project, database: Database, change: str, by: str
) -> None:
    with Terminal(unadopted, "adopt") as terminal:
        terminal.says(_QUESTION)
        if change:
            database.query(change)
        else:
            unadopted.add(ONE, "CREATE TABLE a (i int);", "SELECT 1;", name="make_a")
        before = dump(database)
        terminal.type("y")
        assert "files, ledger or schema have changed meanwhile" in terminal.ends(2), by
    assert dump(database) == before


def test_of_two_at_once_one_does_it(unadopted: Project, database: Database) -> None:
    number = lock_key("public", "alembic_version")
    held = Hold(database, f"SELECT pg_advisory_xact_lock({number})")
    commands = [unadopted.start("promptlib", "adopt", "--yes") for _ in range(2)]
    with held, commands[0], commands[1]:
        for each in commands:
            each.says("waiting for another deploy")
        held.release()
        said = sorted(each.ends().splitlines()[-1] for each in commands)
    assert said == [
        f"adopted; the database is at {TWO}",
        "there is nothing to adopt any more: somebody else did so meanwhile",
    ]
    assert events(database) == [(ONE, "up", "adopted"), (TWO, "up", "adopted")]


def test_a_dump_that_runs_is_not_waited_for_for_ever(
    unadopted: Project, database: Database
) -> None:
    unadopted.configure(lock_timeout="200ms")
    before = dump(database)
    with Hold(database, "LOCK TABLE migrations IN ACCESS SHARE MODE"):
        refused = unadopted.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    assert "canceling statement due to lock timeout" in refused.stderr
    assert dump(database) == before
    unadopted.promptlib("adopt", "--yes")


def test_a_gap_is_late_and_nothing_else_is_taken_for_executed(
    three: Project, database: Database
) -> None:
    left(database, a=ONE, c=THREE)
    three.add("20241231000000", "CREATE TABLE older (i int);", "DROP TABLE older;", name="older")
    database.query("CREATE TABLE older (i int)")
    said = three.promptlib("adopt", "--yes").stderr
    assert re.search(rf"{TWO}  make b +-  +no row, but what came after it ran: late\n", said)
    assert f"leave {TWO} late: migrate refuses until --late apply runs it" in said
    assert current(database) == [THREE]
    assert applied(database) == ["20241231000000", ONE, THREE]
    refused = three.promptlib("migrate", ok=False).stderr
    assert f"{TWO}_make_b.sql: is older than the current revision" in refused
    three.promptlib("migrate", "--late", "apply")
    assert "b" in database.tables()


def test_what_cannot_have_run_without_the_gap(three: Project, database: Database) -> None:
    left(database, a=ONE, b="", c=THREE)
    three.add(THREE, "CREATE TABLE c (i int);\nALTER TABLE b ADD j int;", name="make_c")
    before = dump(database)
    refused = three.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    lines = refused.stderr.splitlines()
    assert f'sql/{THREE}_make_c.sql:3:1: relation "b" does not exist (42P01)' in refused.stderr
    assert lines[-3:] == [
        f"  public.migrations has no row of {TWO}",
        "  --embedded makes the scratch database on the embedded server",
        "  --no-compare adopts without: only you know then that the database holds it",
    ]
    assert dump(database) == before


def test_broken_files_stop_it(unadopted: Project, database: Database) -> None:
    unadopted.write(f"{THREE}_make_c.sql", "-- UP\nSELECT 1;\n")
    before = dump(database)
    refused = unadopted.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    assert "the line `-- DOWN` is missing" in refused.stderr
    assert dump(database) == before


def test_a_table_of_another_program(three: Project, database: Database) -> None:
    database.query("CREATE TABLE migrations AS SELECT 1 AS id, '2014_10_12_users' AS migration")
    refused = three.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    assert "the table public.migrations is not a ledger of promptlib's" in refused.stderr


def test_a_user_who_does_not_own_the_table(unadopted: Project, database: Database) -> None:
    database.server.role("guest", "CREATEDB")
    database.query("GRANT ALL ON SCHEMA public TO guest")
    database.query("GRANT ALL ON migrations TO guest")
    unadopted.url += "?options=-c%20role%3Dguest"
    refused = unadopted.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    assert "must be owner of table migrations" in refused.stderr
    assert database.tables() == {"a", "b"}


def test_a_version_that_was_stamped_before(three: Project, database: Database) -> None:
    """By plain Alembic, say: what stands in alembic_version holds, and the rest is adopted."""
    left(database, a=ONE, b=TWO)
    database.query("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    database.query("INSERT INTO alembic_version VALUES (%s)", ONE)
    assert "has 20250101000002; take" in three.promptlib("migrate", ok=False).stderr
    said = three.promptlib("adopt", "--yes").stderr
    assert f"count {ONE}, {TWO} as executed" in said
    assert (current(database), applied(database)) == ([TWO], [ONE, TWO])
    assert events(database) == [(ONE, "up", "adopted"), (TWO, "up", "adopted")]
    three.promptlib("migrate")


def test_a_gap_behind_what_was_stamped(three: Project, database: Database) -> None:
    left(database, a=ONE, c=THREE)
    database.query("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    database.query("INSERT INTO alembic_version VALUES (%s)", ONE)
    assert f"leave {TWO} late" in three.promptlib("adopt", "--yes").stderr
    assert applied(database) == [ONE, THREE]


def test_what_migrations_do_beyond_the_schema_is_not_asked_for(
    unadopted: Project, database: Database
) -> None:
    """Somebody else may own the tables, say who may use them, and write the comments."""
    setting = "EXECUTE format('ALTER DATABASE %I SET work_mem = 65536', current_database());"
    unadopted.add(
        ONE,
        "CREATE TABLE a (i int);\nCOMMENT ON TABLE a IS 'mine';\nGRANT SELECT ON a TO PUBLIC;\n"
        "REVOKE INSERT ON a FROM CURRENT_USER;\nALTER TABLE a OWNER TO pg_monitor;\n"
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;\n"
        f"DO $$ BEGIN {setting} END $$;",
        name="make_a",
    )
    unadopted.promptlib("adopt", "--yes")
    assert current(database) == [TWO]


def test_a_replica(three: Project, server: Server) -> None:
    if not server.binaries:
        pytest.skip("a given server cannot be made a replica")
    with servers.started(server.binaries, "replica") as replica:
        made = replica.create()
        left(made, a=ONE)
        three.url = made.url
        servers.stop(replica)
        assert replica.data
        (replica.data / "standby.signal").touch()
        servers.start(replica)
        refused = three.promptlib("adopt", "--dry-run", ok=False)
    assert refused.returncode == 2
    assert "this server is a read-only replica" in refused.stderr
