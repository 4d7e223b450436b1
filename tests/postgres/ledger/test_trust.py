"""A ledger that a stranger owns, or that runs functions, is neither believed nor written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import inside
from support.ledgers import PREDECESSORS, applied, drop_the_ledger
from support.projects import Project, full
from support.psql import psql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")
_TABLES = ("alembic_version", "migrations", "migration_events", "migration_deploys")
_LOOKING = ("status", "pending", "executed", "history", "migrate --dry-run", "db test")
_DEPLOYS = ("migrate", "rollback", "repair --yes", "adopt --yes")
_ALEMBIC = ("current", "history -i", "upgrade head", "downgrade -1", "stamp head")
# Whatever runs it is told by the server, and nothing is written.
_EVIL = """
    CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$
"""


@pytest.fixture
def database(database: Database) -> Database:
    """A database where a stranger may create tables, and a deployer who is no superuser."""
    for role in ("stranger", "deployer", "team"):
        database.server.role(role, "LOGIN")
    database.query("GRANT ALL ON SCHEMA public TO stranger, deployer, team")
    return database


@pytest.fixture
def done(three: Project) -> Project:
    """The project of three migrations, which have run."""
    inside.alembic(three, "upgrade", "head")
    return three


def as_user(project: Project, name: str) -> Project:
    """The project for another user of the database."""
    return Project(project.folder, project.url.replace("postgres@", f"{name}@"))


def refused(project: Project, *said: str, by: Sequence[str] = (*_LOOKING, *_DEPLOYS)) -> None:
    """Commands refuse, and say why and what to do."""
    for command in by:
        result = project.promptlib(*command.split(), ok=False)
        assert result.returncode == (1 if command == "db test" else 2)
        assert all(each in result.stderr for each in said), (command, result.stderr)
    for command in _ALEMBIC:
        told = inside.alembic(project, *command.split(), ok=False).stderr
        assert all(each in told for each in said), (command, told)


def looked(project: Project) -> str:
    """What is said where nothing is wrong."""
    return project.promptlib("status").stderr + project.promptlib("db", "test").stderr


@pytest.mark.parametrize("table", _TABLES)
def test_a_stranger_s_table_is_refused(done: Project, database: Database, table: str) -> None:
    database.query(f"ALTER TABLE {table} OWNER TO stranger")
    said = f"the table public.{table} belongs to stranger, who is neither this user"
    refused(done, said, f"ALTER TABLE public.{table} OWNER TO", "GRANT stranger TO this user")
    database.query(f"ALTER TABLE {table} OWNER TO CURRENT_USER")
    assert looked(done) == ""


def test_tables_that_a_stranger_made_before_the_first_deploy(
    three: Project, database: Database
) -> None:
    database.query(f"SET ROLE stranger; {_EVIL}")
    database.query(
        "SET ROLE stranger;"
        " CREATE TABLE migrations (id varchar(255) PRIMARY KEY, name varchar(255) NOT NULL,"
        " executed_at timestamptz DEFAULT now(), checksum varchar(64) NOT NULL,"
        " down_checksum varchar(64), down_sql text, execution_ms bigint, executed_by text);"
        " GRANT ALL ON migrations TO PUBLIC;"
        " CREATE TRIGGER evil BEFORE INSERT ON migrations EXECUTE FUNCTION evil()"
    )
    refused(three, "the table public.migrations belongs to stranger")
    assert database.tables() == set()


def test_what_looks_like_the_predecessor_s(three: Project, database: Database) -> None:
    database.query(f"SET ROLE stranger; {PREDECESSORS}")
    database.query(f"INSERT INTO migrations VALUES ('{full(1)}', 'make a', now(), 'x')")
    refused(three, "the table public.migrations belongs to stranger")
    database.query("ALTER TABLE migrations OWNER TO CURRENT_USER")
    assert "promptlib adopt" in three.promptlib("migrate", ok=False).stderr


def test_who_is_no_stranger(done: Project, database: Database) -> None:
    """Oneself, a role that one is a member of, the database's owner, and superusers."""
    deployer = as_user(done, "deployer")
    for number, (owner, how) in enumerate(
        (
            ("postgres", "SELECT 1"),
            ("deployer", "SELECT 1"),
            ("team", "GRANT team TO deployer"),
            ("stranger", f"ALTER DATABASE {database.name} OWNER TO stranger"),
        ),
        6,
    ):
        database.query(how)
        for table in _TABLES:
            database.query(f"ALTER TABLE {table} OWNER TO {owner}")
            database.query(f"GRANT ALL ON {table} TO deployer")
        done.add(number, "SELECT 1;")
        deployer.promptlib("migrate")
        assert full(number) in applied(database)
    database.query("REVOKE team FROM deployer; ALTER TABLE migrations OWNER TO team")
    assert "belongs to team" in deployer.promptlib("status", ok=False).stderr


