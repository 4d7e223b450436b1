"""Sections outside a transaction: each statement is recorded, and what was cut off goes on."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import pytest
from psycopg2.errors import UniqueViolation

from promptlib.files.parser import parse_migration
from promptlib.ledger.tables import UP
from support import pooler
from support.holding import Hold
from support.outside import Deploys, at, attempts, outside
from support.processes import until
from support.projects import ONE, TWO, full

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

_FAILS = "INSERT INTO log VALUES (1);\nINSERT INTO log VALUES (2);\nINSERT INTO gone VALUES (3);"


@pytest.fixture
def deploy(project: Project) -> Deploys:
    """Deploys of a project whose first migration made the table `log`."""
    project.add(1, "CREATE TABLE log (i int);", "DROP TABLE log;")
    deploys = Deploys(project)
    deploys("upgrade head")
    return deploys


def cut_off(
    database: Database, path: Path, direction: str, done: int, ran: int | None = None
) -> None:
    """Leave what a kill of an earlier version left, which recorded statements behind them.

    One statement more took effect than is recorded, if nothing else is said.
    """
    version = path.name[:14]
    found = parse_migration(version, "x", path, path.read_bytes())
    section = found.up if direction == UP else found.down
    for index in range(done + 1 if ran is None else ran):
        database.query(section.sql(index))
    database.query(
        "INSERT INTO migration_events (version, direction, outcome, statements_done,"
        " statements_checksum, backend_pid)"
        " VALUES (%s, %s, 'running', %s, %s, pg_backend_pid())",
        *(version, direction, done, section.checksum_of(done)),
    )


def test_each_statement_is_recorded_when_it_has_finished(
    project: Project, database: Database
) -> None:
    database.query("CREATE TABLE busy (i int)")
    outside(project, 2, "CREATE TABLE a (i int);\nALTER TABLE busy ADD j int;\nSELECT 1;")
    recorded = "SELECT outcome, statements_done, finished_at IS NULL FROM migration_events"
    with (
        Hold(database, "LOCK TABLE busy") as hold,
        project.start("alembic", "upgrade", "head") as it,
    ):
        hold.blocks()
        assert database.query(recorded) == [("running", 1, True)]
        assert "a" in database.tables()
        assert at(database) == []
        hold.release()
        it.ends()
    assert database.query(recorded) == [("done", 3, False)]
    assert at(database) == [TWO]


def test_the_next_run_goes_on_behind_the_last_statement_that_finished(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, _FAILS)
    assert 'relation "gone" does not exist' in deploy("upgrade head", ok=False)
    assert at(database) == [ONE]
    assert "goes on behind statement 2 of 3" in deploy("upgrade head", ok=False)
    # What has not run yet may be mended, and what surrounds the rest is nobody's business.
    outside(
        project, 2, f"-- new\r\n{_FAILS}".replace(";\n", ";\r\n/* x */\r\n").replace("gone", "log")
    )
    deploy("upgrade head")
    assert database.query("SELECT i FROM log ORDER BY i") == [(1,), (2,), (3,)]
    assert attempts(database) == [("up", "failed", 2), ("up", "failed", 2), ("up", "done", 3)]
    assert at(database) == [ONE, TWO]
    assert "goes on" not in deploy("upgrade head")


@pytest.mark.parametrize(
    ("options", "up"),
    [
        pytest.param(" transaction:false", _FAILS.replace("(1)", "(7)"), id="changed"),
        pytest.param(
            " transaction:false", _FAILS.replace("(1);\n", "(1);\nSELECT 1;\n"), id="added"
        ),
        pytest.param(" transaction:false", _FAILS.partition("\n")[2], id="removed"),
        pytest.param(" transaction:false", "INSERT INTO log VALUES (1);", id="fewer"),
        pytest.param("", _FAILS, id="in-a-transaction"),
    ],
)
def test_finished_statements_that_changed_are_refused_and_kept(
    deploy: Deploys, project: Project, database: Database, options: str, up: str
) -> None:
    path = outside(project, 2, _FAILS)
    deploy("upgrade head", ok=False)
    before = path.read_text()
    path.write_text(f"-- UP{options}\n{up}\n-- DOWN\nSELECT 1;\n")
    said = deploy("upgrade head", ok=False)
    assert "the first 2 statements of this UP section took effect here" in said
    assert "restore them, and it goes on behind them; or undo them: alembic downgrade -1" in said
    assert database.query("SELECT i FROM log ORDER BY i") == [(1,), (2,)]
    path.write_text(before)
    assert "goes on behind statement 2 of 3" in deploy("upgrade head", ok=False)


@pytest.mark.parametrize("there", ["CREATE TABLE a ()", "CREATE TABLE b ()"])
def test_a_statement_that_finds_something_in_its_way_fails(
    deploy: Deploys, project: Project, database: Database, there: str
) -> None:
    """Whatever was cut off before: an error is never a proof that something ran."""
    outside(project, 2, "INSERT INTO log VALUES (1);\nCREATE TABLE a ();\nCREATE TABLE b ();")
    database.query(there)
    for _ in range(2):
        said = deploy("upgrade head", ok=False)
        assert f'relation "{there[13]}" already exists (42P07)' in said
        assert "counts as done" not in said
    assert attempts(database)[-1][1] == "failed"
    assert database.query("SELECT i FROM log") == [(1,)]


def test_what_an_earlier_version_left_unrecorded_is_asked_for(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """It ran statements first, and recorded them then."""
    path = outside(project, 2, "CREATE TABLE a ();\nCREATE TABLE b ();\nCREATE TABLE c ();")
    cut_off(database, path, "up", 1)
    said = deploy("upgrade head", ok=False)
    assert said.startswith(
        f"{path.relative_to(project.folder)}:3:1: statement 2 of 3 did not come to its end in an "
        "earlier deploy, and nothing tells what of it took effect; did it run? look at what it "
        f"does, then say so: alembic -x rerun={TWO} upgrade head runs that statement again, "
        f"alembic -x skip={TWO} upgrade head counts it as done\n"
    )
    assert database.tables() == {"alembic_version", "log", "a", "b"}
    assert "already exists" in deploy("upgrade head", ok=False, rerun=TWO)
    cut_off(database, path, "up", 1, ran=0)
    deploy("upgrade head", skip=TWO)
    assert at(database) == [ONE, TWO]
    assert "c" in database.tables()


def test_an_answer_that_nobody_asked_for_is_refused(deploy: Deploys, project: Project) -> None:
    outside(project, 2, "SELECT 1;\nSELECT 2;")
    for name in ("skip", "rerun"):
        said = deploy("upgrade head", ok=False, **{name: TWO})
        assert said == (
            f"{name} names {TWO}, of which no statement waits for an answer; leave it out; alembic "
            "current shows what was cut off\n"
        )
        assert "cannot be 'x'; write a version" in deploy("upgrade head", ok=False, **{name: "x"})
    deploy("upgrade head")
    assert "waits for an answer" in deploy("upgrade head", ok=False, skip=TWO)


def test_a_statement_whose_record_cannot_be_written_is_undone(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, "CREATE TABLE a ();\nINSERT INTO log VALUES (1);\nCREATE TABLE c ();")
    database.query("ALTER TABLE migration_events ADD CONSTRAINT no CHECK (statements_done < 2)")
    assert 'violates check constraint "no"' in deploy("upgrade head", ok=False)
    assert database.query("SELECT i FROM log") == []
    database.query("ALTER TABLE migration_events DROP CONSTRAINT no")
    deploy("upgrade head")
    assert database.query("SELECT i FROM log") == [(1,)]
    assert at(database) == [ONE, TWO]


@pytest.mark.usefixtures("powerless")
def test_what_a_section_sets_does_not_keep_it_from_being_recorded(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("GRANT ALL ON log TO powerless")
    sets = (
        "SET ROLE powerless;\nSET search_path = '';\nSET statement_timeout = '10s';\n"
        "INSERT INTO public.log SELECT 1 WHERE current_user = 'powerless';\n"
        "SET SESSION AUTHORIZATION powerless;\n"
        "INSERT INTO public.log SELECT 2 WHERE session_user = 'powerless';"
    )
    outside(project, 2, sets)
    project.add(3, "INSERT INTO log SELECT 3 WHERE current_user = session_user;")
    deploy("upgrade head")
    assert database.query("SELECT i FROM log ORDER BY i") == [(1,), (2,), (3,)]
    assert attempts(database) == [("up", "done", 6)]


@pytest.mark.usefixtures("powerless")
def test_a_role_that_a_section_sets_does_not_keep_what_runs_alone_from_being_recorded(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("ALTER TABLE log OWNER TO powerless; GRANT CREATE ON SCHEMA public TO powerless")
    outside(project, 2, "SET ROLE powerless;\nCREATE INDEX CONCURRENTLY x ON log (i);\nSELECT 1;")
    deploy("upgrade head")
    assert attempts(database) == [("up", "done", 3)]


@pytest.mark.parametrize(
    ("first", "left"),
    [
        ("CREATE TEMP TABLE users AS SELECT 7 AS i;", "a temporary table"),
        ("DO $$ BEGIN PERFORM set_config('search_path', 's', false); END $$;", "a setting"),
    ],
)
def test_nothing_goes_on_behind_what_ended_with_its_session(
    deploy: Deploys, project: Project, database: Database, first: str, left: str
) -> None:
    """It would change another table of that name."""
    database.query("CREATE TABLE users AS SELECT 1 AS i; CREATE SCHEMA s; CREATE TABLE s.users ()")
    up = f"{first}\nSELECT 1/0;\nUPDATE users SET i = i + 1;"
    outside(project, 2, up)
    deploy("upgrade head", ok=False)
    outside(project, 2, up.replace("1/0", "1"))
    said = deploy("upgrade head", ok=False)
    assert f"_x.sql:2:1: this made {left}, which ended with the session" in said
    assert database.query("SELECT i FROM users") == [(1,)]
    deploy("downgrade -1")
    assert at(database) == [ONE]


@pytest.mark.parametrize("between", [True, False], ids=["through-a-pooler", "directly"])
def test_a_statement_that_outlives_its_client_takes_effect_once(
    deploy: Deploys, project: Project, database: Database, server: Server, *, between: bool
) -> None:
    """Orphaned, it would commit by itself; the record that it lacks keeps it from that."""
    with pooler.running(server) if between else contextlib.nullcontext() as pool:
        database.query("CREATE TABLE acc AS SELECT 100 AS balance; CREATE TABLE busy ()")
        database.query(
            "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql AS"
            " $$ BEGIN LOCK TABLE busy; RETURN i; END $$"
        )
        outside(project, 2, "SELECT 1;\nUPDATE acc SET balance = slow(balance) + 10;")
        if pool:
            project.url = pool.url(database)
        with Hold(database, "LOCK TABLE busy") as lock:
            with project.start("alembic", "-x", "lock_timeout=1min", "upgrade", "head") as killed:
                pid = lock.blocks()
                killed.signal(signal.SIGKILL)
                killed.ends(-signal.SIGKILL)
            lock.release()
        until(lambda: not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))
        assert database.value("SELECT balance FROM acc") == 100
        deploy("upgrade head")
        assert database.value("SELECT balance FROM acc") == 110
        assert at(database) == [ONE, TWO]


def test_an_error_behind_a_kill_counts_as_one(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """A DO block that calls what is not there, or meets what is there, did not run."""
    database.query("CREATE TABLE kept AS SELECT 7 AS value; CREATE TABLE busy ()")
    outside(
        project,
        2,
        "ALTER TABLE log ADD value int;",
        "LOCK TABLE busy;\nDO $$ BEGIN UPDATE log SET i = misspelt(); END $$;\n"
        "ALTER TABLE log DROP value;",
    )
    deploy("upgrade head")
    with (
        Hold(database, "LOCK TABLE busy") as lock,
        project.start("alembic", "downgrade", "-1") as it,
    ):
        lock.blocks()
        it.signal(signal.SIGKILL)
        it.ends(-signal.SIGKILL)
    said = deploy("downgrade -1", ok=False)
    assert "function misspelt() does not exist (42883)" in said
    assert database.query("SELECT value FROM log") == []
    assert attempts(database)[-1][:2] == ("down", "failed")


def test_what_finished_statements_set_is_set_again(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("CREATE SCHEMA s")
    for number, setting in enumerate(
        ("SET search_path = s", "SELECT pg_catalog.set_config('search_path', 's', false)"), start=2
    ):
        outside(project, number, f"{setting};\nCREATE TABLE {'xxab'[number]} AS SELECT 1/g FROM g;")
        deploy("upgrade head", ok=False)
        database.query("CREATE TABLE s.g AS SELECT 1 AS g")
        assert "goes on behind statement 1 of 2" in deploy("upgrade head")
        database.query("DROP TABLE s.g")
    rows = database.query("SELECT tablename FROM pg_tables WHERE schemaname = 's' ORDER BY 1")
    assert rows == [("a",), ("b",)]


def test_nothing_else_runs_before_a_half_done_up(
    deploy: Deploys, project: Project, database: Database
) -> None:
    half = outside(project, 3, "CREATE TABLE a ();\nSELECT 1/0;", "DROP TABLE a;")
    project.add(4, "CREATE TABLE d ();")
    deploy("upgrade head", ok=False)
    before = attempts(database, 3)
    refused = f"the UP section of {full(3)} was cut off after statement 1, so nothing else runs"
    finish = f"finish it: alembic upgrade {full(3)}; or undo it: alembic downgrade -1"
    assert f"{refused} before it is whole; {finish}" in deploy(f"upgrade {ONE}", ok=False)
    older = project.add(2, "CREATE TABLE b ();")
    assert f"rename {TWO} to newer versions, then {finish}" in deploy("upgrade head", ok=False)
    older.unlink()
    late = project.add(0, "CREATE TABLE b ();")
    assert "never ran here" in deploy("upgrade head", ok=False)
    said = deploy("upgrade head", ok=False, late="apply")
    assert finish.replace("upgrade", "-x late=apply upgrade", 1) in said
    assert attempts(database, 3) == before
    assert database.tables() == {"alembic_version", "log", "a"}
    half.write_text(half.read_text().replace("1/0", "1"))
    deploy(f"upgrade {full(3)}", late="apply")
    assert "b" not in database.tables()
    deploy("upgrade head", late="apply")
    assert database.tables() == {"alembic_version", "log", "a", "b", "d"}
    assert late.exists()


@pytest.mark.parametrize(
    "recorded", [pytest.param(3, id="outside"), pytest.param(None, id="in-a-transaction")]
)
@pytest.mark.parametrize(
    ("target", "rest"), [("-1", [ONE]), (ONE, [ONE]), ("-2", []), ("base", [])]
)
def test_a_half_done_up_is_undone(
    deploy: Deploys, database: Database, target: str, rest: list[str], recorded: int | None
) -> None:
    """Its DOWN runs from the start, and takes what UP did not reach for undone."""
    down = "DROP TABLE c;\nDROP INDEX a_i;\nDROP TABLE a;"
    up = "CREATE TABLE a (i int);\nCREATE INDEX a_i ON a (i);\nSELECT 1/0;\nCREATE TABLE c ();"
    outside(deploy.project, 2, up, down, down_too=bool(recorded))
    deploy("upgrade head", ok=False)
    said = deploy(f"downgrade {target}")
    assert 'table "c" does not exist (42P01); this counts as done' in said
    assert said.count("counts as done") == 1
    assert at(database) == rest
    assert database.tables() == {"alembic_version", *(["log"] if rest else [])}
    assert attempts(database)[1:] == [("down", "done", recorded)]


def test_half_of_the_first_migration_is_undone(project: Project, database: Database) -> None:
    outside(project, 1, "CREATE TABLE a ();\nSELECT 1/0;", "DROP TABLE a;")
    deploy = Deploys(project)
    deploy("upgrade head", ok=False)
    deploy("downgrade -1")
    assert database.tables() == {"alembic_version"}
    assert "didn't produce 1 migrations" in deploy("downgrade -1", ok=False)


def test_a_half_done_down_is_finished_or_undone(
    deploy: Deploys, project: Project, database: Database
) -> None:
    down = "DROP TABLE b;\nDROP TABLE gone;\nDROP TABLE a;"
    outside(project, 2, "CREATE TABLE a ();\nCREATE TABLE b ();", down)
    project.add(3, "CREATE TABLE c ();", "DROP TABLE c;")
    deploy(f"upgrade {TWO}")
    deploy("downgrade -1", ok=False)
    assert at(database) == [ONE, TWO]
    said = deploy("upgrade head")  # undone, before anything else runs
    assert 'relation "a" already exists (42P07); this counts as done' in said
    assert at(database) == [ONE, TWO, full(3)]
    assert {"a", "b", "c"} <= database.tables()
    deploy(f"downgrade {ONE}", ok=False)
    assert at(database) == [ONE, TWO]
    database.query("CREATE TABLE gone ()")
    assert "goes on behind statement 1 of 3" in deploy("downgrade -1")
    assert at(database) == [ONE]
    assert database.tables() == {"alembic_version", "log"}
    assert [event[:2] for event in attempts(database)] == [
        *(("up", "done"), ("down", "failed"), ("up", "done")),
        *(("down", "failed"), ("down", "done")),
    ]


def test_a_half_done_section_is_not_forgotten_when_what_undoes_it_fails(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(
        project,
        2,
        "CREATE INDEX log_i ON log (i);\nCREATE TABLE a ();\nALTER TABLE log ADD j int;",
        "ALTER TABLE log DROP j;\nDROP TABLE a;\nDROP INDEX log_i;\nDROP TABLE gone;",
    )
    database.query("ALTER TABLE log ADD j int; CREATE TABLE gone ()")
    deploy("upgrade head", ok=False)
    with Hold(database, "LOCK TABLE log"):
        deploy("downgrade -1", ok=False)
    deploy("downgrade -1")
    assert at(database) == [ONE]
    deploy("upgrade head")
    deploy("downgrade -1", ok=False)
    with Hold(database, "LOCK TABLE log"):
        deploy("upgrade head", ok=False)
    deploy("upgrade head")
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'log'::regclass AND attnum > 0"
    assert ("j",) in database.query(columns)
    assert database.value(
        "SELECT to_regclass('log_i') IS NOT NULL AND to_regclass('a') IS NOT NULL"
    )
    assert at(database) == [ONE, TWO]


def test_stamp_says_what_becomes_of_a_half_done_section(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, "CREATE TABLE a ();\nSELECT 1/0;", "DROP TABLE a;")
    deploy("upgrade head", ok=False)
    deploy(f"stamp {ONE}")
    assert 'relation "a" already exists' in deploy("upgrade head", ok=False)
    database.query("DROP TABLE a")
    deploy("upgrade head", ok=False)
    deploy(f"stamp {TWO}")
    deploy("upgrade head")
    assert at(database) == [ONE, TWO]
    assert [event[:2] for event in attempts(database)] == [
        *(("up", "failed"), ("down", "stamped")),
        *(("up", "failed"), ("up", "failed"), ("up", "stamped")),
    ]


_INVALID = [
    pytest.param("t", "u", "CREATE UNIQUE INDEX CONCURRENTLY u ON t (i)", id="plain"),
    pytest.param(
        "t", "u", "create unique index concurrently if not exists U on T(i)", id="if-not-exists"
    ),
    pytest.param(
        '"T. x"',
        '"u.""x"',
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "u.""x" ON "T. x" (i)',
        id="quoted",
    ),
    pytest.param(
        'other."T"',
        "u",
        '/* a */ CREATE UNIQUE/* b */INDEX CONCURRENTLY u -- c\n ON ONLY Other . "T" (i)',
        id="schema",
    ),
    pytest.param(
        "other.t",
        "u",
        "SET search_path = other;\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON t (i)",
        id="search-path",
    ),
]


@pytest.mark.parametrize(("table", "index", "statement"), _INVALID)
def test_an_invalid_index_is_dropped_and_built_again(
    deploy: Deploys, database: Database, table: str, index: str, statement: str
) -> None:
    """PostgreSQL alone would take it for there, and skip an IF NOT EXISTS."""
    twice = "AS SELECT 1 AS i FROM generate_series(1, 2)"
    database.query("CREATE SCHEMA other")
    database.query("CREATE SCHEMA decoy")
    database.query(f"CREATE TABLE decoy.t {twice}")
    with pytest.raises(UniqueViolation):
        database.query(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON decoy.t (i)")
    outside(deploy.project, 2, f"CREATE TABLE {table} {twice};\n{statement};")
    said = deploy("upgrade head", ok=False)
    assert "could not create unique index" in said
    assert "dropping the invalid index" in said
    with pytest.raises(UniqueViolation):
        database.query(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} (i)")
    database.query(f"TRUNCATE {table}")
    assert "dropping the invalid index" in deploy("upgrade head")
    valid = (
        "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE indrelid = %s::regclass AND quote_ident(relname) = %s"
    )
    assert database.query(valid, table, index) == [(True,)]
    assert database.query(valid, "decoy.t", index) == [(False,)]


def test_an_invalid_index_that_another_table_has_stays(
    deploy: Deploys, project: Project, database: Database
) -> None:
    database.query("INSERT INTO log VALUES (1), (1)")
    with pytest.raises(UniqueViolation):
        database.query("CREATE UNIQUE INDEX CONCURRENTLY u ON log (i)")
    outside(project, 2, "CREATE TABLE t (i int);\nCREATE INDEX CONCURRENTLY u ON t (i);")
    assert 'relation "u" already exists' in deploy("upgrade head", ok=False)
    assert 'relation "u" already exists' in deploy("upgrade head", ok=False)
    assert database.value("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 'u'::regclass")


def test_what_a_killed_client_left_running_is_waited_for(
    deploy: Deploys, project: Project, database: Database
) -> None:
    outside(project, 2, "CREATE TABLE a ();\nALTER TABLE log ADD j int;", "DROP TABLE a;")
    with Hold(database, "LOCK TABLE log") as lock:
        with project.start("alembic", "-x", "lock_timeout=1min", "upgrade", "head") as killed:
            pid = lock.blocks()
            killed.signal(signal.SIGKILL)
            killed.ends(-signal.SIGKILL)
        for line in ("upgrade head", "downgrade -1"):
            said = deploy(line, ok=False)
            for text in (
                f"waiting for an earlier deploy that was cut off, or lost its lock: pid {pid} (",
                f"an earlier deploy was cut off, or lost its lock, and is still there: pid {pid} (",
                f"; wait for it, or end it: SELECT pg_terminate_backend({pid})",
            ):
                assert text in said
        with project.start("alembic", "upgrade", "head") as following:
            following.says("waiting for an earlier deploy that was cut off")
            lock.release()
            assert "goes on behind statement 1 of 2" in following.ends()
    assert attempts(database) == [("up", "running", 1), ("up", "done", 2)]
    assert at(database) == [ONE, TWO]


@pytest.mark.parametrize(
    ("hold", "statement", "said"),
    [
        pytest.param("LOCK TABLE log", "ALTER TABLE log ADD j int", "blocked by", id="alter-table"),
        pytest.param(
            "INSERT INTO log VALUES (1)",
            "CREATE INDEX CONCURRENTLY x ON log (i)",
            "dropping the invalid index public.x",
            id="index",
        ),
    ],
)
def test_a_statement_that_waits_too_long_for_a_lock_is_tried_again(
    deploy: Deploys, database: Database, hold: str, statement: str, said: str
) -> None:
    path = outside(deploy.project, 2, f"INSERT INTO log VALUES (5);\n{statement};")
    path.write_text(path.read_text().replace("-- UP", "-- UP lock_timeout:200ms"))
    with (
        Hold(database, hold) as lock,
        deploy.project.start("alembic", "-x", "lock_attempts=100", "upgrade", "head") as it,
    ):
        it.says("attempt 2 of 100 begins")
        lock.release()
        assert said in it.ends()
    assert database.query("SELECT i FROM log") == [(5,)]
    assert database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    assert attempts(database) == [("up", "done", 2)]


def test_where_only_the_end_was_not_recorded_nothing_is_asked(
    deploy: Deploys, project: Project, database: Database
) -> None:
    """An earlier version was killed behind its last statement, and before its last record."""
    path = outside(project, 2, "CREATE TABLE a ();\nCREATE TABLE b ();")
    cut_off(database, path, "up", 2, ran=2)
    assert "goes on behind statement 2 of 2" in deploy("upgrade head")
    assert at(database) == [ONE, TWO]
