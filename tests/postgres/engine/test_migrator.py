"""promptlib.Migrator: what a program gets, what it is told, and what it never sees."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import promptlib
from promptlib import Event, Migrator, PromptlibError
from promptlib.core.events import Kind
from promptlib.plan.states import State
from support.ledgers import applied, current, events, everything, versions
from support.projects import Project, environment_with, full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server


def opened(project: Project, **options: Any) -> Migrator:
    """A migrator of a project."""
    return Migrator(project.url, config=str(project.folder / "alembic.ini"), **options)


@pytest.fixture
def two(project: Project) -> Project:
    """A project of two migrations."""
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
    project.add(2, "CREATE TABLE b (i int);", "DROP TABLE b;", name="make_b")
    return project


@pytest.fixture
def migrator(two: Project) -> Iterator[Migrator]:
    """A migrator of that project."""
    with opened(two) as made:
        yield made


def test_up_and_down(migrator: Migrator, database: Database) -> None:
    done = migrator.migrate()
    assert [(each.version, each.direction) for each in done.ran] == [
        (full(1), "up"),
        (full(2), "up"),
    ]
    assert (done.before, done.current, done.head) == (None, full(2), full(2))
    assert done.seconds > sum(each.seconds for each in done.ran) > 0
    assert database.tables() == {"alembic_version", "a", "b"}
    nothing = migrator.migrate()
    assert (nothing.ran, nothing.before, nothing.current) == ((), full(2), full(2))
    back = migrator.rollback()
    assert (back.before, back.current) == (full(2), full(1))
    assert migrator.rollback(to="base").current is None
    assert (current(database), applied(database)) == ([], [])
    assert [each[2] for each in events(database)] == ["done"] * 4


def test_as_far_as_is_asked(migrator: Migrator, database: Database) -> None:
    assert migrator.migrate("+1").current == full(1)
    assert migrator.migrate(full(2)[:14]).current == full(2)
    assert migrator.rollback(2).current is None
    assert database.tables() == {"alembic_version"}


def test_what_is_no_number_of_migrations(migrator: Migrator, database: Database) -> None:
    migrator.migrate()
    before = everything(database)
    for wrong in ({"count": -1}, {"count": 0}, {"count": 1, "to": "base"}, {"to": ""}):
        with pytest.raises(promptlib.UnknownVersionError):
            migrator.rollback(**wrong)
    assert everything(database) == before


def test_an_empty_url_is_not_another_database_s(two: Project) -> None:
    with pytest.raises(promptlib.ConfigurationError, match="the url is empty"):
        Migrator(" ", config=str(two.folder / "alembic.ini"))


def test_what_it_tells_of_a_database(migrator: Migrator, database: Database, two: Project) -> None:
    assert [each.version for each in migrator.pending()] == versions(1, 2)
    assert migrator.history() == ()
    migrator.migrate("+1")
    two.add(0, "SELECT 1;", name="late")
    found = migrator.status()
    assert (found.database, found.current, found.head) == (database.name, full(1), full(2))
    assert (found.available, found.half_done) == (3, ())
    assert [each.state for each in found.migrations] == [
        State.LATE,
        State.EXECUTED,
        State.PENDING,
    ]
    ran = found.migrations[1]
    assert (ran.name, len(ran.checksum or "")) == ("make a", 64)
    assert ran.execution.executed_by == database.value("SELECT session_user::text")
    assert [each.version for each in migrator.executed()] == versions(1)
    (attempt,) = migrator.history(full(1))
    assert (attempt.direction, attempt.outcome, attempt.error) == ("up", "done", None)
    with pytest.raises(promptlib.UnknownVersionError):
        migrator.history("1999")


def test_results_are_frozen_and_can_be_pickled(migrator: Migrator) -> None:
    done = migrator.migrate()
    found = migrator.status()
    assert pickle.loads(pickle.dumps(done)) == done
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(AttributeError):
        found.current = "x"  # type: ignore[misc] # that is what is tried


def test_looking_writes_nothing(migrator: Migrator, database: Database) -> None:
    migrator.status()
    migrator.pending()
    migrator.history()
    assert database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_progress_is_told_by_one_callback(two: Project) -> None:
    two.add(3, "DO $$ BEGIN RAISE NOTICE 'seen'; END $$;", name="notices")
    told: list[Event] = []
    with opened(two, progress=told.append) as migrator:
        migrator.migrate()
    kinds = [each.kind for each in told if each.kind is not Kind.RUNNING]
    assert kinds == [Kind.BEGIN, Kind.STEP] * 2 + [Kind.BEGIN, Kind.NOTICE, Kind.STEP]
    steps = [each for each in told if each.kind is Kind.STEP]
    assert [each.version for each in steps] == versions(1, 2, 3)
    assert steps[0].message.startswith(f"1/3  upgrade   {full(1)}  make a  ")
    assert [each.message for each in told if each.kind is Kind.NOTICE] == ["  NOTICE: seen"]


def test_a_program_s_streams_and_signals_are_its_own(two: Project) -> None:
    code = (
        "import logging, signal, sys, promptlib\n"
        "before = [signal.getsignal(each) for each in (2, 15)]\n"
        "with promptlib.Migrator(config='alembic.ini') as migrator:\n"
        "    migrator.migrate(); migrator.status(); migrator.rollback(2)\n"
        "assert before == [signal.getsignal(each) for each in (2, 15)]\n"
        "assert signal.set_wakeup_fd(-1) == -1\n"
        "assert not logging.getLogger('promptlib').handlers\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not found & {'alembic', 'sqlalchemy'}\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=two.folder,
        env=environment_with({"DATABASE_URL": two.url}),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def raised(migrator: Migrator, **options: Any) -> PromptlibError:
    """The error of a migrate, which survives being pickled."""
    with pytest.raises(PromptlibError) as caught:
        migrator.migrate(**options)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))
    return caught.value


def test_errors_have_a_kind(two: Project, database: Database) -> None:
    with opened(two) as migrator:
        migrator.migrate("+1")
        two.add(0, "SELECT 1;", name="late")
        before = everything(database)
        late = raised(migrator)
        assert (type(late), late.code) == (promptlib.LateMigrationError, "late-migration")
        assert "promptlib migrate --late apply" in str(late)
        two.write(f"{full(9)}_x.sql", "-- UP\nSELECT 1;\n")
        assert type(raised(migrator)) is promptlib.MigrationFileError
        (two.folder / "sql" / f"{full(9)}_x.sql").unlink()
        assert type(raised(migrator, to="1999")) is promptlib.UnknownVersionError
        assert type(raised(migrator, late="perhaps")) is promptlib.ConfigurationError
        assert everything(database) == before
        migrator.migrate(late="apply")
        assert type(raised(migrator, late="perhaps")) is promptlib.ConfigurationError
        two.add(1, "SELECT 9;", name="make_a")
        assert type(raised(migrator)) is promptlib.EditedMigrationError
        (two.folder / "sql" / f"{full(1)}_make_a.sql").unlink()
        assert type(raised(migrator)) is promptlib.MissingMigrationError


def test_a_file_that_is_deleted_while_a_rollback_runs(two: Project, database: Database) -> None:
    """Though all of them together take more room than what was read is kept in."""
    for path in (two.folder / "sql").iterdir():
        path.write_text(path.read_text() + "-- " + "x" * (6 << 20))
    files = [*(two.folder / "sql").iterdir()]

    def delete(_: Event) -> None:
        for path in files:
            path.unlink(missing_ok=True)

    with Migrator(database.url, config=str(two.folder / "alembic.ini")) as migrator:
        migrator.migrate()
    config = str(two.folder / "alembic.ini")
    with Migrator(database.url, config=config, progress=delete) as migrator:
        done = migrator.rollback(to="base")
    assert (len(done.ran), applied(database)) == (2, [])
    assert not any(path.exists() for path in files)
    assert database.tables() == {"alembic_version"}


def test_late_holds_for_one_call(two: Project, database: Database) -> None:
    with opened(two) as migrator:
        migrator.migrate("+1")
        two.add(0, "SELECT 1;", name="late")
        migrator.migrate(late="apply")
        two.add("20240101000000", "SELECT 1;", name="later")
        assert type(raised(migrator)) is promptlib.LateMigrationError
    assert applied(database) == versions(0, 1, 2)


def test_a_statement_that_fails_says_which_and_why(two: Project, database: Database) -> None:
    two.add(3, "CREATE TABLE c (i int);\nINSERT INTO c VALUES ('secret');", "DROP TABLE c;")
    with opened(two) as migrator:
        error = raised(migrator)
    assert isinstance(error, promptlib.StatementError)
    assert (error.sqlstate, error.code) == ("22P02", "statement-failed")
    assert error.place.endswith(f"{full(3)}_x.sql:3:23")
    assert error.statement.startswith("INSERT INTO c VALUES (")
    assert "secret" not in error.statement + str(error)
    assert (current(database), database.tables()) == (versions(2), {"alembic_version", "a", "b"})


def test_an_error_of_the_program_s_own_between_two_steps(two: Project, database: Database) -> None:
    """The transaction that had begun for the next step holds up nobody, this migrator neither."""
    told: list[Event] = []

    def tell(event: Event) -> None:
        if event.kind is Kind.STEP and not told:
            told.append(event)
            raise LookupError("enough")

    with opened(two, progress=tell) as migrator:
        with pytest.raises(LookupError, match="enough"):
            migrator.migrate()
        assert (current(database), applied(database)) == (versions(1), versions(1))
        with Migrator(two.url, config=str(two.folder / "alembic.ini")) as other:
            assert other.migrate().current == full(2)
        assert migrator.rollback(to="base").current is None
    assert database.tables() == {"alembic_version"}


def test_an_error_is_not_taken_for_the_one_it_is_handled_in(two: Project) -> None:
    nowhere = "postgresql://promptlib@127.0.0.1:1/none"
    with opened(two) as migrator:
        two.add(3, "SELECT 1/0;")
        try:
            migrator.migrate()
        except promptlib.StatementError:
            with Migrator(nowhere, config=str(two.folder / "alembic.ini")) as lost:
                second = raised(lost)
    assert isinstance(second, promptlib.NoConnectionError)
    assert second.sqlstate != "22012"


def test_no_connection(two: Project) -> None:
    with Migrator("postgresql://127.0.0.1:1/none", config=str(two.folder / "alembic.ini")) as made:
        assert isinstance(raised(made), promptlib.NoConnectionError)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lock_timeuot": "1s"}, "there is no setting 'lock_timeuot'; choose among lock_timeout"),
        ({"lock_timeout": "soon"}, "lock_timeout cannot be 'soon'; write a time like"),
    ],
)
def test_settings_that_are_none(two: Project, settings: dict[str, str], said: str) -> None:
    with pytest.raises(promptlib.ConfigurationError) as caught:
        opened(two, settings=settings)
    assert str(caught.value).startswith(said)


def test_settings_win_over_the_configuration(two: Project, database: Database) -> None:
    two.configure(lock_timeout="1s")
    two.add(3, "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS v;", "SELECT 1;")
    with opened(two, settings={"lock_timeout": "7s"}) as migrator:
        migrator.migrate()
    assert database.value("SELECT v FROM seen") == "7s"


@pytest.fixture
def four(server: Server) -> Iterator[list[Database]]:
    """Four empty databases."""
    made = [server.create() for _ in range(4)]
    yield made
    for each in made:
        server.drop(each.name)


def _migrate(two: Project, database: Database) -> list[str]:
    with Migrator(database.url, config=str(two.folder / "alembic.ini")) as migrator:
        for _ in range(3):
            migrator.migrate()
            migrator.rollback(2)
        migrator.migrate()
        return [each.version for each in migrator.executed()]


def test_four_threads_with_four_databases(two: Project, four: list[Database]) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda each: _migrate(two, each), four))
    assert found == [versions(1, 2)] * 4
    assert [len(events(each)) for each in four] == [14] * 4


def test_from_asyncio(two: Project, four: list[Database]) -> None:
    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(_migrate, two, each) for each in four))

    assert asyncio.run(all_at_once()) == [versions(1, 2)] * 4


def test_four_threads_with_one_database(two: Project, database: Database) -> None:
    two.add(3, "CREATE TABLE n AS SELECT 1 AS i;", "SELECT 1;")
    two.add(4, "UPDATE n SET i = i + 1;", "SELECT 1;")
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: opened(two).migrate(), range(4)))
    assert sorted(len(each.ran) for each in done) == [0, 0, 0, 4]
    assert {each.current for each in done} == {full(4)}
    assert database.value("SELECT i FROM n") == 2
