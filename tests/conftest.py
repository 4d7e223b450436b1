"""Fixtures: one server a session and version, one template database a server, one clone a test."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import servers
from support.projects import ONE, ROOT, THREE, TWO, Project
from support.sending import sent, usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

# Who starts the tests in the background of a script lets them ignore Ctrl-C, and with them all that
# they start, which would never be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)
_HERE = Path(__file__).parent
# Here tests run on every server, but for those with the mark `servers`, to which the ones between
# bring nothing new, or none does; elsewhere the newest alone is enough.
_EVERY_SERVER = ("postgres", "registry")


def pytest_report_header() -> str:
    """Say which servers the tests run on."""
    return f"PostgreSQL: {', '.join(servers.available())}"


def pytest_xdist_auto_num_workers() -> int | None:
    """Take half as many again as there are cores: tests wait for servers and for locks."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) * 3 // 2


def pytest_collection_finish() -> None:
    """Spare Python to look for garbage among thousands of tests, again and again."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each server that it asks for, or its folder."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", _servers(metafunc.definition), indirect=True)


def _servers(test: pytest.Function) -> list[str]:
    names = servers.available()
    named = {"newest": names[0], "oldest": names[-1]}
    if mark := test.get_closest_marker("servers"):
        return [*dict.fromkeys(named[each] for each in mark.args)]
    everywhere = test.path.relative_to(_HERE).parts[0] in _EVERY_SERVER
    return names if everywhere else names[:1]


@pytest.fixture(scope="session", autouse=True)
def state_home() -> Iterator[None]:
    """Where root's embedded server is, if the user that it runs as may not enter a project."""
    with tempfile.TemporaryDirectory(prefix="promptlib-state-") as folder:
        Path(folder).chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", folder)
            yield


@pytest.fixture(scope="session", autouse=True)
def sending() -> Iterator[None]:
    """How statements go to the server, where a test says no other way."""
    with sent(usual()):
        yield


class _Servers:
    """The servers of this session, started when first asked for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack = stack
        self.found: dict[str, Server] = {}
        self.templates: dict[str, Database] = {}

    def get(self, name: str) -> Server:
        if name not in self.found:
            self.found[name] = self.stack.enter_context(servers.running(name))
        return self.found[name]

    def template(self, server: Server) -> Database:
        """A database at head, to clone or to read: nobody writes to it."""
        if server.name not in self.templates:
            template = server.create()
            self.stack.callback(server.drop, template.name)
            template.alembic("upgrade", "head")
            self.templates[server.name] = template.only_to_read()
        return self.templates[server.name]


@pytest.fixture(scope="session")
def session_servers() -> Iterator[_Servers]:
    """Every server that was started; all are stopped in the end."""
    with contextlib.ExitStack() as stack:
        yield _Servers(stack)


@pytest.fixture
def server(request: pytest.FixtureRequest, session_servers: _Servers) -> Server:
    """A running server.

    A test with the mark `alone` looks at the whole server, or changes it: where several workers
    share a given one, it gets another.
    """
    shared = request.param == servers.SHARED and "PYTEST_XDIST_WORKER" in os.environ
    alone = shared and request.node.get_closest_marker("alone")
    return session_servers.get(servers.DEFAULT if alone else request.param)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database."""
    made = server.create()
    yield made
    server.drop(made.name)


@pytest.fixture
def migrated(server: Server, session_servers: _Servers) -> Iterator[Database]:
    """A database at head, with what the migrations put into it."""
    made = server.create(session_servers.template(server).name)
    yield made
    server.drop(made.name)


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    """A copy of the project without migrations, and an empty database for it."""
    return Project.copy(tmp_path, database.url)


@pytest.fixture
def three(project: Project) -> Project:
    """A project of three migrations."""
    project.add(ONE, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
    project.add(TWO, "CREATE TABLE b (i int);", "DROP TABLE b;", name="make_b")
    project.add(THREE, "CREATE TABLE c (i int);", "DROP TABLE c;", name="make_c")
    return project


@pytest.fixture
def powerless(database: Database) -> None:
    """A role that may do nothing but in the schema public."""
    database.server.role("powerless")
    database.query("GRANT ALL ON SCHEMA public TO powerless")


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return ROOT
