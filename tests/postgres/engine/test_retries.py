"""On a busy database a migration waits for locks a short while, gives way, and is tried again."""

from __future__ import annotations

import contextlib
import logging
from argparse import Namespace
from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from support import inside, ledgers
from support.holding import Hold
from support.processes import until
from support.projects import ONE, full

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from support.databases import Database
    from support.projects import Project

_QUICK = "lock_timeout=200ms"
_KEY = "sk-4f9a7c"  # in a blocker's statement
_UP = """
SELECT nextval('attempts');
INSERT INTO ran VALUES (1);
ALTER TABLE mine ADD j int;
ALTER TABLE busy ADD j int;
INSERT INTO ran VALUES (2);
"""
# What is locked by each session in a transaction but for ours and the one that is in the way.
_LOCKED = """
    SELECT string_agg(DISTINCT coalesce(relation::regclass::text, locktype), ' ')
           FILTER (WHERE locktype <> 'virtualxid')
      FROM pg_stat_activity LEFT JOIN pg_locks USING (pid)
     WHERE datname = current_database() AND backend_type = 'client backend'
       AND xact_start IS NOT NULL AND pid NOT IN (pg_backend_pid(), %s)
     GROUP BY pid
"""


class _Listener(logging.Handler):
    """Does something when a deploy tells of its next attempt, before that begins."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self.action = action
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.action()


@contextlib.contextmanager
def _between_attempts(action: Callable[[], object]) -> Iterator[list[str]]:
    """Do something between two attempts; gives the lines that tell of the next one."""
    listener = _Listener(action)
    log = logging.getLogger("promptlib")
    log.addHandler(listener)
    try:
        yield listener.lines
    finally:
        log.removeHandler(listener)


def _upgrade(project: Project, connection: Engine | Connection, *settings: str) -> None:
    """Upgrade through the API, with settings as behind -x."""
    ini, options = project.folder / "alembic.ini", Namespace(x=[*settings])
    command.upgrade(Config(ini, cmd_opts=options, attributes={"connection": connection}), "head")


def _ran(database: Database) -> list[int]:
    return [number for (number,) in database.query("SELECT i FROM ran ORDER BY i")]


def _attempts(database: Database) -> int:
    """How often the section's first statement ran: no rollback takes a sequence back."""
    return int(database.value("SELECT last_value FROM attempts"))


def _failures(database: Database) -> int:
    """How many attempts at the second migration are remembered as failed."""
    return ledgers.events(database).count((full(2), "up", "failed"))


@pytest.fixture
def busy(project: Project, database: Database) -> Project:
    """A project whose first migration made some tables; others are at work on `busy`."""
    project.add(
        1,
        "CREATE TABLE busy (i int, s text);\nINSERT INTO busy VALUES (1, 'a');\n"
        "CREATE TABLE mine (i int);\nCREATE TABLE ran (i int);\nCREATE SEQUENCE attempts;",
    )
    _upgrade(project, database.engine)
    return project


# What alembic.ini, -x and the marker say.
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("", "", ""), ("5s", "0")),
        (("lock_timeout = 7s", "", ""), ("7s", "0")),
        (("lock_timeout = 7s\nstatement_timeout = 50s", "lock_timeout=8s", ""), ("8s", "50s")),
        (("lock_timeout = 7s", "lock_timeout=8s", " lock_timeout:30s"), ("30s", "0")),
        (("", "statement_timeout=40s", " lock_timeout:0"), ("0", "40s")),
    ],
)
def test_timeouts_hold_for_each_migration(
    project: Project, database: Database, given: tuple[str, str, str], expected: tuple[str, str]
) -> None:
    ini, argument, option = given
    with (project.folder / "alembic.ini").open("a") as file:
        file.write(f"\n{ini}\n")
    shown = "current_setting('lock_timeout'), current_setting('statement_timeout')"
    up = f"CREATE TABLE seen (l, s) AS SELECT {shown};"
    project.write(f"{ONE}_x.sql", f"-- UP{option}\n{up}\n-- DOWN\nDROP TABLE seen;\n")
    _upgrade(project, database.engine, *argument.split())
    assert database.query("SELECT * FROM seen") == [expected]
    x = ("-x", argument) if argument else ()
    script = inside.alembic(project, *x, "upgrade", "head", "--sql")
    assert f"SET LOCAL lock_timeout = '{expected[0]}';" in script.stdout
    assert ("SET LOCAL statement_timeout = " in script.stdout) is (expected[1] != "0")
    assert "1/1" not in script.stdout
    assert script.stderr == ""


