"""Fixtures: the facts that the seed has to agree with, and databases at each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .harness import (
    BASE,
    HERE,
    PREDECESSORS,
    SEED,
    TABLES,
    run,
    up,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server


@pytest.fixture(scope="session")
def catalogue() -> dict[str, Any]:
    """Give the facts that the seed has to agree with."""
    text = (HERE.parent / "data" / "catalogue.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Database]]:
    """Databases to clone, by server and by what is in them; gone in the end."""
    request.getfixturevalue("session_servers")  # which outlive this fixture therefore
    made: dict[tuple[str, str], Database] = {}
    yield made
    for each in made.values():
        each.server.drop(each.name)


@pytest.fixture
def seeded(
    server: Server, migrated: Database, templates: dict[tuple[str, str], Database]
) -> Iterator[Database]:
    """Give a database at the seed; the migrations after it are taken back."""
    key = (server.name, SEED)
    if key not in templates:
        templates[key] = server.create(migrated.name)
        templates[key].alembic("downgrade", SEED)
    made = server.create(templates[key].name)
    yield made
    server.drop(made.name)


@pytest.fixture
def unadopted(server: Server, templates: dict[tuple[str, str], Database]) -> Iterator[Database]:
    """Give a database as the predecessor leaves it, with faulty rows."""
    key = (server.name, "unadopted")
    if key not in templates:
        templates[key] = server.create()
        run(templates[key], *PREDECESSORS)
    made = server.create(templates[key].name)
    yield made
    server.drop(made.name)


@pytest.fixture
def left(
    server: Server, unadopted: Database, templates: dict[tuple[str, str], Database]
) -> Iterator[Database]:
    """Give the same, adopted."""
    key = (server.name, "adopted")
    if key not in templates:
        templates[key] = server.create(unadopted.name)
        templates[key].promptlib("adopt", "--yes")
    made = server.create(templates[key].name)
    yield made
    server.drop(made.name)


@pytest.fixture
def tables(database: Database) -> Database:
    """Give an empty database with all the tables."""
    up(database, BASE, TABLES)
    return database
