"""Where the database is: DATABASE_URL, .env or the embedded server -> one connection target."""

from __future__ import annotations

import contextlib
import io
import os
import re
import select

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, make_dsn, parse_dsn

from promptlib.core.errors import ConfigurationError, NoConnectionError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.liveness import CLIENT_PARAMETERS
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

URL_VARIABLE = "DATABASE_URL"
EMBEDDED_SOURCE = "the embedded server"
URL_FORM = "write postgresql://user:password@host:5432/database"
_CONNECT_TIMEOUT = "10"  # seconds; without one, a server that is silent would never be given up
_NAMED = {"fallback_application_name": "promptlib"}
_ALWAYS = {"client_encoding": "UTF8"}  # migrations are Unicode, whatever PGCLIENTENCODING says
_SCHEME = lazy_pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://")
SCHEMES = ("postgres", "postgresql", "postgresql+psycopg2")
_ASSIGNED = lazy_pattern(rf"^\s*(export\s+)?{URL_VARIABLE}\b[ \t]*\S", re.MULTILINE)
_PARAMETER = lazy_pattern(r'invalid URI query parameter: "([^"]*)"')
_ENCODE = "percent-encode the password: @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_LAST_PORT = 65535
_REMOVE = "remove it"
_WRITE_SSLMODE = "write sslmode=require instead"
_FOREIGN = {
    "schema": ("Prisma's", "write options=-csearch_path%3Dname instead"),
    "connection_limit": ("Prisma's", _REMOVE),
    "pool_timeout": ("Prisma's", _REMOVE),
    "pgbouncer": ("Prisma's", _REMOVE),
    "socket_timeout": ("Prisma's", _REMOVE),
    "statement_cache_size": ("Prisma's", _REMOVE),
    "sslaccept": ("Prisma's", _WRITE_SSLMODE),
    "ssl": ("of Node's pg", _WRITE_SSLMODE),
    "uselibpqcompat": ("of Node's pg", _REMOVE),
}


_BOTH_WAYS = 2  # socket.SHUT_RDWR


class Target(NamedTuple):
    """A database to connect to.

    Attributes:
        parameters: libpq's connection parameters, the password among them: never shown.
        source: where they come from, for people.
    """

    parameters: Mapping[str, str]
    source: str

    def __repr__(self) -> str:
        return f"Target({self})"  # the password must not show in a traceback or a log

    def __str__(self) -> str:
        """The target as a URL without password and parameters."""
        host, port = self.parameters.get("host", ""), self.parameters.get("port", "")
        user, name = (_quoted(self.parameters.get(key, "")) for key in ("user", "dbname"))
        login = f"{user}@" if user else ""
        if "/" in host:
            port = f"&port={port}" if port else ""
            return f"postgresql://{login}/{name}?host={_quoted(host, '/,')}{port}"
        return f"postgresql://{login}{_addresses(host, port)}/{name}"

    def connect(self) -> Connection:
        """Open a connection that speaks UTF-8.

        Raises:
            NoConnectionError: in one line, with the server's own words, when there is none.
        """
        try:
            return psycopg2.connect(make_dsn(**self.patient, **_ALWAYS))
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
        return Target({**rest, **{key: each for key, each in one.items() if each}}, self.source)


def target_of(connection: Connection) -> Target:
    """The database that a connection came to, for whoever has nothing else."""
    given = {name: value for name, value in connection.get_dsn_parameters().items() if value}
    password = {"password": connection.info.password} if connection.info.password else {}
    return Target({**given, **password}, "the connection").beside(connection)


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


def hang_up(connection: Connection) -> None:
    """End a connection that another thread waits at: it sees that at once."""
    with contextlib.suppress(psycopg2.Error, OSError), _socket(connection) as copy:
        copy.shutdown(_BOTH_WAYS)


def is_lost(connection: Connection) -> bool:
    """Whether a connection that nobody used for a while is closed, here or by the server."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return False
    try:  # its end, or some news that does not matter
        with connection.cursor() as cursor:
            cursor.execute("SELECT")
        connection.rollback()
    except psycopg2.Error:
        return True
    return False


def _address(connection: Connection) -> dict[str, str]:
    """The address behind a host's name, which may have many; none of a socket in a folder."""
    with _socket(connection) as copy:
        peer = copy.getpeername()
    return {"hostaddr": peer[0]} if isinstance(peer, tuple) else {}


