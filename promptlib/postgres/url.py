"""A URL of a database -> libpq's parameters; what is wrong with it is told without its password."""

from __future__ import annotations

from promptlib.core.errors import ConfigurationError
from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.target import URL_VARIABLE, Target
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

URL_FORM = "write postgresql://user:password@host:5432/database"
SCHEMES = ("postgres", "postgresql")  # and behind a plus whatever driver the application uses
_SCHEME = lazy_pattern(r"([A-Za-z][A-Za-z0-9+._-]*)://")
_HOST_AND_PORT = lazy_pattern(r"([^/:]+):([0-9]+)")
_PARAMETER = lazy_pattern(r'invalid URI query parameter: "([^"]*)"')
_PASSWORDS = lazy_pattern(r"[?&](?:password|sslpassword|passfile)=")
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
# What asyncpg, and SQLAlchemy for it, take in a URL, and libpq does not.
_OF_ASYNCPG = {
    *("async_fallback", "command_timeout", "direct_tls", "max_cacheable_statement_size"),
    *("max_cached_statement_lifetime", "prepared_statement_cache_size"),
    *("prepared_statement_name_func", "statement_cache_size", "timeout"),
}


def parse_url(url: str, source: str, name: str = URL_VARIABLE) -> Target:
    """Read a URL with libpq's own parser.

    Args:
        url: postgres:// or postgresql://, with any driver behind a plus, and whatever libpq takes
            behind it: several hosts, IPv6, ?host=/socket/folder, ?service=name, sslmode, options.
        source: where it comes from, for errors.
        name: what it is called there, for errors.

    Raises:
        ConfigurationError: saying what to write instead, without a piece of the password.
    """
    try:
        return Target(_parameters(url), source, name)
    except _UrlError as error:
        raise ConfigurationError(f"{name} {error.what}", error.remedy, place=source) from None


class _UrlError(ConfigurationError):
    """What is wrong with a URL, whatever that is called."""


def _parameters(url: str) -> dict[str, str]:
    driver, rest = _without_scheme(url)
    _check_separators(rest)
    if driver:
        rest = _for_libpq(rest, driver)
    from promptlib.postgres.driver import psycopg2

    try:
        parameters = psycopg2.extensions.parse_dsn(f"postgresql://{rest}")
    except psycopg2.ProgrammingError as error:
        raise _UrlError(*_explain_libpq(str(error), rest)) from None
    except UnicodeDecodeError:
        raise _UrlError("holds %-codes that are not UTF-8", "encode it as UTF-8") from None
    _check_parameters(parameters)
    return parameters


def _without_scheme(url: str) -> tuple[str, str]:
    """The driver's name, if there is one, and what stands behind the scheme."""
    if not url.strip():
        raise _UrlError("is empty", URL_FORM)
    if url.startswith(("'", '"')):
        raise _UrlError("is in quotes", "remove them")
    scheme, _, rest = url.partition("://")
    dialect, plus, driver = scheme.lower().partition("+")
    if dialect not in SCHEMES or (plus and not driver.isidentifier()):
        known = _SCHEME.match(url)
        what = f"has the unknown scheme {known[1]}://" if known else "is not a URL"
        raise _UrlError(what, URL_FORM)
    if not url.isprintable():
        raise _UrlError("holds a character that is not printable", "percent-encode it")
    return driver, rest


def _check_separators(rest: str) -> None:
    """Refuse a password whose @ or / cuts the URL elsewhere: a part of it would pass as host."""
    authority, _, path = rest.partition("/")
    if authority.count("@") > 1 or "@" in path.partition("?")[0]:
        raise _UrlError("holds an @ too many", _ENCODE)


def _for_libpq(rest: str, driver: str) -> str:
    """A URL of SQLAlchemy's as libpq takes it: parameters of the driver's own, and several hosts.

    Source: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html ("Specifying multiple
    fallback hosts").
    """
    from urllib.parse import quote, unquote  # slow to load

    before, query = _split_at_query(rest)
    pairs = [each.partition("=") for each in query.split("&") if each]
    hosts = [_host_and_port(unquote(value)) for key, _, value in pairs if key == "host"]
    if len(hosts) > 1 or any(port for _, port in hosts):
        listed = {"host": quote(",".join(host for host, _ in hosts), safe="/,:")}
        if any(port for _, port in hosts):
            listed["port"] = ",".join(port for _, port in hosts)
        pairs = [pair for pair in pairs if pair[0] not in listed]
        pairs += [(key, "=", value) for key, value in listed.items()]
    if driver == "asyncpg":
        pairs = [*_without_asyncpg(pairs)]
    return f"{before}?{'&'.join(map(''.join, pairs))}" if pairs else before


def _host_and_port(text: str) -> tuple[str, str]:
    found = _HOST_AND_PORT.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def _split_at_query(rest: str) -> tuple[str, str]:
    """What stands before the ? that parameters begin with, and they; a login may hold another."""
    login_ends = rest.partition("/")[0].rfind("@") + 1
    before, _, query = rest[login_ends:].partition("?")
    return rest[:login_ends] + before, query


def _without_asyncpg(pairs: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    for key, equals, value in pairs:
        if key == "ssl":
            yield "sslmode", equals, {"true": "require"}.get(value.lower(), value)
        elif key not in _OF_ASYNCPG:
            yield key, equals, value


def _check_parameters(parameters: Mapping[str, str]) -> None:
    """Refuse what libpq refuses only later, in words that quote it: it may be of the password."""
    for port in filter(None, parameters.get("port", "").split(",")):
        if not _is_port(port):
            raise _UrlError("has a port that is no port", f"{URL_FORM}; {_ENCODE}")
    if parameters.get("sslmode", "require") not in _SSL_MODES:
        modes = ", ".join(_SSL_MODES)
        raise _UrlError("has an sslmode that is not libpq's", f"write one of {modes}")


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) <= _LAST_PORT


def _explain_libpq(message: str, rest: str) -> tuple[str, str]:
    """What is wrong with a URL and what to do; libpq's own words may quote the password."""
    if parameter := _PARAMETER.search(message):
        from urllib.parse import unquote

        name = unquote(parameter[1])
        if known := _FOREIGN.get(name):
            return f"has the parameter {name}, which is {known[0]}", known[1]
        if _is_no_password(rest):
            return f"has the parameter {name!r}, which libpq does not know", "correct or remove it"
        return "has a parameter that libpq does not know", f"correct or remove it; {_ENCODE}"
    if "percent-encoded" in message:
        return "holds a % that begins no code of two hexadecimal digits", _ENCODE
    return "cannot be read", f"{URL_FORM}; {_ENCODE}"


def _is_no_password(rest: str) -> bool:
    """Whether what stands behind the ? cannot be a piece of a password that was not encoded."""
    before, query = _split_at_query(rest)
    hosts = before.rpartition("@")[2].partition("/")[0].split(",")
    ports = [port for each in hosts if (port := each.rpartition("]")[2].partition(":")[2])]
    return all(map(_is_port, ports)) and "@" not in query and not _PASSWORDS.search(f"?{query}")
