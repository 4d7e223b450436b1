"""Fixtures: the facts that the seed has to agree with, and databases at each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .harness import BASE, HERE, SEED, TABLES, up

if TYPE_CHECKING:
    from support.databases import Database


@pytest.fixture(scope="session")
def catalogue() -> dict[str, Any]:
    """Give the facts that the seed has to agree with."""
    text = (HERE.parent / "data" / "catalogue.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.fixture
def seeded(migrated: Database) -> Database:
    """Give a database at the seed; migrations after it, once there are any, are taken back."""
    if migrated.value("SELECT version_num FROM alembic_version") != SEED:
        migrated.alembic("downgrade", SEED)
    return migrated


@pytest.fixture
def tables(database: Database) -> Database:
    """Give an empty database with all the tables."""
    up(database, BASE, TABLES)
    return database
