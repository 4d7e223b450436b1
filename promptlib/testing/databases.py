"""A database that all migrations have run in, once, and copies of it, in milliseconds each.

Several processes of one run of tests share the first: who comes first makes it, the others copy it.
"""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import quote, urlencode

from promptlib.config.database import TYPED
from promptlib.core.errors import ConfigurationError, StatementError
from promptlib.engine.migrator import Migrator
from promptlib.postgres.target import Target
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

    from psycopg2.extensions import connection as Connection

    from promptlib.config.project import Project


def find_place(project: Project, url: str = "", *, embedded: bool = False) -> ScratchPlace:
    """Where to make databases for tests.

    Args:
        project: whose `scratch` counts, and else whose database's server.
        url: another server, which wins.
        embedded: whether the embedded one does.

    Raises:
        ConfigurationError: for a URL that is none, and where nothing names a server.
    """
    chosen = project.scratch.but(url=url)
    setup = Path(chosen.setup) if chosen.setup else None
    is_given = bool(chosen.url) and not embedded
    if is_given:
        place, name = ("--promptlib-scratch", TYPED) if url else (project.place, "scratch")
        target = parse_url(chosen.url, place, name)
    else:
        target = project.database.embedded() if embedded else project.target()
    return ScratchPlace(target, is_given or embedded, is_given, chosen.template, setup)


_ASYNCPGS = {"sslmode": "ssl"}
_ASYNCPG_TAKES = {"user", "password", "host", "hostaddr", "port", "dbname", "ssl"}


class MigratedDatabase(NamedTuple):
    """A database that is a test's own, at the newest migration.

    Attributes:
        target: how to connect to it; `str()` of it shows no password.
    """

    target: Target

    @property
    def name(self) -> str:
        """Its name on the server."""
        return self.target.parameters["dbname"]

    @property
    def url(self) -> str:
        """Its address, as psycopg, psycopg2, asyncpg and libpq take it."""
        return _url("postgresql", self.target.parameters)

    def sqlalchemy_url(self, driver: str = "psycopg2") -> str:
        """Its address as SQLAlchemy takes it.

        Args:
            driver: `psycopg2`, `psycopg` or `asyncpg`.
        """
        parameters = dict(self.target.parameters)
        if driver == "asyncpg":  # which knows none of libpq's, and that by another name
            parameters = {_ASYNCPGS.get(key, key): each for key, each in parameters.items()}
            parameters = {key: parameters[key] for key in parameters if key in _ASYNCPG_TAKES}
        return _url(f"postgresql+{driver}", parameters)

    def connect(self) -> Connection:
        """A new connection of psycopg2's."""
        return self.target.connect()


def _url(scheme: str, parameters: Mapping[str, str]) -> str:
    """An address; what has no room in front of the database's name goes behind it."""
    rest = dict(parameters)
    user, name = quote(rest.pop("user", ""), safe=""), quote(rest.pop("dbname"), safe="")
    login = user
    if password := rest.pop("password", ""):
        login += f":{quote(password, safe='')}"
    address = rest.pop("hostaddr", "")  # which is libpq's alone, and needs a name for TLS only
    host, port = rest.setdefault("host", address), rest.get("port", "")
    front = ""
    if host and not set(host) & {"/", ",", ":"} and port.isdecimal():
        front = f"{rest.pop('host')}:{rest.pop('port')}"
    query = urlencode({key: each for key, each in rest.items() if each})
    return f"{scheme}://{login}{'@' if login else ''}{front}/{name}{'?' if query else ''}{query}"


class MigratedDatabases:
    """Makes such databases, and drops them; use it in a `with` block.

    Args:
        project: whose migrations run.
        place: the server to make them on.
        shared: a file that the processes of this run share, if there are several.
    """

    def __init__(self, project: Project, place: ScratchPlace, shared: Path | None = None) -> None:
        self._project, self._place, self._shared = project, place, shared
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self._scratch = opening.enter_context(open_scratch_databases(self._place))
            self._template = self._find_template()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def create(self) -> MigratedDatabase:
        """Make a database: a copy of the one that the migrations ran in."""
        return MigratedDatabase(self._scratch.create(self._template))

    def drop(self, made: MigratedDatabase) -> None:
        """Drop a database, whoever is connected to it."""
        self._scratch.drop(made.target)

    def _find_template(self) -> Target:
        if not self._scratch.makes_copies:
            user = self._place.target.parameters.get("user", "this user")
            raise ConfigurationError(
                f"{user} may make no databases on {self._place.target}, and each test needs one",
                f"ALTER ROLE {user} CREATEDB, or name another server",
            )
        if not self._shared:
            return self._migrate()
        with _locked(self._shared) as file:
            if name := file.read():
                parameters = {**self._place.target.parameters, "dbname": name}
                with contextlib.suppress(StatementError):  # who made it has ended since
                    return self._scratch.create(Target(parameters, self._place.target.source))
            made = self._migrate()
            file.seek(0)
            file.truncate()
            file.write(made.parameters["dbname"])
            return made

    def _migrate(self) -> Target:
        made = self._scratch.create()
        project, url = self._project, MigratedDatabase(made).url
        with Migrator(url, config=str(project.ini), section=project.section) as migrator:
            migrator.migrate()
        return made


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """A file that no other process reads or writes meanwhile."""
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file
        file.flush()
