"""What a database holds, as lines to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.psql import schema

if TYPE_CHECKING:
    from support.databases import Database


def catalog(database: Database) -> list[str]:
    """The schema but for the order of columns and what promptlib itself makes."""
    ours = ("alembic_version", "migration_events*", "migrations")
    lines = schema(database, *(f"--exclude-table={name}" for name in ours))
    return sorted(line.strip().rstrip(",") for line in lines if line and not line.startswith("--"))
