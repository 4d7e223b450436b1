"""Fixtures: the facts that the seed has to agree with, and databases at each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

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

    class _Servers(Protocol):
        """The part of tests/conftest.py's that is needed here."""

        def template(self, server: Server) -> Database: ...


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
def head(server: Server, session_servers: _Servers) -> Database:
    """Give a database at head, to read."""
    return session_servers.template(server)


@pytest.fixture
def seed(server: Server, head: Database, templates: dict[tuple[str, str], Database]) -> Database:
    """Give a database at the seed, to read: the migrations after it are taken back."""
    key = (server.name, SEED)
    if key not in templates:
        made = server.create(head.name)
        made.alembic("downgrade", SEED)
        templates[key] = made.only_to_read()
    return templates[key]


@pytest.fixture
def seeded(server: Server, seed: Database) -> Iterator[Database]:
    """Give the same, of the test's own."""
    made = server.create(seed.name)
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
def bare(server: Server, templates: dict[tuple[str, str], Database]) -> Database:
    """Give a database with all the tables, and no rows, to read."""
    key = (server.name, TABLES)
    if key not in templates:
        made = server.create()
        up(made, BASE, TABLES)
        templates[key] = made.only_to_read()
    return templates[key]


@pytest.fixture
def tables(server: Server, bare: Database) -> Iterator[Database]:
    """Give the same, of the test's own."""
    made = server.create(bare.name)
    yield made
    server.drop(made.name)
