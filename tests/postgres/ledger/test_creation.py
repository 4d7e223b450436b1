"""How the ledger's tables are made, and by whom not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import inside
from support.ledgers import current, drop_the_ledger, versions
from support.projects import Project

if TYPE_CHECKING:
    from support.databases import Database

_FIRST, _, _THIRD = versions(1, 3, 5)


def test_a_user_who_may_not_create_tables_is_told_which(three: Project, database: Database) -> None:
    database.server.role("visitor")
    database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    visitor = Project(three.folder, f"{three.url}?options=-c%20role%3Dvisitor")
    expected = (
        "the tables migrations, migration_events, migration_deploys cannot be made in the schema "
        "public: permission denied for schema public; GRANT CREATE ON SCHEMA public to the user in "
        "DATABASE_URL, or "
    )
    said = visitor.alembic("upgrade", "head", ok=False)
    assert said.stderr.startswith(expected)
    assert database.tables() == set()
    inside.alembic(three, "upgrade", "head")
    drop_the_ledger(database)
    database.query("GRANT ALL ON alembic_version TO visitor")
    assert inside.alembic(visitor, "stamp", _FIRST, ok=False).stderr.startswith(expected)
    assert current(database) == [_THIRD]
    assert inside.alembic(visitor, "current").stdout == f"{_THIRD} (head)\n"


def test_a_deploy_s_own_tables_are_looked_at_once_more(three: Project, database: Database) -> None:
    """A stranger who is quicker than CREATE TABLE IF NOT EXISTS."""
    database.server.role("stranger")
    database.query(
        "CREATE FUNCTION quick() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF current_setting('quick.done', true) IS NULL THEN"
        "   PERFORM set_config('quick.done', 'yes', true);"
        "   CREATE TABLE public.migration_events (version text, direction text, outcome text,"
        "     statements_done int, statements_checksum text, id bigint);"
        "   ALTER TABLE public.migration_events OWNER TO stranger;"
        " END IF; END $$;"
        " CREATE EVENT TRIGGER quick ON ddl_command_start WHEN TAG IN ('CREATE TABLE')"
        " EXECUTE FUNCTION quick()"
    )
    said = three.promptlib("migrate", ok=False).stderr
    assert "the table public.migration_events belongs to stranger" in said
    assert database.tables() == set()
