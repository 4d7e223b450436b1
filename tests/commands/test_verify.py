"""`promptlib verify` as its user runs it; tests/postgres/verify has what it compares."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from support import pooler
from support.processes import until
from support.projects import ONE, THREE, TWO, Project, full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database
    from support.servers import Server

_SLEEPS = (
    "SELECT 1 FROM pg_stat_activity WHERE query ~ 'pg_sleep\\(600\\)' AND wait_event = 'PgSleep'"
)
_SCRATCH = "SELECT datname FROM pg_database WHERE datname LIKE 'promptlib\\_scratch\\_%'"


@pytest.fixture
def wrong(three: Project) -> Project:
    """A project whose second migration has a wrong DOWN."""
    (three.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    three.add(TWO, "CREATE TABLE b (i int);\nCREATE INDEX b_i ON b (i);", "SELECT 1;", "make_b")
    return three


def test_migrations_that_can_be_taken_back(three: Project, database: Database) -> None:
    result = three.promptlib("verify")
    summary = result.stdout.splitlines()[-1]
    assert summary.startswith("3 migrations tried on PostgreSQL ")
    assert summary.endswith(": DOWN undoes UP in all of them")
    assert result.stderr == ""
    assert database.query("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b', 'c')") == [
        (0,)
    ]
    assert database.query(_SCRATCH) == []


def test_a_wrong_down_is_shown_by_file_and_the_others_are_proven(wrong: Project) -> None:
    result = wrong.promptlib("verify", ok=None)
    assert result.returncode == 1
    assert result.stdout.splitlines()[:3] == [
        f"sql/{TWO}_make_b.sql: DOWN does not undo UP",
        "  + index public.b_i: CREATE INDEX b_i ON public.b USING btree (i)",
        "  + table public.b",
    ]
    assert result.stdout.splitlines()[-1].endswith(": 1 with findings")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [((ONE,), 1), ((THREE, ONE), 2), ((THREE,), 1), (("20250102",), 1)],
)
def test_chosen_migrations_alone(wrong: Project, arguments: tuple[str, ...], count: int) -> None:
    result = wrong.promptlib("verify", *arguments)
    assert f"{count} migration" in result.stdout.splitlines()[-1]


def test_pending_migrations_alone(wrong: Project) -> None:
    wrong.promptlib("migrate", TWO)
    assert wrong.promptlib("verify", "--pending").stdout.startswith("1 migration tried")
    wrong.promptlib("migrate")
    assert wrong.promptlib("verify", "--pending").stdout.startswith("0 migrations tried")


def test_what_is_newer_alone(wrong: Project) -> None:
    result = wrong.promptlib("verify", "--since", TWO)
    assert result.stdout.splitlines()[-1].startswith("1 migration tried")
    assert wrong.promptlib("verify", "--since", THREE).stdout.startswith("0 migrations tried")


def test_one_empty_database_of_a_user_who_may_make_none(
    wrong: Project, database: Database, server: Server
) -> None:
    name = f"lowly_{database.name}"
    spare = server.create()
    server.execute(f"CREATE ROLE {name} LOGIN")
    server.execute(f"ALTER DATABASE {spare.name} OWNER TO {name}")
    try:
        wrong.configure(scratch=spare.url.replace("postgres@", f"{name}@"))
        (wrong.folder / "first.sql").write_text("CREATE TABLE given (i int);")
        wrong.add(20250102000004, "ALTER TABLE given ADD j int;", "ALTER TABLE given DROP j;")
        for _ in range(2):
            result = wrong.promptlib("verify", "--scratch-setup", "first.sql", ok=False)
            assert result.stdout.splitlines()[-1].endswith(": 1 with findings")
            assert spare.tables() == set()
    finally:
        server.drop(spare.name)
        server.execute(f"DROP ROLE {name}")


@pytest.mark.parametrize("text", ["2", "2024", "x"])
def test_an_unknown_version(three: Project, text: str) -> None:
    result = three.promptlib("verify", text, ok=None)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"migrations have a version that begins with '{text}'" in result.stderr


def test_a_file_that_cannot_be_read_as_a_migration(three: Project) -> None:
    three.write("20250101000004_broken.sql", "-- UP\nSELECT 1;\n")
    result = three.promptlib("verify", ok=None)
    assert result.returncode == 2
    assert "20250101000004_broken.sql:2:9: the line `-- DOWN` is missing" in result.stderr


def test_an_up_that_fails_ends_the_proof_of_those_behind_it(three: Project) -> None:
    three.add(TWO, "CREATE TABLE a (i int);", name="make_b")
    result = three.promptlib("verify", ok=None)
    assert result.returncode == 1
    assert (
        f'sql/{TWO}_make_b.sql:2:1: UP fails: relation "a" already exists (42P07)' in result.stdout
    )
    assert "2 migrations tried" in result.stdout


def test_a_constraint_may_refuse_rows_that_were_made_up(three: Project) -> None:
    three.add(4, "ALTER TABLE a ADD n text NOT NULL DEFAULT '';", "ALTER TABLE a DROP n;")
    three.add(
        5,
        "ALTER TABLE a ADD CHECK (n IN ('one', 'two'));",
        "ALTER TABLE a DROP CONSTRAINT a_n_check;",
    )
    three.add(6, "ALTER TABLE a ADD m int NOT NULL;", "ALTER TABLE a DROP m;")
    result = three.promptlib("verify", ok=None)
    said = 'on made-up rows alone UP fails: column "m" of relation "a" contains null values (23502)'
    lines = result.stdout.splitlines()
    (line,) = [line for line in lines if "fails" in line]
    assert line == f"sql/20250101000006_x.sql:2:1: {said}"
    assert any(line.startswith("    row: {") for line in lines)
    assert lines[-1].endswith(": 1 with findings")


@pytest.mark.parametrize("schema", ["", "Own One"])
def test_the_ledger_is_there(three: Project, schema: str) -> None:
    three.configure(version_table_schema=schema)
    prefix = f'"{schema}".' if schema else ""
    three.add(
        4,
        f"GRANT SELECT ON {prefix}alembic_version, {prefix}migrations TO pg_monitor;",
        f"REVOKE SELECT ON {prefix}alembic_version, {prefix}migrations FROM pg_monitor;",
    )
    assert "DOWN undoes UP in all of them" in three.promptlib("verify").stdout


def test_a_table_that_takes_no_rows_is_named(three: Project) -> None:
    three.add(
        4, "CREATE TABLE hard (i int CHECK (i IS NOT NULL AND i < -77777));", "DROP TABLE hard;"
    )
    three.add(
        5, "ALTER TABLE hard ALTER i SET NOT NULL;", "ALTER TABLE hard ALTER i DROP NOT NULL;"
    )
    result = three.promptlib("verify")
    assert result.stderr == ""
    assert result.stdout.splitlines()[-2].startswith("public.hard was tried without made-up rows: ")


def test_roles_are_made_for_each_scratch_database(wrong: Project, server: Server) -> None:
    wrong.add(0, "CREATE ROLE fleeting;", "DROP ROLE fleeting;")
    wrong.add(4, "GRANT SELECT ON b TO fleeting;", "REVOKE SELECT ON b FROM fleeting;")
    wrong.add(5, "CREATE TABLE e (i int);", "SELECT 1;")
    for _ in range(2):
        result = wrong.promptlib("verify", ok=None)
        assert result.stdout.splitlines()[-1].endswith(": 2 with findings")
    assert not server.has("SELECT FROM pg_roles WHERE rolname = 'fleeting'")


def test_notices_are_not_told_over_and_over(three: Project) -> None:
    three.add(4, "DO $$ BEGIN RAISE NOTICE 'hello'; END $$;", "DROP TABLE IF EXISTS nothing;")
    assert three.promptlib("verify").stderr == ""


def test_a_page_that_cannot_be_written_is_told_before_the_work(three: Project) -> None:
    three.add(4, "SELECT pg_sleep(600);")
    result = three.promptlib("verify", "--html", "missing/page.html", ok=None)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "missing/page.html: No such file or directory\n"


def test_a_database_of_a_like_name_is_left_alone(three: Project, server: Server) -> None:
    server.execute("CREATE DATABASE promptlib_scratch_mine")
    try:
        three.promptlib("verify")
        assert server.has("SELECT FROM pg_database WHERE datname = 'promptlib_scratch_mine'")
    finally:
        server.drop("promptlib_scratch_mine")


def test_rows_of_one_s_own_number(three: Project) -> None:
    three.add(4, "DELETE FROM a;", "SELECT 1;")
    assert "- public.a: 5 rows" in three.promptlib("verify", "--rows", "5", ok=False).stdout
    assert "DOWN undoes UP" in three.promptlib("verify", "--rows", "0").stdout


def test_locks_and_times(three: Project) -> None:
    three.add(4, "SELECT 1;\nALTER TABLE a ALTER i TYPE bigint;", "ALTER TABLE a ALTER i TYPE int;")
    brief = three.promptlib("verify", "20250101000004").stdout.splitlines()
    header, up, down, _ = brief
    assert header.split() == ["LOCK", "TABLE", "TOOK", "PLACE", "STATEMENT"]
    for line, place in ((up, "x.sql:3:1"), (down, "x.sql:5:1")):
        assert line.startswith("AccessExclusiveLock, rewritten  a ")
        assert place in line
    every = three.promptlib("-v", "verify", "20250101000004").stdout
    assert "x.sql:2:1  SELECT 1;" in every


def test_who_may_not_make_databases_is_told_what_to_do(three: Project, server: Server) -> None:
    server.execute("DROP ROLE IF EXISTS verifier")
    server.execute("CREATE ROLE verifier LOGIN")
    url = three.url.replace("postgres@", "verifier@")
    result = three.promptlib("verify", ok=None, DATABASE_URL=url)
    assert result.returncode == 2
    assert "verifier may not make a scratch database" in result.stderr
    assert "ALTER ROLE verifier CREATEDB" in result.stderr
    assert "--embedded" in result.stderr


@pytest.mark.alone
def test_a_pooler_in_between_is_told_what_to_do(
    three: Project, database: Database, server: Server
) -> None:
    with pooler.running(server) as between:
        result = three.promptlib("verify", ok=None, DATABASE_URL=between.url(database))
    assert (result.returncode, result.stdout) == (2, "")
    assert "where a pooler is between, " in result.stderr
    assert database.query(_SCRATCH) == []


def test_a_server_that_cannot_be_reached(three: Project) -> None:
    url = "postgresql://nobody@127.0.0.1:1/x"
    result = three.promptlib("verify", ok=None, DATABASE_URL=url)
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot connect to postgresql://nobody@127.0.0.1:1/" in result.stderr


@pytest.mark.alone
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_database_behind_and_tells_what_was_found(
    wrong: Project, database: Database, sent: signal.Signals
) -> None:
    wrong.add(20250102000004, "SELECT pg_sleep(600);")
    with wrong.start("promptlib", "verify") as running:
        until(lambda: database.query(_SLEEPS))
        running.signal(sent)
        said = running.ends(128 + sent)
        assert "interrupted; what was found until then:" in said
        assert "+ table public.b" in running.stdout
        assert "3 migrations tried" in running.stdout
    assert database.query(_SCRATCH) == []


@pytest.mark.alone
def test_a_server_that_is_lost_is_no_finding(three: Project, database: Database) -> None:
    three.add(4, "SELECT pg_sleep(600);")
    ends = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'promptlib' ORDER BY datname = 'postgres' DESC
    """
    with three.start("promptlib", "verify") as running:
        until(lambda: database.query(_SLEEPS))
        database.query(ends)
        said = running.ends(2)
    assert said.startswith(f"sql/{full(4)}_x.sql:2:1: ")
    assert "connection" in said
    three.promptlib("verify", ONE)
    assert database.query(_SCRATCH) == []


