"""promptlib.registry describes the database that all migrations make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from promptlib.registry.tables import metadata

from .harness import OUR_TABLES, definitions, run

if TYPE_CHECKING:
    from support.databases import Database

    from .harness import Row


def differences(database: Database) -> list[Any]:
    """Compare the model with the tables of the same names, as closely as Alembic can."""
    options = {
        "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
    }
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        found: list[Any] = compare_metadata(context, metadata)
        return found


def test_model_agrees_with_the_database(head: Database) -> None:
    assert differences(head) == []


def test_model_makes_the_same_tables(head: Database, database: Database) -> None:
    """Conditions of constraints and indexes too, which Alembic does not compare."""
    metadata.create_all(database.engine)

    def tables(found: Database) -> list[Row]:
        return [
            line
            for line in definitions(found)
            if line[0] in OUR_TABLES and line[1] not in {"trigger", "function"}
        ]

    assert tables(database) == tables(head)


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER TABLE users ADD COLUMN nickname text",
        "ALTER TABLE users ALTER COLUMN username TYPE varchar(60)",
        "ALTER TABLE models ALTER COLUMN context_length SET DEFAULT 8192",
        "ALTER TABLE users ALTER COLUMN preferences DROP DEFAULT",
        "ALTER TABLE providers DROP CONSTRAINT providers_auth_method_check",
        "ALTER TABLE models RENAME CONSTRAINT models_status_check TO models_state_check",
        "ALTER TABLE users DROP CONSTRAINT users_email_key",
        "ALTER TABLE connections DROP CONSTRAINT connections_owner_id_fkey",
        "DROP INDEX idx_connections_provider_id",
        "COMMENT ON COLUMN models.pricing_info IS 'per 1,000,000 tokens'",
        "ALTER TABLE models ALTER COLUMN status DROP NOT NULL",
        "ALTER TABLE models DROP CONSTRAINT models_context_length_check",
        "DROP INDEX models_default_key",
    ],
)
def test_comparison_sees(migrated: Database, drift: str) -> None:
    run(migrated, drift)

    assert differences(migrated)
