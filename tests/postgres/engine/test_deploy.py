"""One deploy at a time: who waits for whom, what he says, and what he finds when his turn comes."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from promptlib.ledger.lock import lock_key
from support import pooler
from support.holding import Hold
from support.processes import until
from support.projects import ONE, THREE, TWO, Project, full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

pytestmark = pytest.mark.servers("newest")

_AT_ONCE = 20
_PATIENT = {"lock_timeout": "10min"}  # what a test holds open, it holds open for long
_LOG = "INSERT INTO log (version) VALUES ({});"
# Who holds the deploy lock, or any other advisory lock of the database.
_HOLDER = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture(params=["directly", "through a pooler"])
def either(
    request: pytest.FixtureRequest, project: Project, database: Database, server: Server
) -> Iterator[Project]:
    """A project that reaches its database with or without a pooler between."""
    if request.param == "directly":
        yield project
        return
    with pooler.running(server) as between:
        project.url = between.url(database)
        yield project


def _take_lock(database: Database, schema: str = "public") -> Hold:
    """Hold the deploy lock, as another deploy would."""
    key = lock_key(schema, "alembic_version")
    return Hold(database, f"SELECT pg_advisory_xact_lock({key})", "deploy-42")


def _gated(project: Project, database: Database) -> Hold:
    """Fill a project with three migrations that write into a log, and hold the second one open."""
    database.query("CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, version text)")
    database.query("CREATE TABLE gate ()")
    project.configure(**_PATIENT)
    for version, gate in ((1, ""), (2, "LOCK TABLE gate IN ACCESS SHARE MODE;"), (3, "")):
        project.add(version, gate + _LOG.format(full(version)), "DELETE FROM log;")
    return Hold(database, "LOCK TABLE gate")


def _ran(database: Database) -> list[str]:
    """What ran, by the log that the migrations write, once everything else agrees with it."""
    ran = [version for (version,) in database.query("SELECT version FROM log ORDER BY id")]
    current = database.query("SELECT version_num FROM alembic_version")
    assert current == [(version,) for version in ran[-1:]]
    assert database.query("SELECT id FROM migrations ORDER BY id") == [(each,) for each in ran]
    done = "SELECT version, direction FROM migration_events WHERE outcome = 'done' ORDER BY id"
    assert database.query(done) == [(each, "up") for each in ran]
    return ran


def _let_them_go_on(database: Database) -> None:
    """Wait until the deploys that run have asked the server for several things."""
    asked: set[tuple[object, ...]] = set()

    def several() -> bool:
        asked.update(
            database.query(
                "SELECT pid, query_start FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'promptlib'"
            )
        )
        return len(asked) > 8

    until(several)


def test_twenty_deploys_at_once(either: Project, database: Database) -> None:
    """Each migration runs once, and all of them succeed."""
    either.add(
        1,
        "CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, version text);"
        + _LOG.format(full(1)),
    )
    either.add(2, _LOG.format(full(2)))
    either.write(
        f"{full(3)}_x.sql",
        f"-- UP transaction:false\n{_LOG.format(full(3))}\n"
        "CREATE INDEX CONCURRENTLY log_version ON log (version);\n-- DOWN\nSELECT 1;\n",
    )
    either.add(4, _LOG.format(full(4)))
    with _take_lock(database) as first, contextlib.ExitStack() as stack:
        deploys = [
            stack.enter_context(either.start("alembic", "upgrade", "head")) for _ in range(_AT_ONCE)
        ]
        for deploy in deploys:
            deploy.says(f"waiting for another deploy: pid {first.pid} (deploy-42, ")
        first.release()
        said = [deploy.ends() for deploy in deploys]
    assert _ran(database) == [full(each) for each in range(1, 5)]
    assert database.value("SELECT count(*) FROM migration_events") == 4
    assert database.value("SELECT indisvalid FROM pg_index WHERE indrelid = 'log'::regclass")
    assert {text.splitlines()[-1].endswith(f"at {full(4)} (head)") for text in said} == {True}


def test_with_nothing_to_do_nobody_waits(three: Project, database: Database) -> None:
    three.configure(deploy_wait="0s")
    config = Config(three.folder / "alembic.ini", attributes={"connection": database.engine})
    command.upgrade(config, TWO)
    with _take_lock(database):
        command.current(config)
        command.history(config, indicate_current=True)
        command.upgrade(config, TWO)
        command.downgrade(config, TWO)
        for change in (command.downgrade, command.stamp):
            with pytest.raises(CommandError, match="another deploy has not ended within 0s"):
                change(config, ONE)


def test_deploy_wait_bounds_the_wait(three: Project, database: Database) -> None:
    with _take_lock(database) as other:
        result = three.alembic("-x", "deploy_wait=2s", "upgrade", "head", ok=False)
    waits, *rest = result.stderr.splitlines()
    assert result.returncode == 255
    assert waits.startswith(f"waiting for another deploy: pid {other.pid} (deploy-42, ")
    assert len(rest) == 1
    assert rest[0].startswith(
        f"another deploy has not ended within 2s: pid {other.pid} (deploy-42, "
    )
    assert rest[0].endswith(
        "; wait for it, or raise deploy_wait; if it hangs, end it with "
        "SELECT pg_terminate_backend(pid)"
    )
    assert database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_our_own_command_waits_as_the_configuration_says(
    three: Project, database: Database
) -> None:
    three.configure(deploy_wait="0s")
    with _take_lock(database):
        result = three.promptlib("migrate", ok=False)
    assert result.returncode == 2
    assert "another deploy has not ended within 0s: pid " in result.stderr
    assert database.tables() == set()


def test_who_waits_says_for_whom_and_runs_what_is_left(
    project: Project, database: Database
) -> None:
    with _gated(project, database) as gate, contextlib.ExitStack() as stack:
        first = stack.enter_context(project.start("alembic", "upgrade", full(2)))
        gate.blocks()
        second = stack.enter_context(project.start("alembic", "upgrade", "head"))
        said = second.says("waiting for another deploy").splitlines()[0]
        ((pid, client, since),) = database.query(
            "SELECT pid, host(client_addr),"
            " to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            f" FROM pg_stat_activity WHERE pid = ({_HOLDER})"
        )
        gate.release()
        first.ends()
        left = [line for line in second.ends().splitlines() if " upgrade " in line]
    begin = f"waiting for another deploy: pid {pid} (promptlib, {client}, idle in transaction for "
    assert said.startswith(begin)
    assert said.endswith(f" since {since}")
    assert [line.split()[:3] for line in left] == [["1/1", "upgrade", full(3)]]
    assert _ran(database) == [full(1), full(2), full(3)]


def test_who_waits_sees_what_the_other_deploy_left(
    project: Project, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A container of an older release refuses once that of a newer one has deployed."""
    newer = Project.copy(tmp_path_factory.mktemp("newer"), database.url)
    with _gated(newer, database) as gate, contextlib.ExitStack() as stack:
        for version in (1, 2):
            shutil.copy(newer.folder / "sql" / f"{full(version)}_x.sql", project.folder / "sql")
        first = stack.enter_context(newer.start("alembic", "upgrade", "head"))
        gate.blocks()
        second = stack.enter_context(project.start("alembic", "upgrade", "head"))
        second.says("waiting for another deploy")
        gate.release()
        first.ends()
        said = second.ends(255).splitlines()
    assert said[-1].startswith(f"sql/{full(3)}_x.sql: ran here, and is newer than all files: ")
    assert _ran(database) == [full(1), full(2), full(3)]