@pytest.mark.alone
def test_what_a_killed_one_left_goes_with_the_next(three: Project, database: Database) -> None:
    path = three.add(4, "SELECT pg_sleep(600);")
    with three.start("promptlib", "verify") as running:
        until(lambda: database.query(_SLEEPS))
        left = database.query(_SCRATCH)
        three.promptlib("verify", ONE)
        assert database.query(_SCRATCH) == left != []
        running.signal(signal.SIGKILL)
        running.ends(-signal.SIGKILL)
    path.unlink()
    until(lambda: not database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))
    three.promptlib("verify")
    assert database.query(_SCRATCH) == []


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    """A role of somebody else's."""
    name = f"theirs_{database.name}"
    database.query(f"CREATE ROLE {name} LOGIN")
    yield name
    database.query(f"DROP ROLE {name}")


def test_what_is_the_whole_server_s_is_not_changed(
    three: Project, database: Database, role: str
) -> None:
    three.add(4, f"SELECT 1;\nALTER ROLE {role} NOLOGIN;", f"ALTER ROLE {role} LOGIN;")
    three.add(5, "CREATE TABLE e (i int);", "DROP TABLE e;")
    result = three.promptlib("verify", ok=False)
    said = result.stdout.splitlines()
    assert said[0] == (
        "sql/20250101000004_x.sql:2:1: UP is not tried: this changes what all databases of the "
        f"server share: attributes of role {role}; try it where that does no harm: --embedded, or "
        "--scratch with a server for it"
    )
    assert database.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", role)


