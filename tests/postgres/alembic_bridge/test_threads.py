"""Alembic's commands in threads: Alembic keeps one state for all of them, we do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from support.ledgers import applied, current, events, versions
from support.projects import THREE, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

pytestmark = pytest.mark.servers("newest")

_ROUNDS = 6
_MANY = 8


@pytest.fixture
def databases(server: Server) -> Iterator[list[Database]]:
    """An empty database for each thread."""
    made = [server.create() for _ in range(_MANY)]
    yield made
    for each in made:
        server.drop(each.name)


def _again(one: Config, what: str, target: str) -> int:
    """Run a command until Alembic's state was this thread's; how often it was not."""
    refused = 0
    while True:
        try:
            getattr(command, what)(one, target)
        except CommandError as error:
            assert "promptlib.Migrator" in str(error)  # noqa: PT017 - any other is raised
            refused += 1
        else:
            return refused


def _up_and_down(project: Project, database: Database) -> int:
    config = Config(project.folder / "alembic.ini", attributes={"connection": database.engine})
    refused = 0
    for _ in range(_ROUNDS):
        refused += _again(config, "upgrade", "head")
        refused += _again(config, "downgrade", "base")
    return refused + _again(config, "upgrade", THREE)


@pytest.mark.patient
def test_each_thread_s_command_runs_on_its_own_database(
    three: Project, databases: list[Database]
) -> None:
    with ThreadPoolExecutor(_MANY) as threads:
        list(threads.map(lambda each: _up_and_down(three, each), databases))
    for each in databases:
        assert current(each) == [THREE]
        assert len(applied(each)) == 3
        # Nothing ran twice, nothing of another thread's ran here.
        assert len(events(each)) == 3 * (2 * _ROUNDS + 1)
        assert {outcome for *_, outcome in events(each)} == {"done"}


@pytest.mark.patient
def test_threads_leave_alembic_as_it_was(three: Project, databases: list[Database]) -> None:
    with ThreadPoolExecutor(_MANY) as threads:
        list(threads.map(lambda each: _up_and_down(three, each), databases))
    config = Config(three.folder / "alembic.ini", attributes={"connection": databases[0].engine})
    command.downgrade(config, "-1")
    assert len(applied(databases[0])) == 2
    assert versions(1)[0] < current(databases[0])[0]
