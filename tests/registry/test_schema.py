"""The schema after 20250210120000, against the specification written out here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from .harness import (
    OUR_TABLES,
)

if TYPE_CHECKING:
    from support.databases import Database

    from .harness import Row

ID: Final = ("id", "uuid", "NOT NULL", "gen_random_uuid()")
CREATED: Final = ("created_at", "timestamp with time zone", "NULL", "CURRENT_TIMESTAMP")
UPDATED: Final = ("updated_at", "timestamp with time zone", "NULL", "CURRENT_TIMESTAMP")
TESTED: Final = ("last_tested", "timestamp with time zone", "NULL", None)
STATUS: Final = ("status", "character varying(20)", "NULL", "'active'::character varying")
IS_SYSTEM: Final = ("is_system", "boolean", "NULL", "false")
CREATED_BY: Final = ("created_by", "uuid", "NULL", None)

COLUMNS: Final[dict[str, list[Row]]] = {
    "users": [
        ID,
        ("username", "character varying(50)", "NOT NULL", None),
        ("email", "character varying(255)", "NOT NULL", None),
        ("password_hash", "character varying(255)", "NOT NULL", None),
        ("role", "character varying(20)", "NULL", "'user'::character varying"),
        CREATED,
        UPDATED,
        ("last_login", "timestamp with time zone", "NULL", None),
        ("preferences", "jsonb", "NULL", "'{}'::jsonb"),
    ],
    "connections": [
        ID,
        ("name", "character varying(255)", "NOT NULL", None),
        ("provider", "character varying(50)", "NOT NULL", None),
        ("owner_id", "uuid", "NULL", None),
        ("config", "jsonb", "NOT NULL", None),
        STATUS,
        CREATED,
        UPDATED,
        TESTED,
        ("provider_id", "uuid", "NULL", None),
    ],
    "providers": [
        ID,
        ("identifier", "character varying(50)", "NOT NULL", None),
        ("name", "character varying(255)", "NOT NULL", None),
        ("description", "text", "NULL", None),
        ("api_endpoint", "character varying(500)", "NOT NULL", None),
        ("auth_method", "character varying(50)", "NOT NULL", None),
        ("auth_config", "jsonb", "NOT NULL", None),
        ("capabilities", "jsonb", "NOT NULL", None),
        STATUS,
        IS_SYSTEM,
        CREATED_BY,
        CREATED,
        UPDATED,
        TESTED,
        ("test_result", "jsonb", "NULL", None),
    ],
    "models": [
        ID,
        ("provider_id", "uuid", "NULL", None),
        ("identifier", "character varying(100)", "NOT NULL", None),
        ("name", "character varying(255)", "NOT NULL", None),
        ("description", "text", "NULL", None),
        ("context_length", "integer", "NOT NULL", "4096"),
        ("capabilities", "jsonb", "NOT NULL", None),
        ("pricing_info", "jsonb", "NULL", None),
        STATUS,
        ("is_default", "boolean", "NULL", "false"),
        CREATED,
        UPDATED,
    ],
    "provider_templates": [
        ID,
        ("name", "character varying(255)", "NOT NULL", None),
        ("description", "text", "NULL", None),
        ("provider_config", "jsonb", "NOT NULL", None),
        ("default_models", "jsonb", "NOT NULL", None),
        IS_SYSTEM,
        CREATED_BY,
        CREATED,
        UPDATED,
    ],
}


def one_of(column: str, *values: str) -> str:
    """Write a CHECK as the server shows it."""
    listed = ", ".join(f"'{value}'::character varying" for value in values)
    return f"CHECK ((({column})::text = ANY ((ARRAY[{listed}])::text[])))"


CONSTRAINTS: Final = {
    "users_pkey": "PRIMARY KEY (id)",
    "users_username_key": "UNIQUE (username)",
    "users_email_key": "UNIQUE (email)",
    "users_role_check": one_of("role", "admin", "user", "viewer"),
    "connections_pkey": "PRIMARY KEY (id)",
    "connections_owner_id_fkey": "FOREIGN KEY (owner_id) REFERENCES users(id) ON DELETE CASCADE",
    "connections_provider_id_fkey": (
        "FOREIGN KEY (provider_id) REFERENCES providers(id) ON DELETE SET NULL"
    ),
    "connections_status_check": one_of("status", "active", "inactive", "error"),
    "providers_pkey": "PRIMARY KEY (id)",
    "providers_identifier_key": "UNIQUE (identifier)",
    "providers_auth_method_check": one_of("auth_method", "api_key", "oauth2", "aws_iam", "custom"),
    "providers_status_check": one_of("status", "active", "inactive", "testing"),
    "providers_created_by_fkey": "FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL",
    "models_pkey": "PRIMARY KEY (id)",
    "models_provider_id_fkey": (
        "FOREIGN KEY (provider_id) REFERENCES providers(id) ON DELETE CASCADE"
    ),
    "models_provider_id_identifier_key": "UNIQUE (provider_id, identifier)",
    "models_status_check": one_of("status", "active", "inactive", "deprecated"),
    "provider_templates_pkey": "PRIMARY KEY (id)",
    "provider_templates_created_by_fkey": (
        "FOREIGN KEY (created_by) REFERENCES users(id) ON DELETE SET NULL"
    ),
}

#: Indexes that belong to no constraint: each is on one column and named after it.
INDEXED: Final = {
    "connections": {"owner_id", "provider", "provider_id"},
    "providers": {"identifier", "status", "is_system", "created_by", "created_at"},
    "models": {"provider_id", "identifier", "status", "is_default", "created_at"},
    "provider_templates": {"name", "is_system", "created_by"},
}


@pytest.mark.parametrize("table", OUR_TABLES)
def test_columns(bare: Database, table: str) -> None:
    found = bare.query(
        f"""SELECT attname, format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'NOT NULL' ELSE 'NULL' END, pg_get_expr(adbin, adrelid)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum""",
    )

    assert found == COLUMNS[table]


def test_constraints(bare: Database) -> None:
    """NOT NULL, a constraint of its own since PostgreSQL 18, is with the columns above."""
    found = bare.query(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    )

    assert dict(found) == CONSTRAINTS


def test_indexes(bare: Database) -> None:
    found = bare.query(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    )

    assert {name: definition for name, definition in found if name not in CONSTRAINTS} == {
        f"idx_{table}_{column}": (
            f"CREATE INDEX idx_{table}_{column} ON public.{table} USING btree ({column})"
        )
        for table, columns in INDEXED.items()
        for column in columns
    }


def test_triggers(bare: Database) -> None:
    found = bare.query(
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    )

    assert dict(found) == {
        f"update_{table}_updated_at": (
            f"CREATE TRIGGER update_{table}_updated_at BEFORE UPDATE ON public.{table} "
            "FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()"
        )
        for table in OUR_TABLES
    }


def test_comments_are_on_the_new_tables_alone(bare: Database) -> None:
    """What they say is compared with the model."""
    found = bare.query(
        """SELECT DISTINCT objoid::regclass::text FROM pg_description
        WHERE objoid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        ORDER BY 1""",
    )

    assert found == [("models",), ("provider_templates",), ("providers",)]