@pytest.mark.alone
def test_a_role_that_a_killed_one_made_goes_with_the_next(
    three: Project, database: Database, server: Server
) -> None:
    name = f"made_{database.name}"
    three.add(0, f"CREATE ROLE {name};", f"DROP ROLE {name};")
    path = three.add(4, "SELECT pg_sleep(600);")
    with three.start("promptlib", "verify") as running:
        until(lambda: database.query(_SLEEPS))
        assert server.has(f"SELECT FROM pg_roles WHERE rolname = '{name}'")
        running.signal(signal.SIGKILL)
        running.ends(-signal.SIGKILL)
    path.unlink()
    until(lambda: not database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))
    three.promptlib("verify")
    assert database.query(_SCRATCH) == []
    assert not server.has(f"SELECT FROM pg_roles WHERE rolname = '{name}'")


def test_this_project_s_own_migrations(root: Path, tmp_path: Path, database: Database) -> None:
    project = Project.copy(tmp_path, database.url, migrations=True)
    number = len([*(root / "sql").glob("*.sql")])
    assert project.promptlib("verify").stdout.splitlines()[-1].startswith(f"{number} migrations")


def test_the_page_tells_of_each_migration(wrong: Project) -> None:
    result = wrong.promptlib("verify", "--html", "page.html", ok=None)
    assert result.returncode == 1
    page = (wrong.folder / "page.html").read_text(encoding="utf-8")
    for name in (f"{ONE}_make_a", f"{TWO}_make_b", f"{THREE}_make_c"):
        assert f"sql/{name}.sql" in page
    assert "DOWN does not undo UP" in page
    assert "CREATE INDEX b_i ON public.b USING btree (i)" in page
