"""Fixtures: the facts that the seed has to agree with, and databases at each step."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pytest

from support.databases import Database

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
    from collections.abc import Callable, Iterator

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
def templates(request: pytest.FixtureRequest) -> Iterator[_Templates]:
    """Databases to clone, by server and by what is in them; gone in the end."""
    request.getfixturevalue("session_servers")  # which outlive this fixture therefore
    made: _Templates = {}
    yield made
    for each in made.values():
        each.server.drop(each.name)


_Templates: TypeAlias = dict[tuple[str, str], Database]


def _template(
    templates: _Templates, origin: Database | Server, what: str, make: Callable[[Database], object]
) -> Database:
    """The one with this content, made from another one or from nothing when first asked for."""
    server = origin.server if isinstance(origin, Database) else origin
    key = (server.name, what)
    if key not in templates:
        made = server.create(origin.name) if isinstance(origin, Database) else server.create()
        make(made)
        templates[key] = made.only_to_read()
    return templates[key]


@contextlib.contextmanager
def _clone(template: Database) -> Iterator[Database]:
    made = template.server.create(template.name)
    yield made
    template.server.drop(made.name)


@pytest.fixture
def head(server: Server, session_servers: _Servers) -> Database:
    """Give a database at head, to read."""
    return session_servers.template(server)


@pytest.fixture
def seed(head: Database, templates: _Templates) -> Database:
    """Give a database at the seed, to read: the migrations after it are taken back."""
    return _template(templates, head, SEED, lambda made: made.alembic("downgrade", SEED))


@pytest.fixture
def seeded(seed: Database) -> Iterator[Database]:
    """Give the same, of the test's own."""
    with _clone(seed) as made:
        yield made


@pytest.fixture
def predecessor(server: Server, templates: _Templates) -> Database:
    """Give a database as the predecessor leaves it, with faulty rows, to read."""
    return _template(templates, server, "predecessor", lambda made: run(made, *PREDECESSORS))


@pytest.fixture
def unadopted(predecessor: Database) -> Iterator[Database]:
    """Give the same, of the test's own."""
    with _clone(predecessor) as made:
        yield made


@pytest.fixture
def left(predecessor: Database, templates: _Templates) -> Iterator[Database]:
    """Give the same, adopted."""

    def adopt(made: Database) -> None:
        made.promptlib("adopt", "--yes")

    with _clone(_template(templates, predecessor, "adopted", adopt)) as made:
        yield made


@pytest.fixture
def bare(server: Server, templates: _Templates) -> Database:
    """Give a database with all the tables, and no rows, to read."""
    return _template(templates, server, TABLES, lambda made: up(made, BASE, TABLES))


@pytest.fixture
def tables(bare: Database) -> Iterator[Database]:
    """Give the same, of the test's own."""
    with _clone(bare) as made:
        yield made