def _socket(connection: Connection) -> socket.socket:
    import socket

    return socket.socket(fileno=os.dup(connection.fileno()))


@contextlib.contextmanager
def read_only_snapshot(connection: Connection) -> Iterator[Cursor]:
    """A cursor that sees the database at one moment, and cannot write."""
    connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        if not connection.closed:
            connection.rollback()
            connection.set_session(isolation_level="DEFAULT", readonly="default")


def _defaults(given: Mapping[str, str]) -> dict[str, str]:
    timeout = os.environ.get("PGCONNECT_TIMEOUT", _CONNECT_TIMEOUT)
    ours = {
        "fallback_application_name": "promptlib",
        "connect_timeout": timeout,
        **CLIENT_PARAMETERS,
    }
    service = given.get("service") or os.environ.get("PGSERVICE")
    said = _names_in_service(service) if service else ()
    return {name: value for name, value in ours.items() if name not in said}


def _names_in_service(service: str) -> set[str]:
    """What the file of services says: libpq looks there only for what nobody else says.

    Source: https://www.postgresql.org/docs/current/libpq-pgservice.html
    """
    users = os.path.expanduser(os.environ.get("PGSERVICEFILE", "~/.pg_service.conf"))
    for name in (users, f"{os.environ.get('PGSYSCONFDIR', '')}/pg_service.conf"):
        with contextlib.suppress(OSError), open(name, encoding="utf-8", errors="replace") as file:
            _, found, rest = f"\n{file.read()}\n".partition(f"\n[{service}]\n")
            if found:
                lines = rest.partition("\n[")[0].splitlines()
                return {line.partition("=")[0].strip() for line in lines}
    return set()


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


def find_target(project: Path | str) -> Target:
    """Find the database: the environment's DATABASE_URL, the project's .env, the embedded server.

    Args:
        project: the folder of alembic.ini. The embedded server is started when it is needed.

    Raises:
        ConfigurationError: for a URL that cannot be used.
        MissingExtraError: when there is none and no embedded server is installed.
        ProgramError: when that does not start.
    """
    if url := os.environ.get(URL_VARIABLE, "").strip():
        return parse_url(url, "the environment")
    dotenv = os.path.join(project, ".env")
    if url := read_dotenv(dotenv):
        return parse_url(url, display_path(dotenv))
    from pathlib import Path

    from promptlib.postgres.embedded import start_embedded

    return Target(start_embedded(Path(project)), EMBEDDED_SOURCE)


