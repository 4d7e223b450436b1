"""Where the ledger is and what it is called: tenants, schemas that are made, names of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import inside
from support.ledgers import applied, current, versions
from support.projects import Project
from support.psql import psql

if TYPE_CHECKING:
    from support.databases import Database

ONE, TWO, THREE = versions(1, 3, 5)
_TABLES = """SELECT n.nspname || '.' || c.relname FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')
              ORDER BY 1"""
_ODD = 'the "Ledger" %s {x} $$ $promptlib$ \'s'
_DEPLOYS = (("upgrade", "head"), ("downgrade", "-1"), ("downgrade", "base"), ("stamp", "head"))


def _tables(database: Database) -> list[str]:
    return [name for (name,) in database.query(_TABLES)]


def _of_tenant(project: Project, path: str) -> Project:
    """The same project, by another search_path."""
    return Project(project.folder, f"{project.url}?options=-csearch_path%3D{path}")


def test_a_ledger_of_another_schema_than_the_first_is_told_of_and_not_believed(
    three: Project, database: Database
) -> None:
    inside.alembic(three, "upgrade", "head")
    database.query('CREATE SCHEMA "Tenant 1"')
    tenant = _of_tenant(three, "%22Tenant%5C%201%22,public")
    before = _tables(database)
    said = (
        "the ledger is in the schema public, but the search_path begins with Tenant 1, whose "
        "tables it may know nothing of; set version_table_schema in alembic.ini: to Tenant 1, "
        "which then has a ledger of its own, or to public, if that one is meant\n"
    )
    for arguments in _DEPLOYS:
        assert inside.alembic(tenant, *arguments, ok=False).stderr == said
    assert inside.alembic(tenant, "current").stderr == said
    assert tenant.promptlib("status").stderr == said
    tested = tenant.promptlib("db", "test", ok=False)
    assert (tested.stderr, "could not run" in tested.stdout) == (said, True)
    for command in ("migrate", "rollback", "repair", "adopt"):
        assert tenant.promptlib(command, ok=False).stderr == said
    assert _tables(database) == before
    inside.alembic(tenant, "-x", "version_table_schema=Tenant 1", "upgrade", "head")
    assert "Tenant 1.a" in _tables(database)
    assert inside.alembic(tenant, "current").stdout == f"{THREE} (head)\n"  # its own comes first
    three.configure(version_table_schema="public")
    database.query('DROP SCHEMA "Tenant 1" CASCADE; CREATE SCHEMA "Tenant 1"')
    assert inside.alembic(tenant, "upgrade", "head").stderr.endswith(f"at {THREE} (head)\n")


@pytest.mark.usefixtures("powerless")
@pytest.mark.parametrize("path", ["lacking,public", "private,public"])
def test_a_schema_that_is_not_there_or_may_not_be_used_is_not_passed_over(
    three: Project, database: Database, path: str
) -> None:
    database.query("CREATE SCHEMA private")
    first = path.partition(",")[0]
    url = f"{three.url}?options=-csearch_path%3D{path}%20-crole%3Dpowerless"
    tenant = Project(three.folder, url)
    for arguments in _DEPLOYS:
        said = inside.alembic(tenant, *arguments, ok=False).stderr
        assert said.startswith(f"the search_path begins with {first}, which is not there, or this ")
    assert _tables(database) == []


def test_the_schema_of_a_user_need_not_be_there(three: Project) -> None:
    for path in ("%22$user%22,public", "pg_catalog,public", "pg_temp,PUBLIC"):
        inside.alembic(_of_tenant(three, path), "current")
    inside.alembic(_of_tenant(three, "%22$user%22,public"), "upgrade", "head")


def test_a_schema_for_the_ledger_is_made(three: Project, database: Database) -> None:
    """Whatever it is called."""
    three.configure(version_table_schema=_ODD.replace("%", "%%"))
    assert '"can_create": true' in three.promptlib("db", "test", "--json").stdout
    assert inside.alembic(three, "current").stderr == ""
    assert _tables(database) == []
    inside.alembic(three, "ensure_version")
    assert _tables(database) == [f"{_ODD}.alembic_version"]
    quoted = '"{}"'.format(_ODD.replace('"', '""'))
    database.query(f"DROP SCHEMA {quoted} CASCADE")
    script = inside.alembic(three, "upgrade", f"base:{TWO}", "--sql").stdout
    psql(database, script)
    psql(database, inside.alembic(three, "upgrade", f"{TWO}:head", "--sql").stdout)
    inside.alembic(three, "downgrade", "base")
    inside.alembic(three, "upgrade", "head")
    names = ("alembic_version", "migration_deploys", "migration_events", "migrations")
    assert _tables(database) == [
        "public.a",
        "public.b",
        "public.c",
        *(f"{_ODD}.{n}" for n in names),
    ]
    assert ONE in three.promptlib("history").stdout
    edited = "SET checksum = 'x', down_checksum = 'y' WHERE id ="
    database.query(f"UPDATE {quoted}.migrations {edited} '{THREE}'")
    three.promptlib("rollback", "--kept-down")
    assert _tables(database)[:2] == ["public.a", "public.b"]


@pytest.mark.usefixtures("powerless")
def test_a_schema_that_may_not_be_made(three: Project, database: Database) -> None:
    three.configure(version_table_schema="ops")
    user = Project(three.folder, f"{three.url}?options=-crole%3Dpowerless")
    said = inside.alembic(user, "upgrade", "head", ok=False).stderr
    assert said == (
        "the schema ops of the ledger, which is not there, cannot be made: permission denied for "
        f"database {database.name}; let who may: CREATE SCHEMA ops AUTHORIZATION the user in "
        "DATABASE_URL\n"
    )
    tested = user.promptlib("db", "test", ok=False)
    assert "there is no schema ops for the ledger, and this user may make none" in tested.stderr
    three.configure(version_table_schema="pg_ops")
    said = inside.alembic(three, "upgrade", "head", ok=False).stderr
    assert said.endswith("; name another schema in version_table_schema\n")
    assert _tables(database) == []


def test_a_ledger_by_another_name_beside_an_application_s_own(
    three: Project, database: Database
) -> None:
    """Whatever reads, writes or makes it knows the name."""
    database.query("CREATE TABLE migrations AS SELECT 1 AS id, '2014_users' AS migration")
    three.configure(ledger_table="our_ledger")
    three.add(TWO, "ALTER TABLE migrations ADD batch int;", "ALTER TABLE migrations DROP batch;")
    (three.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    three.write(
        "20250103000000_i.sql",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY i ON a (i);\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY i;\n",
    )
    psql(database, inside.alembic(three, "upgrade", f"base:{ONE}", "--sql").stdout)
    inside.alembic(three, "upgrade", "head")
    assert _tables(database) == [
        *("public.a", "public.alembic_version", "public.c", "public.migrations"),
        *("public.our_ledger", "public.our_ledger_deploys", "public.our_ledger_events"),
    ]
    assert [each["state"] for each in three.document("status")["migrations"]] == ["executed"] * 4
    assert len(three.document("history")["events"]) == 4
    assert len(three.document("history")["deploys"]) == 1
    assert "our_ledger" not in inside.alembic(three, "check", ok=None).stderr
    three.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", name="make_a")
    three.promptlib("repair", "--yes")
    inside.alembic(three, "downgrade", "base")
    assert database.query("TABLE migrations") == [(1, "2014_users")]
    assert current(database) == []
    assert database.value("SELECT count(*) FROM our_ledger") == 0


def test_a_renamed_setting_does_not_make_everything_run_again(
    three: Project, database: Database
) -> None:
    inside.alembic(three, "upgrade", "head")
    three.configure(ledger_table="our_ledger")
    said = inside.alembic(three, "upgrade", "head", ok=False).stderr
    assert f"alembic_version is at {THREE}, but there is no ledger that says what ran here" in said
    database.query(
        "ALTER TABLE migrations RENAME TO our_ledger;"
        "ALTER TABLE migration_events RENAME TO our_ledger_events;"
        "ALTER TABLE migration_deploys RENAME TO our_ledger_deploys"
    )
    inside.alembic(three, "upgrade", "head")
    inside.alembic(three, "downgrade", "base")


@pytest.mark.parametrize("name", ["migration_events", "migration_deploys", "alembic_version"])
def test_every_table_of_another_program_s_is_left_alone(
    three: Project, database: Database, name: str
) -> None:
    database.query(f"CREATE TABLE {name} (other int)")
    for arguments in _DEPLOYS:
        said = inside.alembic(three, *arguments, ok=False).stderr
        assert said.startswith(f"the table public.{name} is not a ledger of promptlib's: it lacks ")
    assert said in inside.alembic(three, "current", ok=None).stderr
    assert _tables(database) == [f"public.{name}"]


def test_what_else_has_the_name_of_the_ledger(three: Project, database: Database) -> None:
    for kind in ("VIEW migrations AS SELECT 1 AS id", "SEQUENCE migrations"):
        database.query(f"CREATE {kind}")
        said = inside.alembic(three, "upgrade", "head", ok=False).stderr
        assert "is none that keeps what is written to it; if another program made it" in said
        database.query(f"DROP {' '.join(kind.split()[:2])}")
    database.query("CREATE DOMAIN migrations AS int")
    said = inside.alembic(three, "upgrade", "head", ok=False).stderr
    assert 'type "migrations" already exists' in said
    assert "ledger_table = promptlib_migrations in alembic.ini" in said
    three.configure(ledger_table="promptlib_migrations")
    inside.alembic(three, "upgrade", "head")


def test_a_section_that_would_change_the_ledger_is_refused_before_anything_runs(
    three: Project, database: Database
) -> None:
    three.add(
        "20250103000000",
        "CREATE TABLE IF NOT EXISTS migrations (id int);",
        "DROP TABLE IF EXISTS migrations;\nDROP SCHEMA public CASCADE;",
    )
    place = "sql/20250103000000_x.sql"
    for arguments in (("upgrade", "head"), ("upgrade", "base:head", "--sql")):
        said = inside.alembic(three, *arguments, ok=False)
        lines = said.stderr.splitlines()
        assert [line.split()[:2] for line in lines] == [
            [f"{place}:2:28:", "makes"], [f"{place}:4:22:", "drops"], [f"{place}:5:13:", "drops"]
        ]  # fmt: skip
        assert said.stdout == ""
    assert _tables(database) == []
    for command in ("status", "db test"):
        assert f"{place}:2:28: makes migrations, a table of the ledger" in (
            three.promptlib(*command.split(), ok=None).stderr
        )
    inside.alembic(three, "upgrade", THREE)
    assert applied(database) == [ONE, TWO, THREE]
    found = three.promptlib("verify", "20250103000000", ok=False).stdout
    assert "UP is not tried: makes migrations, a table of the ledger" in found


def test_a_down_of_the_ledger_s_that_would_drop_it(three: Project, database: Database) -> None:
    inside.alembic(three, "upgrade", "head")
    (three.folder / "sql" / f"{THREE}_make_c.sql").unlink()
    database.query(
        "UPDATE migrations SET down_sql = %s WHERE id = %s",
        "-- DOWN\nDROP TABLE migrations;",
        THREE,
    )
    said = inside.alembic(three, "-x", "kept_down=run", "downgrade", "-1", ok=False).stderr
    assert f"sql/{THREE}_make_c.sql:2:12: drops migrations, a table of the ledger" in said
    assert applied(database) == [ONE, TWO, THREE]
