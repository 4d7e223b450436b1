"""changes: what statements make, alter or drop of the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import LedgerError
from promptlib.files.parser import parse_migration
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.protection import require_ledger_spared

_PATH = Path("sql/20250101000001_x.sql")
_PUBLIC = LedgerNames("public")
_OPS = LedgerNames("ops", "our_ledger")


def _refused(
    sql: str, names: LedgerNames = _PUBLIC, schemas: tuple[str, ...] = ("public",)
) -> list[str]:
    """What is refused of an UP section."""
    text = f"-- UP transaction:false\n{sql}\n-- DOWN\nSELECT 1;\n".encode()
    section = parse_migration("20250101000001", "x", _PATH, text).up
    try:
        require_ledger_spared(_PATH, [section], names, schemas)
    except LedgerError as error:
        found = (error, *error.others)
        return [f"{each.place.removeprefix(str(_PATH))} {each.what}" for each in found]
    return []


_WHAT = ", a table of the ledger, which says what ran here"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE IF NOT EXISTS migrations (id int);", ":2:28 makes migrations"),
        ("CREATE TABLE Migrations ();", ":2:14 makes migrations"),
        ('CREATE TABLE "public" . "migrations" ();', ":2:14 makes public.migrations"),
        ("CREATE UNLOGGED TABLE migration_events ();", ":2:23 makes migration_events"),
        ("CREATE VIEW migration_deploys AS SELECT 1;", ":2:13 makes migration_deploys"),
        ("CREATE TABLE alembic_version AS SELECT 1;", ":2:14 makes alembic_version"),
        ("CREATE TABLE kept () INHERITS (migrations);", ":2:14 alters migrations"),
        ("ALTER TABLE old RENAME TO migrations;", ":2:13 makes migrations"),
        ("ALTER TABLE app.migrations SET SCHEMA public;", ":2:13 makes public.migrations"),
        ("ALTER TABLE IF EXISTS ONLY migrations OWNER TO me;", ":2:28 alters migrations"),
        ("ALTER TABLE migrations RENAME TO old;", ":2:13 alters migrations"),
        ("ALTER TABLE migrations ALTER id TYPE int;", ":2:13 alters migrations"),
        ("CREATE INDEX i ON migrations (name);", ":2:14 alters migrations"),
        (
            "CREATE TRIGGER t BEFORE INSERT ON migrations EXECUTE FUNCTION f();",
            ":2:16 alters migrations",
        ),
        ("CREATE POLICY p ON public.migration_events;", ":2:15 alters public.migration_events"),
        ("DROP TABLE a, migrations, b CASCADE;", ":2:15 drops migrations"),
        ("DROP TABLE IF EXISTS public.alembic_version;", ":2:22 drops public.alembic_version"),
        ("TRUNCATE TABLE a, ONLY public.migrations CASCADE;", ":2:24 empties public.migrations"),
        ("SELECT 1;\nDO $$ BEGIN\n  DROP TABLE migrations;\nEND $$;", ":4:14 drops migrations"),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE migrations'; END $$;", ":2:33 drops migrations"),
        ("SET search_path = ops; CREATE TABLE migrations ();", ":2:37 makes migrations"),
    ],
)
def test_a_table_of_the_ledger(sql: str, said: str) -> None:
    assert _refused(sql) == [said + _WHAT]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP SCHEMA public CASCADE;", ":2:13 drops the schema public"),
        ("DROP SCHEMA IF EXISTS app, public;", ":2:28 drops the schema public"),
        ("ALTER SCHEMA public RENAME TO old;", ":2:14 renames the schema public"),
        ("DROP OWNED BY CURRENT_USER;", ":2:1 drops all that its user owns"),
    ],
)
def test_what_the_ledger_is_in(sql: str, said: str) -> None:
    assert _refused(sql) == [f"{said}, and with it the ledger, which says what ran here"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE app.migrations (); DROP TABLE app.migrations;",
        "CREATE TEMPORARY TABLE migrations ();",
        "CREATE TABLE db_migrations (); CREATE TABLE migrations_old ();",
        "CREATE FUNCTION migrations() RETURNS int LANGUAGE sql RETURN 1;",
        "CREATE TABLE a (migrations int); CREATE INDEX migrations_i ON a (migrations);",
        "INSERT INTO a VALUES ('DROP TABLE migrations'); -- DROP TABLE migrations",
        "COMMENT ON TABLE migrations IS 'x'; GRANT SELECT ON migrations TO me;",
        "CREATE SCHEMA IF NOT EXISTS public; ALTER SCHEMA public OWNER TO me;",
        "DROP SCHEMA app CASCADE; DROP OWNED BY reporting;",
        "CREATE VIEW v AS SELECT * FROM migrations;",
    ],
)
def test_what_is_none_of_its_business(sql: str) -> None:
    assert _refused(sql) == []


def test_a_ledger_with_other_names_in_a_schema_that_nothing_leads_to() -> None:
    sql = "CREATE TABLE migrations (); CREATE TABLE our_ledger (); DROP SCHEMA public;"
    assert _refused(sql, _OPS) == []
    assert _refused(sql, _OPS, ("app", "ops")) == [f":2:42 makes our_ledger{_WHAT}"]
    assert _refused(f"SET search_path = ops; {sql}", _OPS) == [f":2:65 makes our_ledger{_WHAT}"]
    assert _refused("DROP TABLE ops.our_ledger_events;", _OPS) == [
        f":2:12 drops ops.our_ledger_events{_WHAT}"
    ]


def test_where_no_schema_is_known_it_is_the_usual_one() -> None:
    sql = "DROP TABLE app.migrations; DROP TABLE public.migrations;"
    assert _refused(sql, LedgerNames()) == [f":2:39 drops public.migrations{_WHAT}"]
