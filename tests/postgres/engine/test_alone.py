"""Statements that no transaction takes: after a kill the catalog says what they did, or nobody."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from promptlib import Event, Kind, Migrator
from support import pooler
from support.holding import Hold
from support.outside import Deploys, at, attempts, outside
from support.processes import until
from support.projects import ONE, TWO

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@pytest.fixture
def deploy(project: Project, database: Database) -> Deploys:
    """Deploys of a project whose first migration made the table `log`, with two rows."""
    database.query("CREATE TABLE busy (i int)")
    project.add(1, "CREATE TABLE log AS SELECT 1 AS i;", "DROP TABLE log;")
    deploys = Deploys(project)
    deploys("upgrade head")
    return deploys


def _cut_off(deploy: Deploys, database: Database, hold: str, way: str) -> None:
    """Begin a deploy, and end it while its statement waits for others."""
    with Hold(database, hold) as lock:
        with deploy.project.start("promptlib", "migrate") as it:
            pid = lock.blocks()
            if way == "client":
                it.signal(signal.SIGKILL)
            else:
                database.query("SELECT pg_terminate_backend(%s)", pid)
            it.ends(None)
        lock.release()
    until(lambda: not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))


class _Case(NamedTuple):
    """A statement that others keep waiting, and what is true when it took effect once."""

    before: str
    statement: str
    hold: str
    after: str


_WRITER, _CIC = "INSERT INTO log VALUES (2)", "CREATE INDEX CONCURRENTLY x ON log (i)"
_X_THERE, _X_GONE = "to_regclass('x') IS NOT NULL", "to_regclass('x') IS NULL"
_CASES = {
    "create-index": _Case(
        "SELECT 1",
        _CIC,
        _WRITER,
        _X_THERE,
    ),
    "create-index-if-not-exists": _Case(
        "SELECT 1",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON log (i)",
        _WRITER,
        _X_THERE,
    ),
    "drop-index": _Case(
        "CREATE INDEX x ON log (i)",
        "DROP INDEX CONCURRENTLY x",
        _WRITER,
        "to_regclass('x') IS NULL",
    ),
    "reindex-index": _Case(
        "CREATE INDEX x ON log (i)", "REINDEX INDEX CONCURRENTLY x", _WRITER, "true"
    ),
    "reindex-table": _Case(
        "CREATE INDEX x ON log (i); ALTER TABLE log ADD t text",
        "REINDEX (CONCURRENTLY) TABLE log",
        _WRITER,
        "true",
    ),
    "detach": _Case(
        "CREATE TABLE p (i int) PARTITION BY LIST (i);"
        " CREATE TABLE q PARTITION OF p FOR VALUES IN (1)",
        "ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
        "SELECT FROM p",
        "NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'q'::regclass)",
    ),
    "vacuum": _Case("SELECT 1", "VACUUM FULL log", _WRITER, "true"),
    "cluster": _Case("CREATE INDEX x ON log (i)", "CLUSTER log USING x", _WRITER, "true"),
}


@pytest.mark.parametrize("way", ["client", "backend"])
@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES)
def test_the_catalog_says_what_a_kill_left(
    deploy: Deploys, project: Project, database: Database, case: _Case, way: str
) -> None:
    database.query(case.before)
    outside(
        project, 2, f"INSERT INTO busy VALUES (1);\n{case.statement};\nINSERT INTO busy VALUES (2);"
    )
    _cut_off(deploy, database, case.hold, way)
    deploy("upgrade head")
    assert at(database) == [ONE, TWO]
    assert database.value(f"SELECT {case.after}")
    assert database.value(_INVALID) == 0
    assert database.query("SELECT i FROM busy ORDER BY i") == [(1,), (2,)]


@pytest.mark.usefixtures("deploy")
def test_behind_a_pooler_whoever_runs_it_still_is_waited_for(
    project: Project, database: Database
) -> None:
    """Though a server process there is nobody's."""
    outside(project, 2, f"INSERT INTO busy VALUES (1);\n{_CIC};\nINSERT INTO busy VALUES (2);")
    with pooler.running(database.server) as between, Hold(database, _WRITER) as lock:
        project.url = between.url(database)
        with project.start("promptlib", "migrate") as killed:
            pid = lock.blocks()
            killed.signal(signal.SIGKILL)
            killed.ends(None)
        with project.start("promptlib", "migrate") as following:
            following.says(f"waiting for pid {pid}: it still runs a statement of a deploy")
            lock.release()
            assert "took effect in an earlier deploy" in following.ends()
    assert at(database) == [ONE, TWO]
    assert database.query("SELECT i FROM busy ORDER BY i") == [(1,), (2,)]


