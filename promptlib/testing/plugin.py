"""The pytest plugin: `promptlib_database` is a test's own database, at the newest migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.testing.databases import MigratedDatabase, MigratedDatabases

_CONFIG, _SCRATCH, _EMBEDDED = "promptlib_config", "promptlib_scratch", "promptlib_embedded"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what says whose migrations run, and where."""
    about_config = "the alembic.ini whose migrations run; default: that of pytest's root folder"
    about_scratch = "a server to make databases on, instead of that of scratch or DATABASE_URL"
    group = parser.getgroup("promptlib")
    group.addoption("--promptlib-config", dest=_CONFIG, metavar="FILE", help=about_config)
    group.addoption("--promptlib-scratch", dest=_SCRATCH, metavar="URL", help=about_scratch)
    group.addoption(
        "--promptlib-embedded",
        dest=_EMBEDDED,
        action="store_true",
        help="make them on the embedded server",
    )
    parser.addini(_CONFIG, about_config)


@pytest.fixture(scope="session")
def promptlib_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MigratedDatabases]:
    """Makes databases that all migrations have run in; most tests want `promptlib_database`."""
    # Who has no such test does not load all that.
    from promptlib.config.project import INI, read_project
    from promptlib.testing.databases import MigratedDatabases, find_place

    config = request.config
    given = config.getoption(_CONFIG) or config.getini(_CONFIG) or INI
    project = read_project(str(config.rootpath / given), {}, "")
    url, embedded = config.getoption(_SCRATCH), config.getoption(_EMBEDDED)
    place = find_place(project, url or "", embedded=embedded)
    with MigratedDatabases(project, place, _shared_file(config, tmp_path_factory)) as databases:
        yield databases


@pytest.fixture
def promptlib_database(promptlib_databases: MigratedDatabases) -> Iterator[MigratedDatabase]:
    """A database of the test's own, as the migrations leave it; it is dropped behind the test."""
    made = promptlib_databases.create()
    yield made
    promptlib_databases.drop(made)


def _shared_file(config: pytest.Config, folders: pytest.TempPathFactory) -> Path | None:
    """A file that all workers of pytest-xdist see, if this is one: the folder above theirs is."""
    is_worker = hasattr(config, "workerinput")
    return folders.getbasetemp().parent / "promptlib-template" if is_worker else None