@pytest.mark.parametrize("up", ["SELECT 1;", "UPDATE busy SET i = 2;"])
@pytest.mark.parametrize("caller_s", [False, True], ids=["own", "caller-s"])
def test_a_caller_s_timeouts_are_as_before(
    busy: Project, database: Database, up: str, *, caller_s: bool
) -> None:
    busy.add(2, up)
    show = text("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
    with database.engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '3s'; SET statement_timeout = '70s'"))
        connection.commit()
        if caller_s:
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        _upgrade(busy, connection, "statement_timeout=40s")
        assert connection.execute(show).one() == ("4s" if caller_s else "3s", "70s")
        connection.commit()
        assert connection.execute(show).one() == ("3s", "70s")


@pytest.mark.parametrize("kind", ["own", "caller-s", "none"])
def test_a_section_that_others_block_is_tried_again(
    busy: Project, database: Database, kind: str
) -> None:
    """In its own transaction, in a caller's, and outside of any, where the statement is."""
    option = " transaction:false" if kind == "none" else ""
    busy.write(f"{full(2)}_x.sql", f"-- UP{option}\n{_UP}\n-- DOWN\nSELECT 1;\n")
    with (
        Hold(database, f"UPDATE busy SET s = '{_KEY}'", "billing") as hold,
        database.engine.connect() as connection,
    ):
        if kind == "caller-s":
            connection.execute(text("INSERT INTO ran VALUES (0)"))

        def locked() -> list[str]:
            return [names.split() for (names,) in database.query(_LOCKED, hold.pid) if names]

        def look() -> None:
            if kind == "caller-s":
                (names,) = until(locked)
                assert {"advisory", "ran"} <= {*names}
                assert "mine" not in names
            else:  # until, for somebody may just be looking
                until(lambda: database.query(_LOCKED, hold.pid) == [("advisory",)])
            hold.release()

        with _between_attempts(look) as told:
            _upgrade(busy, connection, _QUICK)
        connection.commit()
    assert _ran(database) == ([0, 1, 2] if kind == "caller-s" else [1, 2])
    assert _attempts(database) == (1 if kind == "none" else 2)
    assert _failures(database) == (0 if kind == "none" else 1)
    assert ledgers.applied(database) == ledgers.versions(1, 2)
    assert len(told) == 1
    assert f", blocked by pid {hold.pid} (billing, " in told[0]
    assert ", idle in transaction for " in told[0]
    assert f", UPDATE): SELECT pg_terminate_backend({hold.pid}) would end that" in told[0]
    assert told[0].startswith("attempt 2 of 10 begins in ")
    assert _KEY not in told[0]


def test_the_first_migration_of_all_is_tried_again(project: Project, database: Database) -> None:
    """A rollback may not take along the version table that this deploy has made."""
    database.query("CREATE TABLE busy (i int)")
    project.add(1, "ALTER TABLE busy ADD j int;")
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        _between_attempts(hold.release) as told,
    ):
        _upgrade(project, database.engine, _QUICK)
    assert len(told) == 1
    assert ledgers.current(database) == [ONE]


def test_who_blocks_is_known_however_short_the_section_s_own_timeout_is(
    busy: Project, database: Database
) -> None:
    up = "-- UP lock_timeout:400ms\nALTER TABLE busy ADD j int;\n-- DOWN\nSELECT 1;\n"
    busy.write(f"{full(2)}_x.sql", up)
    with (
        Hold(database, "LOCK TABLE busy", "billing") as hold,
        _between_attempts(hold.release) as told,
    ):
        _upgrade(busy, database.engine)
    assert f"blocked by pid {hold.pid} (billing, " in told[0]


@pytest.mark.parametrize(
    ("state", "attempts"),
    [
        ("55P03", 2),
        ("40P01", 2),
        ("40001", 2),
        ("40002", 1),
        ("55006", 1),
        ("57014", 1),
        ("23505", 1),
        ("P0001", 1),
    ],
)
def test_what_does_not_pass_by_itself_is_not_tried_again(
    busy: Project, database: Database, state: str, attempts: int
) -> None:
    raised = f"RAISE EXCEPTION 'no' USING ERRCODE = '{state}'"
    busy.add(2, f"SELECT nextval('attempts');\nDO $$ BEGIN {raised}; END $$;")
    with pytest.raises(CommandError) as caught:
        _upgrade(busy, database.engine, "lock_attempts=2")
    assert _attempts(database) == attempts
    assert _failures(database) == attempts
    assert ("gave up after 2 attempts" in str(caught.value)) is (attempts == 2)


def test_a_statement_may_take_as_long_as_statement_timeout(
    busy: Project, database: Database
) -> None:
    busy.add(2, "INSERT INTO ran VALUES (1);\nSELECT pg_sleep(60);")
    with pytest.raises(CommandError, match=r":3:1: canceling statement due to statement timeout"):
        _upgrade(busy, database.engine, "statement_timeout=100ms")
    assert _ran(database) == []
    assert _failures(database) == 1