def test_nobody_is_believed_against_the_catalog(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, "SELECT 1;\nCREATE INDEX CONCURRENTLY x ON log (i);")
    _cut_off(deploy, database, _WRITER, "backend")
    for name in ("rerun", "skip"):
        said = deploy("upgrade head", ok=False, **{name: TWO})
        assert f"_x.sql:3:1: {name} names {TWO}, but nobody has to say what became of" in said
        assert "leave it out: alembic upgrade head goes on by itself" in said
        assert database.value(_INVALID) == 1
    deploy("upgrade head")
    assert database.value(f"SELECT {_X_THERE}")
    assert (database.value(_INVALID), at(database)) == (0, [ONE, TWO])


def test_an_index_that_was_there_before_is_no_proof(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("CREATE INDEX x ON log (i)")
    outside(project, 2, "INSERT INTO busy VALUES (1);\nCREATE INDEX CONCURRENTLY x ON log (i);")
    for _ in range(2):
        assert 'relation "x" already exists' in deploy("upgrade head", ok=False)
    assert database.query("SELECT i FROM busy") == [(1,)]


@pytest.mark.parametrize("way", ["client", "backend"])
def test_an_index_without_a_name(
    deploy: Deploys, project: Project, database: Database, way: str
) -> None:
    """Half-built it goes; a whole one may be anybody's, and is asked for."""
    database.query("CREATE INDEX ON log (i)")
    outside(project, 2, "SELECT 1;\nCREATE INDEX CONCURRENTLY ON log (i);")
    _cut_off(deploy, database, _WRITER, way)
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'log'::regclass AND indisvalid"
    if way == "client":
        assert database.value(indexes) == 2
        assert "statement 2 of 2 did not come to its end" in deploy("upgrade head", ok=False)
        deploy("upgrade head", skip=TWO)
    else:
        assert database.value(_INVALID) == 1
        assert "dropping the invalid index public.log_i_idx1" in deploy("upgrade head")
    assert (database.value(indexes), database.value(_INVALID)) == (2, 0)
    assert at(database) == [ONE, TWO]


def test_databases_are_looked_up(deploy: Deploys, project: Project, database: Database) -> None:
    """Nobody waits for a name: as if killed between the statement and its record."""
    other = f"{database.name}_other"
    make, drop = f"CREATE DATABASE {other};", f"DROP DATABASE {other};"
    outside(project, 2, make, drop)
    for line, direction in (("upgrade head", "up"), ("downgrade -1", "down")):
        _refuse_record(database, direction)
        assert 'violates check constraint "no"' in deploy(line, ok=False)
        database.query("ALTER TABLE migration_events DROP CONSTRAINT no")
        assert "took effect in an earlier deploy, as the catalog says" in deploy(line)
    assert not database.query("SELECT 1 FROM pg_database WHERE datname = %s", other)
    assert at(database) == [ONE]


def _refuse_record(database: Database, direction: str) -> None:
    """Let no statement of a direction be recorded as done."""
    database.query(
        "ALTER TABLE migration_events ADD CONSTRAINT no"
        f" CHECK (direction <> '{direction}' OR coalesce(statements_done, 0) = 0) NOT VALID"
    )


# It commits once, and waits then.
_BATCHES = """DO $$ BEGIN
    UPDATE acc SET balance = balance + 10; COMMIT;
    LOCK TABLE busy; UPDATE acc SET balance = balance + 1;
END $$"""


@pytest.fixture
def batches(deploy: Deploys, project: Project, database: Database) -> Deploys:
    """Deploys of which one was killed behind the first of two batches."""
    database.query("CREATE TABLE acc AS SELECT 100 AS balance")
    outside(project, 2, f"SELECT 1;\n{_BATCHES};\nUPDATE acc SET balance = balance * 2;")
    _cut_off(deploy, database, "LOCK TABLE busy", "backend")
    assert database.value("SELECT balance FROM acc") == 110
    return deploy


def test_nobody_knows_what_a_block_that_commits_did(batches: Deploys, database: Database) -> None:
    for _ in range(2):
        said = batches("upgrade head", ok=False)
        assert "_x.sql:3:1: statement 2 of 3 did not come to its end in an earlier deploy" in said
        assert f"promptlib migrate --rerun {TWO} runs that statement again" in (
            batches.project.promptlib("migrate", ok=False).stderr
        )
    assert database.value("SELECT balance FROM acc") == 110
    assert at(database) == [ONE]


@pytest.mark.parametrize(
    ("option", "balance"), [("--rerun", 242), ("--skip", 220), ("rerunnable", 242)]
)
def test_somebody_says_what_became_of_it(
    batches: Deploys, database: Database, option: str, balance: int
) -> None:
    words = [option, TWO]
    if option == "rerunnable":  # declared once, without an edit of the file
        batches.project.configure(rerunnable=f"{ONE} {TWO}")
        words = []
    batches.project.promptlib("migrate", *words)
    assert database.value("SELECT balance FROM acc") == balance
    assert at(database) == [ONE, TWO]


def test_a_block_that_fails_behind_its_first_commit_is_asked_for_too(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """Even as the first statement, and where its failure would pass."""
    database.query("CREATE TABLE acc AS SELECT 100 AS balance")
    outside(project, 2, f"{_BATCHES};")
    with Hold(database, "LOCK TABLE busy"):
        said = deploy("upgrade head", ok=False)
        assert "lock timeout" in said
        assert "attempt 2" not in said
    assert database.value("SELECT balance FROM acc") == 110
    assert "statement 1 of 1 did not come to its end" in deploy("upgrade head", ok=False)
    deploy("upgrade head", rerun=TWO)
    assert database.value("SELECT balance FROM acc") == 121


def test_a_block_that_fails_before_its_first_commit_is_known(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, "DO $$ BEGIN INSERT INTO log VALUES (1 / 0); COMMIT; END $$;")
    for _ in range(2):
        assert "division by zero" in deploy("upgrade head", ok=False)
    assert [event[1] for event in attempts(database)] == ["failed", "failed"]


def test_a_procedure_that_commits(deploy: Deploys, project: Project, database: Database) -> None:
    database.query(
        "CREATE PROCEDURE add_rows() LANGUAGE plpgsql AS $$ BEGIN FOR n IN 1..3 LOOP"
        " INSERT INTO busy VALUES (n); COMMIT; END LOOP; END $$"
    )
    outside(project, 2, "CALL add_rows();\nINSERT INTO busy VALUES (4);")
    deploy("upgrade head")
    assert database.query("SELECT i FROM busy ORDER BY i") == [(1,), (2,), (3,), (4,)]
    assert attempts(database) == [("up", "done", 2)]


def test_a_question_stays_open_in_a_section_that_became_transactional(
    batches: Deploys, project: Project, database: Database
) -> None:
    path = project.folder / "sql" / f"{TWO}_x.sql"
    path.write_text(path.read_text().replace("-- UP transaction:false", "-- UP"))
    assert "runs in a transaction now" in batches("upgrade head", ok=False)
    assert database.value("SELECT balance FROM acc") == 110


@pytest.mark.parametrize(
    ("before", "now"), [("DO $$", "VACUUM acc;\nDO $$"), ("DO $$ BEGIN", "DO $$ BEGIN PERFORM 1;")]
)
def test_a_question_is_about_the_statement_that_was_cut_off(
    batches: Deploys, project: Project, database: Database, before: str, now: str
) -> None:
    """Another one in its place says nothing of it: it would run again behind that."""
    path = project.folder / "sql" / f"{TWO}_x.sql"
    path.write_text(path.read_text().replace(before, now))
    said = batches("upgrade head", ok=False)
    assert "statement 2 of this UP section did not come to its end in an earlier deploy" in said
    assert "and it differs there now; restore it" in said
    assert database.value("SELECT balance FROM acc") == 110
    path.write_text(path.read_text().replace(now, before))
    assert "did it run?" in batches("upgrade head", ok=False)


def test_a_statement_that_somebody_mended_runs_as_it_stands_there(
    batches: Deploys, project: Project, database: Database
) -> None:
    path = project.folder / "sql" / f"{TWO}_x.sql"
    path.write_text(path.read_text().replace("balance + 10; COMMIT;", "balance; COMMIT;"))
    batches("upgrade head", rerun=TWO)
    assert database.value("SELECT balance FROM acc") == 222


@pytest.mark.usefixtures("deploy")
def test_an_index_waits_for_an_old_snapshot_as_long_as_it_must(
    project: Project, database: Database
) -> None:
    """To wait for it counts as to wait for a lock, and a limit would throw the index away."""
    outside(project, 2, "CREATE INDEX CONCURRENTLY x ON log (i);")
    kinds: list[Kind] = []
    with Hold(database, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM busy") as old:

        def told(event: Event) -> None:
            kinds.append(event.kind)
            if f"blocked by pid {old.pid} (test, " in event.message:
                assert database.value(_INVALID) == 1
                old.release()

        config, settings = str(project.folder / "alembic.ini"), {"lock_timeout": "100ms"}
        with Migrator(project.url, config=config, settings=settings, progress=told) as migrator:
            migrator.migrate()
    assert Kind.RUNNING in kinds
    assert Kind.RETRY not in kinds
    assert database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'x'::regclass")
    assert database.value(_INVALID) == 0


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("CREATE UNIQUE INDEX CONCURRENTLY u ON log (i);", ["public.u"]),
        ("REINDEX TABLE CONCURRENTLY log;", ["public.x_ccnew", "public.y_ccnew"]),
    ],
)
def test_what_a_failure_leaves_that_cannot_be_dropped_is_named(
    deploy: Deploys, project: Project, database: Database, statement: str, left: list[str]
) -> None:
    database.query("INSERT INTO log VALUES (1)")
    if len(left) > 1:
        database.query("CREATE INDEX x ON log (i); CREATE INDEX y ON log (i)")
    outside(project, 2, statement)
    path = project.folder / "sql" / f"{TWO}_x.sql"
    path.write_text(path.read_text().replace("-- UP", "-- UP lock_timeout:300ms"))
    with Hold(database, "INSERT INTO log VALUES (3)"):
        said = deploy("upgrade head", ok=False, lock_attempts="1")
    assert "lock timeout" in said
    indexes = f"index{'es' * (len(left) > 1)} {', '.join(left)}"
    assert f"note: the invalid {indexes} that an earlier attempt left cannot be dropped" in said
    drops = "; ".join(f"DROP INDEX CONCURRENTLY {name}" for name in left)
    assert f"; {drops}, then run it again" in said


def test_nonsense_in_the_ledger_is_refused_or_asked_about(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("INSERT INTO log VALUES (1)")
    outside(project, 2, "CREATE UNIQUE INDEX CONCURRENTLY x ON log (i);")
    deploy("upgrade head", ok=False)
    database.query("TRUNCATE log; CREATE UNIQUE INDEX x ON log (i)")
    event = "UPDATE migration_events SET outcome = 'running', alone = 0, {} WHERE version = %s"
    database.query(event.format("found_before = '{'"), TWO)
    assert "did it run?" in deploy("upgrade head", ok=False)
    database.query(event.format("statements_done = NULL"), TWO)
    assert "did it run?" in deploy("upgrade head", ok=False)


def test_a_name_is_no_part_of_what_we_say(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """Whoever may make a table may call it so, and what cleans up names it."""
    hostile = '"$promptlib$ $$; CREATE TABLE evil (); DO $$ BEGIN"'
    database.query(f"CREATE TABLE {hostile} AS SELECT 1 AS i FROM generate_series(1, 2)")
    outside(project, 2, f"CREATE UNIQUE INDEX CONCURRENTLY u ON {hostile} (i);")
    deploy("upgrade head", ok=False)
    assert database.value(_INVALID) == 0
    assert "evil" not in database.tables()


def test_a_detach_does_not_keep_the_partition_s_readers_waiting(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """In the end it locks the partition against all, and waits for those who read it."""
    database.query(
        "CREATE TABLE p (i int) PARTITION BY LIST (i);"
        " CREATE TABLE q PARTITION OF p FOR VALUES IN (1)"
    )
    outside(project, 2, "ALTER TABLE p DETACH PARTITION q CONCURRENTLY;")
    with Hold(database, "SELECT FROM q"):
        assert "gave up after 2 attempts" in deploy("upgrade head", ok=False)
    assert "an earlier attempt was cut off halfway" in deploy("upgrade head")
    assert database.query("SELECT FROM pg_inherits WHERE inhrelid = 'q'::regclass") == []