@pytest.mark.parametrize(
    ("words", "code", "look"),
    [
        ("alembic downgrade -1", 255, "alembic current"),
        ("promptlib rollback", 2, "promptlib status"),
        ("alembic upgrade +1", 255, "alembic current"),
    ],
)
def test_what_counts_from_here_is_asked_anew_when_somebody_has_moved_on(
    three: Project, database: Database, words: str, code: int, look: str
) -> None:
    """Two who take one migration back at once do not take back two."""
    three.promptlib("migrate", TWO)
    with _take_lock(database) as lock, contextlib.ExitStack() as stack:
        both = [stack.enter_context(three.start(*words.split())) for _ in range(2)]
        for each in both:
            each.says("waiting for another deploy")
        lock.release()
        said = [each.ends(code=None) for each in both]
        codes = sorted(each.code or 0 for each in both)
    refused = "another deploy has moved the database meanwhile, so nothing was changed; look where"
    assert codes == [0, code]
    assert sum(f"{refused} it stands with {look}, then run it again" in each for each in said) == 1
    ran = database.query("SELECT direction FROM migration_events WHERE outcome = 'done'")
    assert len(ran) == 3
    assert database.value("SELECT version_num FROM alembic_version") in (ONE, THREE)


def test_who_waits_does_not_keep_an_index_from_being_built(
    either: Project, database: Database
) -> None:
    """CREATE INDEX CONCURRENTLY waits for every snapshot, also that of a deploy that waits."""
    database.query("CREATE TABLE t (i int)")
    either.configure(**_PATIENT)
    either.write(
        f"{full(1)}_x.sql",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY t_i ON t (i);\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY t_i;\n",
    )
    with Hold(database, "INSERT INTO t VALUES (1)") as writer, contextlib.ExitStack() as stack:
        first = stack.enter_context(either.start("alembic", "upgrade", "head"))
        writer.blocks()
        second = stack.enter_context(either.start("alembic", "upgrade", "head"))
        second.says("waiting for another deploy")
        _let_them_go_on(database)
        writer.release()
        first.ends()
        second.ends()
    assert database.value("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass")
    assert database.query("SELECT outcome FROM migration_events") == [("done",)]