def test_when_attempts_run_out_nothing_stays(busy: Project, database: Database) -> None:
    busy.add(2, _UP)
    with Hold(database, f"UPDATE busy SET s = '{_KEY}'", "billing") as hold:
        given = ("-x", _QUICK, "-x", "lock_attempts=3")
        failed = busy.alembic(*given, "upgrade", "head", ok=False)
    assert failed.returncode == 255
    assert "attempt 2 of 3 begins in " in failed.stderr
    assert "attempt 3 of 3 begins in " not in failed.stderr  # one line counts
    note, stands = failed.stderr.splitlines()[-2:]
    assert note.startswith(f"  note: gave up after 3 attempts, blocked by pid {hold.pid} (billing,")
    assert note.endswith(f", UPDATE): SELECT pg_terminate_backend({hold.pid}) would end that")
    assert stands.startswith(f"nothing of {full(2)} stays; the database is at {ONE}, 1 migration p")
    assert f"sql/{full(2)}_x.sql:6:1: canceling statement due to lock timeout" in failed.stderr
    assert _KEY not in failed.stderr
    assert _ran(database) == []
    assert database.query("SELECT 1 FROM pg_attribute WHERE attname = 'j'") == []
    assert ledgers.applied(database) == ledgers.current(database) == [ONE]
    assert _failures(database) == _attempts(database) == 3


def test_when_attempts_run_out_a_caller_s_transaction_goes_on(
    busy: Project, database: Database
) -> None:
    busy.add(2, _UP)
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        database.engine.connect() as connection,
    ):
        connection.execute(text("INSERT INTO ran VALUES (0)"))
        with pytest.raises(CommandError, match=rf"gave up after 1 attempt, .* pid {hold.pid} "):
            _upgrade(busy, connection, _QUICK, "lock_attempts=1")
        connection.execute(text("INSERT INTO ran VALUES (3)"))
        connection.commit()
    assert _ran(database) == [0, 3]
    assert database.query("SELECT 1 FROM pg_attribute WHERE attname = 'j'") == []
    assert ledgers.applied(database) == ledgers.current(database) == [ONE]
    assert _failures(database) == 1


def test_a_caller_s_transaction_keeps_no_savepoint(busy: Project, database: Database) -> None:
    """A thousand of them would cost the server dear."""
    busy.add(2, "INSERT INTO ran VALUES (1);")
    with database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        _upgrade(busy, connection)
        with pytest.raises(DBAPIError, match="does not exist"):
            connection.execute(text("RELEASE SAVEPOINT promptlib_section"))


# The first time, wait until the other session waits for `mine`: then its lock closes the circle.
_CIRCLE = """
LOCK TABLE mine;
DO $$ BEGIN
  IF nextval('attempts') = 1 THEN
    WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'mine'::regclass AND NOT granted) LOOP
      PERFORM pg_sleep(0.01);
    END LOOP;
  END IF;
END $$;
LOCK TABLE busy;
INSERT INTO ran VALUES (1);
"""


def test_a_deadlock_is_tried_again(busy: Project, database: Database) -> None:
    busy.add(2, _CIRCLE)
    database.query(f"ALTER DATABASE {database.name} SET deadlock_timeout = '2s'")
    taken = "SELECT 1 FROM pg_locks WHERE relation = 'mine'::regclass AND granted"
    other = psycopg2.connect(database.url, application_name="billing")
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '1h'; LOCK TABLE busy")  # the deploy finds out first
        pid = other.info.backend_pid
        arguments = ("-x", "lock_timeout=60s", "upgrade", "head")
        with busy.start("alembic", *arguments) as deploy:
            until(lambda: database.query(taken), lambda: deploy.stderr)
            cursor.execute("LOCK TABLE mine")
            other.rollback()
            said = deploy.ends()
    assert f":11:1: deadlock detected (40P01), blocked by pid {pid} (billing, " in said
    assert _attempts(database) == 2
    assert _failures(database) == 1
    assert _ran(database) == [1]


def test_a_serialization_failure_is_tried_again(busy: Project, database: Database) -> None:
    busy.add(
        2, "SELECT nextval('attempts') FROM busy;\nLOCK TABLE mine;\nUPDATE busy SET i = i + 1;"
    )
    database.query(
        f"ALTER DATABASE {database.name} SET default_transaction_isolation = serializable"
    )
    with (
        Hold(database, "LOCK TABLE mine") as hold,
        busy.start("alembic", "-x", "lock_timeout=60s", "upgrade", "head") as deploy,
    ):
        hold.blocks()
        database.query("UPDATE busy SET i = i + 10")
        hold.release()
        said = deploy.ends()
    assert said.startswith("attempt 2 of 10 begins in ")
    told = ":4:1: could not serialize access due to concurrent update (40001)\n"
    assert told in said
    assert _attempts(database) == 2
    assert _failures(database) == 1
    assert database.value("SELECT i FROM busy") == 12