def read_dotenv(path: str) -> str:
    """The DATABASE_URL of a .env file, or nothing: a line without meaning must not pass as none."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except OSError as error:
        raise ConfigurationError(
            f"{error.strerror}", "make it readable", place=display_path(path)
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            "is not UTF-8", "save it as UTF-8", place=display_path(path)
        ) from None
    from dotenv import dotenv_values

    values = dotenv_values(stream=io.StringIO(text))
    if values.get(URL_VARIABLE) is None and _ASSIGNED.search(text):
        raise _url_error(
            display_path(path), "cannot be read", f"write {URL_VARIABLE}='postgresql://...'"
        )
    return (values.get(URL_VARIABLE) or "").strip()


def parse_url(url: str, source: str) -> Target:
    """Read a URL with libpq's own parser.

    Args:
        url: postgres://, postgresql:// or postgresql+psycopg2://, and whatever libpq takes
            behind it: several hosts, IPv6, ?host=/socket/folder, sslmode, options.
        source: where it comes from, for errors.

    Raises:
        ConfigurationError: saying what to write instead, without a piece of the password.
    """
    rest = _without_scheme(url, source)
    _check_separators(rest, source)
    try:
        parameters = parse_dsn(f"postgresql://{rest}")
    except psycopg2.ProgrammingError as error:
        raise _url_error(source, *_explain_libpq(str(error))) from None
    except UnicodeDecodeError:
        raise _url_error(source, "holds %-codes that are not UTF-8", "encode it as UTF-8") from None
    _check_parameters(parameters, source)
    return Target(parameters, source)


def _without_scheme(url: str, source: str) -> str:
    if url.startswith(("'", '"')):
        raise _url_error(source, "is in quotes", "remove them")
    name, _, rest = url.partition("://")
    if name.lower() not in SCHEMES:
        known = _SCHEME.match(url)
        what = f"has the unknown scheme {known[1]}://" if known else "is not a URL"
        raise _url_error(source, what, URL_FORM)
    if not url.isprintable():
        raise _url_error(source, "holds a character that is not printable", "percent-encode it")
    return rest


def _check_separators(rest: str, source: str) -> None:
    """Refuse a password whose @ or / cuts the URL elsewhere: a part of it would pass as host."""
    authority, _, path = rest.partition("/")
    if authority.count("@") > 1 or "@" in path.partition("?")[0]:
        raise _url_error(source, "holds an @ too many", _ENCODE)


def _check_parameters(parameters: Mapping[str, str], source: str) -> None:
    """Refuse what libpq refuses only later, in words that quote it: it may be of the password."""
    for port in filter(None, parameters.get("port", "").split(",")):
        if not (port.isdecimal() and 0 < int(port) <= _LAST_PORT):
            raise _url_error(source, "has a port that is no port", f"{URL_FORM}; {_ENCODE}")
    if parameters.get("sslmode", "require") not in _SSL_MODES:
        raise _url_error(
            source, "has an sslmode that is not libpq's", f"write one of {', '.join(_SSL_MODES)}"
        )
    if not parameters.get("dbname"):
        raise _url_error(source, "names no database", URL_FORM)


def _explain_libpq(message: str) -> tuple[str, str]:
    """What is wrong with a URL and what to do; libpq's own words may quote the password."""
    if parameter := _PARAMETER.search(message):
        from urllib.parse import unquote

        if known := _FOREIGN.get(name := unquote(parameter[1])):
            return f"has the parameter {name}, which is {known[0]}", known[1]
        # Unnamed: it may be a piece of a password that was not encoded.
        return "has a parameter that libpq does not know", "correct its name or remove it"
    if "percent-encoded" in message:
        return "holds a % that begins no code of two hexadecimal digits", _ENCODE
    return "cannot be read", f"{URL_FORM}; {_ENCODE}"


def _url_error(source: str, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{URL_VARIABLE} {what}", remedy, place=source)


_SERVER_SAID = [
    (("password authentication failed", "no password supplied"), "check user and password"),
    (("pg_hba.conf",), "ask for an entry in pg_hba.conf, or check sslmode"),
    (("starting up", "shutting down", "recovery"), "try again in a moment; check the host"),
    (("too many", "connection slots"), "close connections or try again later; check the host"),
    (("permission denied",), "ask for the right to connect, or check user and database"),
    (("role ",), "create the role, or check the user"),
    (("database ",), "create the database, or check its name"),
    (("",), "check the parameters"),
]
_CLIENT_SAID = [
    (("no password supplied",), "check user and password"),
    (("could not translate host name",), "check the host"),
    (("SSL", "certificate"), "check sslmode and sslrootcert"),
    (("timeout expired",), "check host and port, and the firewall between"),
    (("invalid", "could not match"), "correct the parameters"),
    (("",), "start the server, or check host and port"),
]


def _connection_error(target: Target, error: psycopg2.OperationalError) -> NoConnectionError:
    """The error for a failed connection, whose message has no SQLSTATE to go by."""
    # libpq tells of each address it tried, and asks behind a tab whether the server runs.
    tried = [" ".join(line.split()) for line in str(error).splitlines() if line[:1] != "\t"]
    said = ", ".join(dict.fromkeys(filter(None, tried))).rstrip(".")
    fatal = said.partition("FATAL:")[2]
    known = _SERVER_SAID if fatal else _CLIENT_SAID
    remedy = next(todo for words, todo in known if any(word in (fatal or said) for word in words))
    return NoConnectionError(
        f"cannot connect to {target}: {said}", f"{remedy} in {URL_VARIABLE}", place=target.source
    )
