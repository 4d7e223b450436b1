"""`promptlib reset`: the old database stays until the new one is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import THREE, Project

if TYPE_CHECKING:
    from support.databases import Database


def test_a_database_is_made_anew(done: Project, database: Database) -> None:
    database.query("CREATE TABLE by_hand (i int); INSERT INTO a VALUES (1)")
    database.query(f"ALTER DATABASE {database.name} SET work_mem = '7MB'")
    refused = done.promptlib("reset", ok=False)
    assert "replaces postgresql://" in refused.stderr
    assert "no rollback brings that back" in refused.stderr
    assert "by_hand" in database.tables()
    assert done.promptlib("reset", "--yes").stderr.endswith(
        f"{database.name}: reset; the database is at {THREE} (head)\n"
    )
    assert database.tables() - {"alembic_version"} == {"a", "b", "c"}
    assert database.value("SELECT count(*) FROM a") == 0
    assert database.value("SHOW work_mem") == "7MB"


def test_a_migration_that_fails(done: Project, database: Database) -> None:
    """Or a file that is broken: the old database is as it was, and no other is left."""
    database.query("INSERT INTO a VALUES (1)")
    path = done.add("20250103000000", "SELECT 1/0;")
    said = done.promptlib("reset", "--yes", ok=False).stderr
    assert "division by zero" in said
    assert said.endswith(f"\n{database.url} is as it was\n")
    path.write_text("-- UP\n")
    assert str(path.name) in done.promptlib("reset", "--yes", ok=False).stderr
    assert database.value("SELECT count(*) FROM a") == 1
    names = database.query("SELECT datname FROM pg_database WHERE datname ~ '^promptlib_'")
    assert [name for (name,) in names if database.name in name] == []


def test_a_database_that_is_not_there(done: Project, database: Database) -> None:
    done.promptlib("db", "drop", "--yes")
    assert "at base" not in done.promptlib("reset").stderr
    assert database.tables() - {"alembic_version"} == {"a", "b", "c"}


def test_an_owner_who_is_no_superuser(done: Project, database: Database) -> None:
    """He needs no more than CREATEDB: no right on the usual tablespace."""
    server, role = database.server, "promptlib_maker"
    server.role(role, "LOGIN CREATEDB")
    server.execute(f'ALTER DATABASE "{database.name}" OWNER TO {role}')
    url = database.url.replace("postgres@", f"{role}@")
    said = done.promptlib("reset", "--yes", DATABASE_URL=url).stderr
    assert "reset; the database is at " in said
    owner = f"SELECT datdba::regrole::text FROM pg_database WHERE datname = '{database.name}'"
    assert database.query(owner) == [(role,)]