def test_a_deploy_that_loses_its_lock_ends_before_the_next_migration(
    either: Project, database: Database
) -> None:
    with _gated(either, database) as gate, contextlib.ExitStack() as stack:
        deploy = stack.enter_context(either.start("alembic", "upgrade", "head"))
        gate.blocks()
        _end_lock(database)
        gate.release()
        said = deploy.ends(255)
    assert said.endswith(
        "the connection that holds the deploy lock was lost, so the deploy stops here: another one "
        "may have begun; see where the database stands with alembic current, then run it again\n"
    )
    assert _ran(database) == [full(1), full(2)]
    either.alembic("upgrade", "head")
    assert _ran(database) == [full(1), full(2), full(3)]


def _end_lock(database: Database) -> None:
    """End the session that holds the deploy lock."""
    database.query(f"SELECT pg_terminate_backend(pid) FROM ({_HOLDER}) AS holder")
    until(lambda: not database.query(_HOLDER))


def test_two_deploys_that_both_believe_to_hold_the_lock(
    project: Project, database: Database
) -> None:
    """Where the first one lost it unseen, the second one takes over: nothing more is recorded."""
    with _gated(project, database) as gate, contextlib.ExitStack() as stack:
        first = stack.enter_context(project.start("alembic", "upgrade", "head"))
        pid = gate.blocks()
        _end_lock(database)
        second = stack.enter_context(project.start("alembic", "upgrade", "head"))
        second.says(
            f"waiting for an earlier deploy that was cut off, or lost its lock: pid {pid} ("
        )
        gate.release()
        assert first.ends(255).endswith(
            f"sql/{full(2)}_x.sql: this deploy lost the deploy lock, and another one has taken "
            "over: what was running was undone; see where the database stands with alembic "
            "current, then run it again\n"
        )
        second.ends()
    assert _ran(database) == [full(1), full(2), full(3)]
    outcomes = "SELECT outcome, finished_at IS NULL FROM migration_deploys ORDER BY id"
    assert database.query(outcomes) == [("died", False), ("done", False)]


def test_other_version_tables_and_other_databases_are_none_of_our_business(
    three: Project, database: Database, server: Server
) -> None:
    database.query("CREATE SCHEMA mine")
    database.query("CREATE SCHEMA yours")
    elsewhere = server.create()
    at_once = ["-x", "deploy_wait=0s", "-x"]
    with _take_lock(elsewhere), _take_lock(elsewhere, "mine"), _take_lock(database, "yours"):
        three.alembic(*at_once, "version_table_schema=mine", "upgrade", "head")
        three.alembic(*at_once, "version_table_schema=yours", "upgrade", "head", ok=False)
        assert database.value("SELECT version_num FROM mine.alembic_version") == THREE
    server.drop(elsewhere.name)


def test_a_caller_s_transaction_takes_the_lock_itself(three: Project, database: Database) -> None:
    three.configure(deploy_wait="0s")
    config = Config(three.folder / "alembic.ini")
    other = Config(three.folder / "alembic.ini", attributes={"connection": database.engine})
    with database.engine.connect() as connection, connection.begin() as transaction:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        (pid,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
        assert database.query(_HOLDER) == [(pid,)]
        with pytest.raises(CommandError, match=f"has not ended within 0s: pid {pid} "):
            command.upgrade(other, "head")
        transaction.rollback()
        assert database.query(_HOLDER) == []
        assert database.tables() == set()
        command.upgrade(other, "head")


def test_an_idle_transaction_s_limit_does_not_end_the_lock(
    project: Project, database: Database
) -> None:
    limit = f"ALTER DATABASE {database.name} SET idle_in_transaction_session_timeout = '3s'"
    with _gated(project, database) as gate, contextlib.ExitStack() as stack:
        database.query(limit)
        deploy = stack.enter_context(project.start("alembic", "upgrade", "head"))
        gate.blocks()
        with Hold(database, "SELECT 1") as idle:
            until(
                lambda: (
                    not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", idle.pid)
                )
            )
        gate.release()
        deploy.ends()
    assert _ran(database) == [full(1), full(2), full(3)]
