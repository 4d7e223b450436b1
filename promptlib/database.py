"""Where the database is: DATABASE_URL, .env or the embedded server -> one connection target."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import psycopg2
from dotenv import dotenv_values
from psycopg2.extensions import make_dsn, parse_dsn

from promptlib import embedded
from promptlib.errors import PromptlibError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from psycopg2.extensions import connection as Connection

VARIABLE = "DATABASE_URL"
FORM = "write postgresql://user:password@host:5432/database"
_DEFAULTS = {"fallback_application_name": "promptlib"}
_ALWAYS = {"client_encoding": "UTF8"}  # migrations are Unicode, whatever PGCLIENTENCODING says
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg2")
_PARAMETER = re.compile(r'invalid URI query parameter: "([^"]*)"')
_ENCODE = "percent-encode the password: @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25"
_NODE_ONLY = {
    "schema": "Prisma's; write options=-csearch_path%3Dname instead",
    "connection_limit": "Prisma's; remove it",
    "pool_timeout": "Prisma's; remove it",
    "pgbouncer": "Prisma's; remove it",
    "sslaccept": "Prisma's; write sslmode=require instead",
    "ssl": "of Node's pg; write sslmode=require instead",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A database to connect to.

    Attributes:
        parameters: libpq's connection parameters, the password among them: never shown.
        source: where they come from, for people.
    """

    parameters: Mapping[str, str] = field(repr=False)
    source: str

    def __str__(self) -> str:
        """The target as a URL without password and parameters."""
        host, name = self.parameters.get("host", ""), quote(self.parameters["dbname"], safe="")
        user = self.parameters.get("user", "")
        address = f"[{host}]" if ":" in host else host
        port = self.parameters.get("port", "")
        if host.startswith("/"):
            address, port, name = "", "", f"{name}?host={host}"
        login = f"{quote(user, safe='')}@" if user else ""
        return f"postgresql://{login}{address}{f':{port}' if port else ''}/{name}"

    def connect(self) -> Connection:
        """Open a connection that speaks UTF-8.

        Raises:
            PromptlibError: in one line, with the server's own words, when there is none to be had.
        """
        try:
            return psycopg2.connect(make_dsn(**{**_DEFAULTS, **self.parameters, **_ALWAYS}))
        except psycopg2.OperationalError as error:
            raise _unreachable(self, error) from None


def find(project: Path) -> Target:
    """Find the database: the environment's DATABASE_URL, the project's .env, the embedded server.

    Args:
        project: the folder of alembic.ini. The embedded server is started when it is needed.

    Raises:
        PromptlibError: for a URL that cannot be used, or when there is none and no embedded
            server is installed.
    """
    if url := os.environ.get(VARIABLE, "").strip():
        return parse(url, "the environment")
    dotenv = project / ".env"
    if dotenv.exists() and (url := (dotenv_values(dotenv).get(VARIABLE) or "").strip()):
        return parse(url, ".env")
    return Target(embedded.start(project), "the embedded server")


def parse(url: str, source: str) -> Target:
    """Read a URL with libpq's own parser.

    Args:
        url: postgres://, postgresql:// or postgresql+psycopg2://, and whatever libpq takes
            behind it: several hosts, IPv6, ?host=/socket/folder, sslmode, options.
        source: where it comes from, for errors.

    Raises:
        PromptlibError: saying what to write instead, without a piece of the password.
    """
    scheme = _SCHEME.match(url)
    if not scheme:
        raise _refused(source, "is not a URL", FORM)
    if scheme[1] not in _SCHEMES:
        raise _refused(source, f"has the unknown scheme {scheme[1]}://", FORM)
    rest = url[scheme.end() :]
    _check_separators(rest, source)
    try:
        parameters = parse_dsn(f"postgresql://{rest}")
    except psycopg2.ProgrammingError as error:
        raise _refused(source, *_unreadable(str(error))) from None
    if parameters.get("sslmode") == "no-verify":
        raise _refused(source, "has sslmode=no-verify, which is of Node's pg", "write require")
    if not parameters.get("dbname"):
        raise _refused(source, "names no database", FORM)
    return Target(parameters, source)


def _check_separators(rest: str, source: str) -> None:
    """Refuse a password whose @, / or # cut the URL elsewhere: a part of it would pass as host."""
    authority, _, path = rest.partition("/")
    if authority.count("@") > 1 or "@" in path.partition("?")[0]:
        raise _refused(source, "holds an @ too many", _ENCODE)


def _unreadable(message: str) -> tuple[str, str]:
    """What is wrong with a URL and what to do; libpq's own words may quote the password."""
    if parameter := _PARAMETER.search(message):
        name = unquote(parameter[1])
        known = _NODE_ONLY.get(name)
        if known:
            return f"has the parameter {name}, which is {known.split(';')[0]}", known.split("; ")[1]
        return f"has the unknown parameter {name}", "use libpq's connection parameters"
    if "percent-encoded" in message:
        return "holds a % that begins no code of two hexadecimal digits", _ENCODE
    return "cannot be read", f"{FORM}; {_ENCODE}"


def _refused(source: str, what: str, remedy: str) -> PromptlibError:
    return PromptlibError(f"{VARIABLE} {what}", remedy, place=source)


_SERVER_SAID = [
    (("password authentication failed", "no password supplied"), "check user and password"),
    (("pg_hba.conf",), "ask for an entry in pg_hba.conf, or check sslmode"),
    (("starting up", "shutting down", "recovery"), "try again in a moment; check the host"),
    (("too many", "connection slots"), "close connections or try again later; check the host"),
    (("role ",), "check the user"),
    (("database ",), "create the database, or check its name"),
]
_CLIENT_SAID = [
    (("no password supplied",), "check user and password"),
    (("could not translate host name",), "check the host"),
    (("SSL", "certificate"), "check sslmode and sslrootcert"),
    (("timeout expired",), "check host and port, and the firewall between"),
]
_NO_SERVER = "start the server, or check host and port"


def _unreachable(target: Target, error: psycopg2.OperationalError) -> PromptlibError:
    """The error for a failed connection, whose message has no SQLSTATE to go by."""
    said = " ".join(str(error).split())
    fatal = said.partition("FATAL:")[2]
    known = _SERVER_SAID if fatal else _CLIENT_SAID
    remedies = (advice for words, advice in known if any(word in (fatal or said) for word in words))
    remedy = next(remedies, _NO_SERVER)
    return PromptlibError(
        f"cannot connect to {target}: {said}", f"{remedy} in {VARIABLE} ({target.source})"
    )
