"""Steps, one behind the other: killed at any moment, a deploy leaves a database that knows how far.

The statements of one go with the record of the one before, and run only where that is committed.
"""

from __future__ import annotations

import contextlib
import signal
from random import Random
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib import Migrator
from support import inside, ledgers, servers
from support.freezing import Network
from support.holding import Hold
from support.killing import Deploys, kill_backend, kill_client, kill_server, terminate_backend
from support.processes import until
from support.projects import ONE, TWO, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib import Event
    from support.databases import Database
    from support.killing import Kill
    from support.servers import Server

pytestmark = pytest.mark.servers("newest")
_KILLS = 9  # of one seed; with the seeds and kinds below more than 60
_SEEDS = (1, 2)
_VERSIONS = ledgers.versions(*range(1, 13))
_NAP = "SELECT pg_sleep(0.02);"
_IN_TRANSACTION = (
    f"""CREATE TABLE t{{0}} (i int);
        {_NAP}
        CREATE INDEX t{{0}}_i ON t{{0}} (i);
        INSERT INTO log VALUES ({{0}});
        CREATE UNIQUE INDEX t{{0}}_u ON t{{0}} (i);
        {_NAP}""",
    f"""DELETE FROM log WHERE number = {{0}};
        DROP INDEX t{{0}}_u;
        {_NAP}
        DROP TABLE t{{0}};""",
)
_OUTSIDE = (
    f"""CREATE TABLE t{{0}} (i int);
        {_NAP}
        CREATE INDEX CONCURRENTLY t{{0}}_i ON t{{0}} (i);
        CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t{{0}}_u ON t{{0}} (i);
        {_NAP}""",
    f"""DROP INDEX CONCURRENTLY t{{0}}_u;
        {_NAP}
        DROP INDEX CONCURRENTLY t{{0}}_i;
        DROP TABLE t{{0}};""",
)
_OPTION = " transaction:false"
# Of UP and of DOWN; they alternate.
_KINDS = (
    (_IN_TRANSACTION, "", ""),
    (_OUTSIDE, _OPTION, _OPTION),
    ((_OUTSIDE[0], _IN_TRANSACTION[1]), _OPTION, ""),
)
_HALF_DONE = """
    SELECT version FROM (
        SELECT DISTINCT ON (version) version, outcome FROM migration_events
         WHERE outcome = 'done' OR statements_done > 0 OR alone IS NOT NULL
         ORDER BY version, id DESC) newest
     WHERE outcome IN ('running', 'failed')
"""
_RELATIONS = """
    SELECT relname FROM pg_class LEFT JOIN pg_index ON indexrelid = pg_class.oid
     WHERE relname ~ '^t[0-9]' AND indisvalid IS NOT FALSE
"""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server of these tests' own.

    It runs without fsync, as all servers of the tests do: what a dead process has written is in
    the kernel's cache, which only the machine's own death would empty.
    """
    with servers.running("18") as server:
        yield server


class _Deploys(Deploys):
    """Deploys whose schema and ledger agree whenever one was killed."""

    def check(self) -> None:
        """Schema, alembic_version and ledger agree, but for what is known to be half done."""
        until(lambda: not self.others())  # a client's death does not end its statement
        rows, there, half = self.rows(), set(self.found(_RELATIONS)), self.found(_HALF_DONE)
        assert rows == _VERSIONS[: len(rows)]
        assert self.found("SELECT version_num FROM alembic_version") == rows[-1:]
        assert len(half) <= 1
        assert {*half} <= {*rows[-1:], *_VERSIONS[len(rows) :][:1]}
        for number, version in enumerate(_VERSIONS, start=1):
            things = {f"t{number}", f"t{number}_i", f"t{number}_u"}
            if version not in half:
                assert there & things == (things if version in rows else set())
        logged = self.found("SELECT number FROM log ORDER BY number")
        assert ledgers.versions(*logged) == [each for each in rows if not _kind(each)[1]]


def _kind(version: str) -> tuple[tuple[str, str], str, str]:
    return _KINDS[int(version[-2:]) % len(_KINDS)]


@pytest.mark.patient
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_client, id="client"),
        pytest.param(terminate_backend, id="backend-terminated"),
        pytest.param(kill_backend, id="backend-killed"),
        pytest.param(kill_server, id="server"),
    ],
)
def test_a_killed_deploy_is_gone_on_with(
    mortal: Server, tmp_path: Path, kill: Kill, seed: int
) -> None:
    database = mortal.create()
    database.query("CREATE TABLE log (number int)")
    project = Project.copy(tmp_path, database.url)
    for number, version in enumerate(_VERSIONS, start=1):
        (up, down), *options = _kind(version)
        text = f"-- UP{options[0]}\n{up}\n-- DOWN{options[1]}\n{down}\n".format(number)
        project.write(f"{version}_x.sql", text)
    deploys = _Deploys(project, database, Random(seed), kill, _VERSIONS)
    while deploys.kills < _KILLS:
        deploys.deploy()
        deploys.check()
    project.alembic("upgrade", "head")
    deploys.check()
    assert deploys.rows() == _VERSIONS
    assert deploys.found(_HALF_DONE) == []
    assert database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    inside.alembic(project, "downgrade", "base")
    deploys.check()
    assert deploys.rows() == []
    mortal.drop(database.name)


_REFUSED = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON log DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (new.number = 1) EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def counting(project: Project, database: Database) -> Project:
    """A project of two migrations that write into a log, and count by what is never undone."""
    database.query("CREATE TABLE log (number int); CREATE SEQUENCE ran;")
    for number in (1, 2):
        project.add(number, f"INSERT INTO log VALUES ({number});\nSELECT nextval('ran');")
    return project


def _ran(database: Database) -> int:
    """How many migrations have run, undone or not."""
    return int(database.value("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ran"))


def test_a_step_does_not_run_where_the_one_before_is_not_committed(
    counting: Project, database: Database
) -> None:
    database.query(_REFUSED)
    assert "no" in counting.promptlib("migrate", ok=False).stderr
    assert _ran(database) == 1
    assert ledgers.events(database) == [(ONE, "up", "failed")]
    database.query("DROP TRIGGER late ON log")
    counting.promptlib("migrate")
    assert database.query("SELECT number FROM log ORDER BY number") == [(1,), (2,)]
    assert _ran(database) == 3


def test_what_fails_is_the_step_whose_statement_it_is(
    counting: Project, database: Database
) -> None:
    counting.add(2, "INSERT INTO log VALUES (2);\n\n  INSERT INTO log VALUES ('x');")
    said = counting.promptlib("migrate", ok=False).stderr
    assert f"{TWO}_x.sql:4:27: " in said
    assert database.query("SELECT number FROM log") == [(1,)]
    assert ledgers.applied(database) == ledgers.current(database) == [ONE]
    assert ledgers.events(database) == [(ONE, "up", "done"), (TWO, "up", "failed")]


def test_a_step_is_told_while_the_next_one_waits(counting: Project, database: Database) -> None:
    counting.configure(lock_timeout="10min")
    counting.add(2, "LOCK TABLE held;\nSELECT nextval('ran');")
    database.query("CREATE TABLE held ()")
    with (
        Hold(database, "LOCK TABLE held") as hold,
        counting.start("promptlib", "migrate") as deploy,
    ):
        hold.blocks()
        deploy.says(f"upgrade   {ONE}")
        assert ledgers.applied(database) == [ONE]
        deploy.signal(signal.SIGINT)
        said = deploy.ends(130)
    assert "interrupted; what was not committed is undone, and the deploy lock is free" in said
    assert (ledgers.applied(database), _ran(database)) == ([ONE], 1)
    assert ledgers.events(database) == [(ONE, "up", "done"), (TWO, "up", "failed")]
    counting.promptlib("migrate")
    assert (ledgers.applied(database), _ran(database)) == ([ONE, TWO], 2)


def test_a_step_that_waits_too_long_is_tried_again(counting: Project, database: Database) -> None:
    counting.configure(lock_timeout="100ms")
    counting.add(2, "SELECT nextval('ran');\nLOCK TABLE held;\nINSERT INTO log VALUES (2);")
    database.query("CREATE TABLE held ()")
    with (
        Hold(database, "LOCK TABLE held") as hold,
        counting.start("promptlib", "migrate") as deploy,
    ):
        deploy.says("attempt 2 of")
        hold.release()
        deploy.ends()
    assert database.query("SELECT number FROM log ORDER BY number") == [(1,), (2,)]
    assert ledgers.events(database)[-1] == (TWO, "up", "done")
    assert _ran(database) == len(ledgers.events(database))


def test_a_step_does_not_begin_where_the_lock_is_lost(
    counting: Project, database: Database
) -> None:
    holders = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    counting.add(1, f"SELECT pg_terminate_backend(pid, 60000) FROM ({holders}) h;")
    assert "lost" in counting.promptlib("migrate", ok=False).stderr
    assert (ledgers.applied(database), _ran(database)) == ([ONE], 0)
    counting.add(1, "SELECT 1;")
    counting.promptlib("repair", "--yes")
    counting.promptlib("migrate")
    assert (ledgers.applied(database), _ran(database)) == ([ONE, TWO], 1)


@pytest.mark.parametrize("at", ["step", "begin"])
def test_nothing_stays_of_a_step_that_a_program_stops(
    counting: Project, database: Database, at: str
) -> None:
    """Its statements may be on their way already."""

    def stop(event: Event) -> None:
        if (str(event.kind), event.version) == (at, ONE if at == "step" else TWO):
            raise ValueError(at)

    config = str(counting.folder / "alembic.ini")
    with (
        Migrator(database.url, config=config, progress=stop) as migrator,
        pytest.raises(ValueError, match=at),
    ):
        migrator.migrate()
    assert database.query("SELECT number FROM log") == [(1,)]
    assert ledgers.applied(database) == ledgers.current(database) == [ONE]
    with Migrator(database.url, config=config) as migrator:
        migrator.migrate()
    assert database.query("SELECT number FROM log ORDER BY number") == [(1,), (2,)]


def test_a_program_may_use_what_the_next_step_will_lock(
    counting: Project, database: Database
) -> None:
    counting.add(2, "ALTER TABLE log ADD COLUMN seen int;\nINSERT INTO log VALUES (2);")
    seen = list[object]()

    def look(event: Event) -> None:
        if event.version:
            cursor.execute("SELECT count(*) FROM log")
            seen.append((cursor.fetchone() or (None,))[0])

    config = str(counting.folder / "alembic.ini")
    with (
        contextlib.closing(psycopg2.connect(database.url, options="-c lock_timeout=5s")) as own,
        own.cursor() as cursor,
        Migrator(database.url, config=config, progress=look) as migrator,
    ):
        own.autocommit = True
        migrator.migrate()
    assert seen == [0, 1, 1, 2]


def test_what_a_step_says_as_it_is_committed_is_not_the_next_one_s(
    counting: Project, database: Database
) -> None:
    database.query(_REFUSED.replace("RAISE 'no'", "RAISE WARNING 'late'; RETURN NULL"))
    counting.add(2, "INSERT INTO log VALUES (2);\nDO $$ BEGIN RAISE NOTICE 'of 2'; END $$;")
    said = counting.promptlib("migrate").stderr
    assert "NOTICE: of 2" in said
    assert "late" not in said


def test_a_step_that_nobody_heard_of_is_looked_up(counting: Project, database: Database) -> None:
    """The network freezes behind a record, with the statements of the next step."""
    with Network(database) as network:
        frozen = Project(counting.folder, f"{network.url}?tcp_user_timeout=1000")
        network.freeze_at(b"nextval(''ran'')", lets_through=True)  # the text that is kept
        with frozen.start("promptlib", "migrate") as deploy:
            network.freezes()
            until(lambda: ledgers.applied(database) == [ONE])
            deploy.signal(signal.SIGTERM)
            deploy.signal(signal.SIGTERM)
            deploy.ends(143)
    counting.promptlib("migrate")
    assert database.query("SELECT number FROM log ORDER BY number") == [(1,), (2,)]
