"""What the tests of the migrations share: running one section, and pictures of a database.

A section is sent as it stands in its file, in one transaction, so that a test can look at a single
migration whatever comes after it. The fixtures that make databases are in `tests/conftest.py`.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from support.databases import Database

    Row: TypeAlias = tuple[Any, ...]

BASE: Final = "20250101000000"
TABLES: Final = "20250210120000"
SEED: Final = "20250210120001"
HARDEN: Final = "20261122090000"
REFRESH: Final = "20261122090100"
CONFIGS: Final = "20261129070000"

OUR_TABLES: Final = ("connections", "models", "provider_templates", "providers", "users")
SEEDED_TABLES: Final = ("models", "provider_templates", "providers")

ALLOW_DATA_LOSS: Final = "SET promptlib.allow_data_loss = 'on'"

HERE: Final = Path(__file__).parent
SQL: Final = HERE.parents[1] / "sql"
#: What nothing is wrong with.
CAPABILITIES: Final = """{"supportsSystemMessages": true, "supportsStreaming": true,
    "supportsTools": true, "maxContextLength": 8192, "supportedRoles": ["user"],
    "supportedAuthMethods": ["custom"]}"""
CONFIG: Final = f"""{{"name": "Own", "apiEndpoint": "https://llm.example.org/v1",
    "authMethod": "custom", "authConfig": {{"type": "custom", "fields": {{}}}},
    "capabilities": {CAPABILITIES}}}"""
#: What somebody has to do on a database of the predecessor's, as CONFIGS mends nothing.
_WRITE_CONFIGS: Final = f"""
    ALTER TABLE provider_templates DISABLE TRIGGER update_provider_templates_updated_at;
    UPDATE provider_templates SET provider_config = '{CONFIG}';
    ALTER TABLE provider_templates ENABLE TRIGGER update_provider_templates_updated_at;
"""

#: The predecessor's init script, its first migration, rows with its faults, and what it remembers.
PREDECESSORS: Final = [
    (HERE / f"predecessor{part}.sql").read_text(encoding="utf-8") + then
    for part, then in (("", ""), ("_registry", ""), ("_rows", _WRITE_CONFIGS), ("_ledger", ""))
]
PREDECESSOR: Final = PREDECESSORS[0]

#: Every definition in the schema, one per row: what it belongs to, what it is, and how it reads.
_DEFINITIONS: Final = """
    WITH ours AS (
        SELECT oid, relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I')
    )
    SELECT relname, 'column', concat_ws(' ', attname, format_type(atttypid, atttypmod),
           CASE WHEN attnotnull THEN 'NOT NULL' END, pg_get_expr(adbin, adrelid),
           '-- ' || col_description(ours.oid, attnum))
    FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = ours.oid AND adnum = attnum
    UNION ALL
    SELECT relname, 'comment', description
    FROM ours JOIN pg_description ON objoid = ours.oid AND objsubid = 0
    UNION ALL
    SELECT relname, 'constraint', conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
    FROM ours JOIN pg_constraint ON conrelid = ours.oid
    UNION ALL
    SELECT relname, 'index', pg_get_indexdef(indexrelid)
    FROM ours JOIN pg_index ON indrelid = ours.oid
    UNION ALL
    SELECT relname, 'trigger', concat(pg_get_triggerdef(pg_trigger.oid), ' ', tgenabled)
    FROM ours JOIN pg_trigger ON tgrelid = ours.oid AND NOT tgisinternal
    UNION ALL
    SELECT proname, 'function', pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3
"""

#: Every row of the system catalogs that stands for something in the schema, with the transaction
#: that wrote it: replacing a thing by its equal shows here.
_CATALOG_ROWS: Final = """
    WITH ours AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT 'pg_class', oid, 0, xmin::text FROM pg_class WHERE oid IN (SELECT oid FROM ours)
    UNION ALL
    SELECT 'pg_attribute', attrelid, attnum, xmin::text
    FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)
    UNION ALL
    SELECT 'pg_attrdef', oid, 0, xmin::text
    FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM ours)
    UNION ALL
    SELECT 'pg_constraint', oid, 0, xmin::text
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'pg_index', indexrelid, 0, xmin::text
    FROM pg_index WHERE indrelid IN (SELECT oid FROM ours)
    UNION ALL
    SELECT 'pg_trigger', oid, 0, xmin::text
    FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM ours)
    UNION ALL
    SELECT 'pg_proc', oid, 0, xmin::text
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'pg_description', objoid, objsubid, xmin::text
    FROM pg_description WHERE objoid IN (SELECT oid FROM ours)
    ORDER BY 1, 2, 3
