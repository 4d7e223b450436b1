"""What libpq adds to parameters that leave something out: a service, the environment, its own.

Nothing is connected to. The order is libpq's: what is given, the service's file, the environment,
what is built in. Source: https://www.postgresql.org/docs/current/libpq-pgservice.html and
https://www.postgresql.org/docs/current/libpq-envars.html
"""

from __future__ import annotations

import contextlib
import os

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
}
_PORT = "5432"


def complete_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """The parameters with host, port, database and user as a service or the environment has them.

    Args:
        given: libpq's parameters.
    """
    found = {key: value for key, name in _VARIABLES.items() if (value := os.environ.get(name))}
    said = {key: value for key, value in given.items() if value}
    return {**found, **service_parameters(given), **said}


def service_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """What the file of services says about the service that is named, if one is."""
    service = given.get("service") or os.environ.get("PGSERVICE")
    for name in _service_files(given) if service else ():
        path = os.path.expanduser(name)
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            _, found, rest = f"\n{file.read()}\n".partition(f"\n[{service}]\n")
            if found:
                return _assignments(rest.partition("\n[")[0])
    return {}


def database_name(given: Mapping[str, str]) -> str:
    """The database's name; libpq takes the user's where none is said."""
    complete = complete_parameters(given)
    return complete.get("dbname") or _user(complete)


def identity(given: Mapping[str, str]) -> tuple[object, ...]:
    """What two ways of writing one database have in common: addresses, database and user."""
    complete = complete_parameters(given)
    hosts = (complete.get("hostaddr") or complete.get("host", "")).lower().split(",")
    ports = [port or _PORT for port in complete.get("port", "").split(",")]
    ports = ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
    return tuple(zip(hosts, ports, strict=True)), database_name(given), _user(complete)


def _service_files(given: Mapping[str, str]) -> tuple[str, ...]:
    users = os.environ.get("PGSERVICEFILE", "~/.pg_service.conf")
    return (
        given.get("servicefile") or users,
        f"{os.environ.get('PGSYSCONFDIR', '')}/pg_service.conf",
    )


def _assignments(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _user(complete: Mapping[str, str]) -> str:
    if user := complete.get("user"):
        return user
    try:
        import pwd  # Windows has none

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return ""
