"""A database to connect to, and what keeps connections to it together: one server."""

from __future__ import annotations

import os

from promptlib.core.errors import NoConnectionError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.liveness import CLIENT_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg2
    from psycopg2.extensions import connection as Connection

URL_VARIABLE = "DATABASE_URL"
EMBEDDED_SOURCE = "the embedded server"
_CONNECT_TIMEOUT = "10"  # seconds; without one, a server that is silent would never be given up
_ALWAYS = {"client_encoding": "UTF8"}  # migrations are Unicode, whatever PGCLIENTENCODING says


class Target(NamedTuple):
    """A database to connect to.

    Attributes:
        parameters: libpq's connection parameters, the password among them: never shown.
        source: where they come from, for people.
        name: what is to be changed there, for remedies.
    """

    parameters: Mapping[str, str]
    source: str
    name: str = URL_VARIABLE

    def __repr__(self) -> str:
        return f"Target({self})"  # the password must not show in a traceback or a log

    def __str__(self) -> str:
        """The target as a URL without password and parameters."""
        from promptlib.postgres.libpq_defaults import complete_parameters

        found = complete_parameters(self.parameters)
        host, port = found.get("host", ""), found.get("port", "")
        user, name = map(_quoted, (found.get("user", ""), self.database))
        login = f"{user}@" if user else ""
        if "/" in host:
            port = f"&port={port}" if port else ""
            return f"postgresql://{login}/{name}?host={_quoted(host, '/,')}{port}"
        return f"postgresql://{login}{_addresses(host, port)}/{name}"

    @property
    def database(self) -> str:
        """The database's name."""
        from promptlib.postgres.libpq_defaults import database_name

        return database_name(self.parameters)

    def of(self, database: str) -> Target:
        """Another database of the same server."""
        return self._replace(parameters={**self.parameters, "dbname": database})

    def is_same_as(self, other: Target) -> bool:
        """Whether both lead to one database, as one user, however they are written."""
        from promptlib.postgres.libpq_defaults import identity

        return identity(self.parameters) == identity(other.parameters)

    def connect(self) -> Connection:
        """Open a connection that speaks UTF-8.

        Raises:
            NoConnectionError: in one line, with the server's own words, when there is none.
        """
        from promptlib.postgres.driver import psycopg2

        try:
            return psycopg2.connect(psycopg2.extensions.make_dsn(**self.patient, **_ALWAYS))
        except psycopg2.OperationalError as error:
            raise _connection_error(self, error) from None

    @property
    def patient(self) -> dict[str, str]:
        """The parameters, and how long to wait for a server, where they do not say so."""
        return {**_defaults(self.parameters), **self.parameters}

    def beside(self, connection: Connection) -> Target:
        """The very server that a connection came to, of those that the parameters offer.

        Args:
            connection: made with the same parameters.
        """
        info = connection.info
        one = {"host": info.host, "port": str(info.port), **_address(connection)}
        several = ("host", "hostaddr", "port", "load_balance_hosts")
        rest = {key: each for key, each in self.parameters.items() if key not in several}
        here = {key: each for key, each in one.items() if each}
        return self._replace(parameters={**rest, **here})


def target_of(connection: Connection) -> Target:
    """The database that a connection came to, for whoever has nothing else."""
    from psycopg2.extensions import parse_dsn

    given = {**parse_dsn(connection.dsn), "dbname": connection.info.dbname}
    if "password" in given:  # which is not shown there
        given["password"] = connection.info.password
    return Target(given, "the connection").beside(connection)


def connect_to_one(target: Target) -> Callable[[], Connection]:
    """What opens connections to one server, which is the first one's, whatever the target offers.

    Two servers behind one URL are two databases: a lock in one keeps nobody out of the other.
    """
    one: Target | None = None

    def connect() -> Connection:
        nonlocal one
        connection = (one or target).connect()
        one = one or target.beside(connection)
        return connection

    return connect


def _address(connection: Connection) -> dict[str, str]:
    """The address behind a host's name, which may have many; none of a socket in a folder."""
    from promptlib.core.libpq import load_libpq

    libpq, pointer = load_libpq(), getattr(connection, "pgconn_ptr", None)
    if libpq and pointer:
        found = libpq.PQhostaddr(pointer).decode()
        return {"hostaddr": found} if found else {}
    from promptlib.postgres.connections import socket_of

    with socket_of(connection) as copy:
        peer = copy.getpeername()
    return {"hostaddr": peer[0]} if isinstance(peer, tuple) else {}


def _defaults(given: Mapping[str, str]) -> dict[str, str]:
    timeout = os.environ.get("PGCONNECT_TIMEOUT", _CONNECT_TIMEOUT)
    ours = {
        "fallback_application_name": "promptlib",
        "connect_timeout": timeout,
        **CLIENT_PARAMETERS,
    }
    if "service" not in given and "PGSERVICE" not in os.environ:
        return ours
    from promptlib.postgres.libpq_defaults import service_parameters

    said = service_parameters(given)  # libpq looks there only for what nobody else says
    return {name: value for name, value in ours.items() if name not in said}


def _quoted(text: str, safe: str = "") -> str:
    """A text as a URL has it: percent-encoded, but for some characters."""
    if text.isascii() and all(each.isalnum() or each in f"_.-~{safe}" for each in text):
        return text
    from urllib.parse import quote  # which is slow to import

    return quote(text, safe=safe)


def _addresses(host: str, port: str) -> str:
    """Hosts and ports as a URL has them: host:port, of each; one port may stand for all hosts."""
    hosts, ports = host.split(","), port.split(",")
    hosts = [f"[{host}]" if ":" in host else host for host in hosts]
    pairs = zip(hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts), strict=True)
    return ",".join(f"{host}:{port}" if port else host for host, port in pairs)


_SERVER_SAID = [
    (("password authentication failed", "no password supplied"), "check user and password"),
    (("pg_hba.conf",), "ask for an entry in pg_hba.conf, or check sslmode"),
    (("starting up", "shutting down", "recovery"), "try again in a moment; check the host"),
    (("too many", "connection slots"), "close connections or try again later; check the host"),
    (("permission denied",), "ask for the right to connect, or check user and database"),
    (("role ",), "create the role, or check the user"),
    (("invalid database",), "drop and create the database, or check its name"),
    (("database ",), "create the database, or check its name"),
    (("",), "check the parameters"),
]
_CLIENT_SAID = [
    (("no password supplied",), "check user and password"),
    (("definition of service", "service file"), "check the service"),
    (("could not translate host name",), "check the host"),
    (("SSL", "certificate"), "check sslmode and sslrootcert"),
    (("timeout expired",), "check host and port, and the firewall between"),
    (("invalid", "could not match"), "correct the parameters"),
    (("",), "start the server, or check host and port"),
]


def _connection_error(target: Target, error: psycopg2.OperationalError) -> NoConnectionError:
    """The error for a failed connection, whose message has no SQLSTATE to go by."""
    from promptlib.postgres.severity import fatal_words

    # libpq tells of each address it tried, and asks behind a tab whether the server runs.
    tried = [" ".join(line.split()) for line in str(error).splitlines() if line[:1] != "\t"]
    said = ", ".join(dict.fromkeys(filter(None, tried))).rstrip(".")
    fatal = fatal_words(said)
    known = _SERVER_SAID if fatal else _CLIENT_SAID
    remedy = next(todo for words, todo in known if any(word in (fatal or said) for word in words))
    return NoConnectionError(
        f"cannot connect to {target}: {said}", f"{remedy} in {target.name}", place=target.source
    )