@pytest.mark.parametrize(
    ("made", "said", "remedy"),
    [
        (
            'CREATE TRIGGER "It\'s" BEFORE INSERT ON migrations EXECUTE FUNCTION evil()',
            'bears the trigger "It\'s"',
            'DROP TRIGGER "It\'s" ON public.migrations',
        ),
        (
            (
                "CREATE TRIGGER t AFTER INSERT ON migration_events EXECUTE FUNCTION evil();"
                " ALTER TABLE migration_events DISABLE TRIGGER t"
            ),
            "bears the trigger t",
            "DROP TRIGGER t ON public.migration_events",
        ),
        (
            "CREATE RULE r AS ON UPDATE TO alembic_version DO INSTEAD NOTHING",
            "bears the rule r",
            "DROP RULE r ON public.alembic_version",
        ),
        (
            "CREATE POLICY p ON migrations USING (true)",
            "bears the policy p",
            "DROP POLICY p ON public.migrations",
        ),
        (
            "ALTER TABLE migrations ENABLE ROW LEVEL SECURITY",
            "has row security",
            "ALTER TABLE public.migrations DISABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE TABLE child () INHERITS (migration_events)",
            "inherits, or is inherited: child from migration_events",
            "ALTER TABLE child NO INHERIT migration_events",
        ),
        (
            "CREATE TABLE parent (outcome varchar(8)); ALTER TABLE migration_events INHERIT parent",
            "inherits, or is inherited: migration_events from parent",
            "ALTER TABLE migration_events NO INHERIT parent",
        ),
        (
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;"
                " ALTER FUNCTION f() OWNER TO stranger;"
                " ALTER TABLE migrations ALTER executed_by SET DEFAULT f()"
            ),
            "rests on function f(), which belongs to stranger",
            "rest on the server's own",
        ),
        (
            (
                "CREATE FUNCTION f(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$;"
                " ALTER FUNCTION f(text) OWNER TO stranger; CREATE INDEX ON migrations (f(id))"
            ),
            "rests on function f(text), which belongs to stranger",
            "rest on the server's own",
        ),
        (
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$;"
                " ALTER FUNCTION f() OWNER TO stranger;"
                " ALTER TABLE migration_deploys ADD EXCLUDE USING btree ((f()) WITH =)"
            ),
            "rests on function f(), which belongs to stranger",
            "rest on the server's own",
        ),
        (
            (
                "CREATE DOMAIN d AS text; ALTER DOMAIN d OWNER TO stranger;"
                " ALTER TABLE migrations ALTER executed_by TYPE d"
            ),
            "rests on type d, which belongs to stranger",
            "rest on the server's own",
        ),
        (
            "ALTER TABLE migrations RENAME TO mine; CREATE VIEW migrations AS SELECT * FROM mine",
            "is none that keeps what is written to it",
            "if another program made it, let the ledger have another name",
        ),
        (
            "ALTER TABLE migrations SET UNLOGGED",
            "is none that keeps what is written to it",
            "ALTER TABLE public.migrations SET LOGGED; if another program made it",
        ),
    ],
)
def test_what_would_run_somebody_s_functions_is_refused(
    done: Project, database: Database, made: str, said: str, remedy: str
) -> None:
    database.query(_EVIL)
    database.query(made)
    refused(done, said, remedy, by=("status", "migrate"))


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        ("GRANT UPDATE ON migrations TO team", ["REVOKE UPDATE ON public.migrations FROM team"]),
        (
            "GRANT INSERT, DELETE, SELECT ON migrations, migration_events TO PUBLIC",
            ["REVOKE DELETE, INSERT ON public.migration_events, public.migrations FROM PUBLIC"],
        ),
        (
            "GRANT UPDATE (down_sql, name) ON migrations TO team",
            ["REVOKE UPDATE (down_sql), UPDATE (name) ON public.migrations FROM team"],
        ),
        (
            "GRANT TRIGGER ON alembic_version TO team, stranger",
            [
                "REVOKE TRIGGER ON public.alembic_version FROM stranger",
                "REVOKE TRIGGER ON public.alembic_version FROM team",
            ],
        ),
        ("GRANT SELECT, REFERENCES ON migrations TO PUBLIC", []),
        ("GRANT ALL ON migrations TO CURRENT_USER", []),
    ],
)
def test_who_may_write_the_ledger_is_told_with_the_way_to_end_it(
    done: Project, database: Database, granted: str, said: list[str]
) -> None:
    database.query(granted)
    for command in ("status", "db test"):
        lines = done.promptlib(*command.split()).stderr.splitlines()
        assert [line.partition("; ")[2] for line in lines] == said
        assert all("and so say what ran here" in line for line in lines)
    database.query("; ".join(said) or "SELECT 1")
    assert looked(done) == ""