"""


def section(version: str, which: Literal["UP", "DOWN"]) -> str:
    """Give the text of one section."""
    (path,) = SQL.glob(f"{version}_*.sql")
    _, up, down = re.split(
        r"^-- (?:UP|DOWN)(?: \w+:\w+)*$",
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    return up if which == "UP" else down


def run(database: Database, *statements: str) -> list[str]:
    """Run each text in a transaction, all on one connection, and give the server's notices."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(connection.notices)


def up(database: Database, *versions: str) -> None:
    """Run the UP sections of these migrations."""
    run(database, *(section(version, "UP") for version in versions))


def down(database: Database, *versions: str, allow_data_loss: bool = False) -> list[str]:
    """Run the DOWN sections of these migrations and give the server's notices."""
    settings = [ALLOW_DATA_LOSS] if allow_data_loss else []
    return run(database, *settings, *(section(version, "DOWN") for version in versions))


def definitions(database: Database) -> list[Row]:
    """Read the whole schema as definitions."""
    return database.query(_DEFINITIONS)


def catalog_rows(database: Database) -> list[Row]:
    """Read the whole schema as the rows of the system catalogs."""
    return database.query(_CATALOG_ROWS)


def contents(database: Database, tables: Iterable[str] = OUR_TABLES) -> dict[str, list[str]]:
    """Read every row of these tables as text."""
    return {
        table: [row for (row,) in database.query(f"SELECT t::text FROM {table} AS t ORDER BY id")]
        for table in tables
    }


def rows(database: Database, *tables: str) -> dict[str, dict[str, Any]]:
    """Read every row of these tables, by the name of its table and its id."""
    return {
        f"{table} {row['id']}": row
        for table in tables
        for (row,) in database.query(f"SELECT to_jsonb(t) FROM {table} AS t")
    }


def changes(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any] | None]:
    """What happened to rows that were there: columns with their new values; None for gone."""
    found: dict[str, dict[str, Any] | None] = {}
    for key, row in before.items():
        now = after.get(key)
        new = now and {column: value for column, value in now.items() if row[column] != value}
        if new != {}:
            found[key] = new
    return found


def add_user(database: Database, name: str = "ada") -> str:
    """Add a user and give its id."""
    return str(
        database.value(
            f"""INSERT INTO users (username, email, password_hash)
            VALUES ('{name}', '{name}@example.org', 'x') RETURNING id"""
        )
    )


def add_connection(database: Database, provider: str) -> str:
    """Add a connection that was last changed long ago and give its id."""
    return str(
        database.value(
            f"""INSERT INTO connections (name, provider, config, updated_at)
            VALUES ('mine', '{provider}', '{{}}', '2024-06-01') RETURNING id"""
        )
    )


def add_provider(database: Database, identifier: str = "mine", *, is_system: bool = False) -> str:
    """Add an operator's provider and give its id."""
    return str(
        database.value(
            f"""INSERT INTO providers
            (identifier, name, api_endpoint, auth_method, auth_config, capabilities, is_system)
            VALUES ('{identifier}', 'Mine', 'https://llm.example.org', 'custom', '{{}}', '{{}}',
                    {is_system}) RETURNING id"""
        )
    )


def add_model(database: Database, provider: str = "none", identifier: str = "mine") -> str:
    """Add an operator's model below this provider, or below none, and give its id."""
    return str(
        database.value(
            f"""INSERT INTO models (provider_id, identifier, name, capabilities)
            VALUES ((SELECT id FROM providers WHERE identifier = '{provider}'), '{identifier}',
                    'Mine', '{{}}') RETURNING id"""
        )
    )


def add_template(database: Database, name: str = "Mine") -> str:
    """Add an operator's template and give its id."""
    return str(
        database.value(
            f"""INSERT INTO provider_templates (name, provider_config, default_models)
            VALUES ('{name}', '{{}}', '[]') RETURNING id"""
        )
    )
