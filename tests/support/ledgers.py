"""What a database remembers, as tests look at it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from promptlib.ledger.names import LedgerNames
from support.projects import full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

PREDECESSORS = """
    CREATE TABLE migrations (
        id VARCHAR(255) PRIMARY KEY,
        name VARCHAR(255) NOT NULL,
        executed_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
        checksum VARCHAR(64) NOT NULL
    )
"""


def versions(*numbers: int) -> list[str]:
    """The versions of 14 digits that numbers stand for."""
    return [full(number) for number in numbers]


def applied(database: Database) -> list[str]:
    """The versions in `migrations`."""
    return [version for (version,) in database.query("SELECT id FROM migrations ORDER BY id")]


def current(database: Database) -> list[str]:
    """What alembic_version names."""
    return [version for (version,) in database.query("SELECT version_num FROM alembic_version")]


def events(database: Database) -> list[tuple[str, str, str]]:
    """Version, direction and outcome of each attempt, as they came."""
    asked = "SELECT version, direction, outcome FROM migration_events ORDER BY id"
    return [(version, direction, outcome) for version, direction, outcome in database.query(asked)]


def everything(database: Database) -> dict[str, Any]:
    """All rows of alembic_version and of the ledger, and the names of all tables."""
    tables = ("alembic_version", "migrations", "migration_events")
    kept = {name: database.query(f"SELECT * FROM {name} ORDER BY 1") for name in tables}
    return {**kept, "tables": database.tables()}


def states(project: Project) -> dict[str, str]:
    """The state of each version, as `promptlib status` tells it."""
    found = project.document("status")
    return {row["version"]: row["state"] for row in found["migrations"]}


def sha256(text: str) -> str:
    """The checksum of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def drop_the_ledger(database: Database) -> None:
    """What a database looks like that was migrated before there was a ledger."""
    database.query(f"DROP TABLE {', '.join(LedgerNames().tables)}")
