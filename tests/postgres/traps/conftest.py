"""Servers whose databases are full of traps, and projects for these."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from support import servers, traps
from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database
    from support.servers import Server
    from support.traps import Traps


@pytest.fixture(scope="session")
def grounds() -> Iterator[dict[str, Traps]]:
    """Servers of the tests' own, by name: their databases are all full of traps."""
    with contextlib.ExitStack() as stack:
        yield _Laid(stack)


class _Laid(dict[str, "traps.Traps"]):
    """Servers, each started when it is asked for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        super().__init__()
        self.stack = stack

    def __missing__(self, name: str) -> Traps:
        self[name] = self.stack.enter_context(traps.laid(name))
        return self[name]


@pytest.fixture
def ground(server: Server, grounds: dict[str, Traps]) -> Traps:
    """A server full of traps, of the version that is to be tested."""
    return grounds[servers.DEFAULT if server.name == servers.SHARED else server.name]


@pytest.fixture
def database(ground: Traps) -> Iterator[Database]:
    """An empty database there."""
    made = ground.server.create()
    yield made
    if ground.server.has(f"SELECT FROM pg_database WHERE datname = '{made.name}'"):
        assert ground.resting_on(made) == []
    ground.server.drop(made.name)


@pytest.fixture
def project(tmp_path: Path, ground: Traps, database: Database) -> Project:
    """Migrations that name nothing which a trap could be taken for."""
    made = Project.copy(tmp_path, ground.url(database))
    a = "CREATE TABLE a (i integer PRIMARY KEY, v varchar(10) NOT NULL);"
    made.add(ONE, a, "DROP TABLE a;", name="make_a")
    made.add(TWO, "CREATE TABLE b (i integer REFERENCES a);", "DROP TABLE b;", name="make_b")
    made.write(
        f"{THREE}_index_a.sql",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY a_v ON a (v);\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY a_v;\n",
    )
    return made