@pytest.mark.alone
def test_members_of_the_role_that_writes_everywhere_are_told_too(
    done: Project, database: Database
) -> None:
    tables = ", ".join(sorted(f"public.{table}" for table in _TABLES))
    server = database.server
    try:
        server.execute("GRANT pg_write_all_data TO team")
        assert looked(done).endswith("; REVOKE pg_write_all_data FROM team\n")
        database.query(f"GRANT INSERT ON {tables} TO team")
        both = f"; REVOKE INSERT ON {tables} FROM team; REVOKE pg_write_all_data FROM team\n"
        assert looked(done).endswith(both)
    finally:
        server.execute("REVOKE pg_write_all_data FROM team")


def test_a_deployer_need_not_be_told_of_himself(done: Project, database: Database) -> None:
    for table in _TABLES:
        database.query(f"GRANT ALL ON {table} TO deployer")
    assert as_user(done, "deployer").promptlib("status").stderr == ""
    assert "FROM deployer" in looked(done)


def test_a_ledger_that_is_gone_is_nobody_s(done: Project, database: Database) -> None:
    drop_the_ledger(database)
    done.alembic("stamp", "head")
    assert len(applied(database)) == 3


@pytest.mark.parametrize(
    "made",
    [
        "ALTER TABLE migrations OWNER TO stranger",
        "ALTER TABLE alembic_version OWNER TO stranger",
        "CREATE TRIGGER t BEFORE INSERT ON migrations EXECUTE FUNCTION evil()",
        "CREATE RULE r AS ON INSERT TO migration_events DO INSTEAD NOTHING",
        "ALTER TABLE migrations ENABLE ROW LEVEL SECURITY",
        "",
    ],
)
def test_a_script_stops_there_too(done: Project, database: Database, made: str) -> None:
    script = inside.alembic(done, "upgrade", f"{full(5)}:head", "--sql").stdout
    database.query(f"{_EVIL}; {made}")
    before = database.tables()
    said = psql(database, script, ok=not made)
    assert ("a stranger's, or runs functions of somebody's" in said) is bool(made)
    assert database.tables() == before
