"""What is set for sessions, on a role, a database or the server, that ends or stops a deploy."""

from __future__ import annotations

from promptlib.core.errors import PlanRefusedError
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.config.settings import Settings

_READ_ONLY, _STATEMENT, _TRANSACTION = _WHICH_END = (
    *("default_transaction_read_only", "statement_timeout", "transaction_timeout"),
)
# A deploy sets lock_timeout itself, and lives with the limits on idle sessions.
_NAMES = (*_WHICH_END, "idle_in_transaction_session_timeout", "idle_session_timeout")
# As pg_settings names the places where something is set.
_SOURCES = {
    "user": "on the role",
    "database": "on the database",
    "database user": "on the role in this database",
    "global": "on all roles",
    "client": "by the URL or PGOPTIONS",
}
# An expression: those that are set, as a JSON array of arrays.
FIND_LIMITS = """
    (SELECT coalesce(pg_catalog.json_agg(
                ARRAY[name, pg_catalog.current_setting(name), source] ORDER BY name), '[]')
       FROM pg_catalog.pg_settings
      WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['{}'])
        AND setting OPERATOR(pg_catalog.<>) ALL ('{{0,off}}'))
""".format("', '".join(_NAMES))


class Limit(NamedTuple):
    """A setting that limits what a session may do.

    Attributes:
        name: of PostgreSQL's setting.
        value: as the server shows it.
        source: where it is set, as pg_settings has it: `user`, `database`, `configuration file`.
    """

    name: str
    value: str
    source: str

    def __str__(self) -> str:
        where = _SOURCES.get(self.source, "on the server")
        return f"{self.name} is {self.value}, set {where}"


def limit_refusals(limits: Iterable[Limit]) -> Iterator[PlanRefusedError]:
    """What lets nothing be written."""
    for limit in limits:
        if limit.name == _READ_ONLY:
            yield PlanRefusedError(
                f"nothing may be written: {limit}",
                "set it off for the user of deploys (ALTER ROLE ... IN DATABASE ... SET), or put "
                f"options=-c{_READ_ONLY}%3Doff into the URL",
            )


def limit_warnings(limits: Iterable[Limit], settings: Settings) -> Iterator[str]:
    """What would end a deploy that takes its time."""
    for limit in limits:
        if limit.name == _STATEMENT and not settings.statement_timeout:
            lift = f"write {_STATEMENT} = 0 into alembic.ini"
            yield f"{limit}: a statement that takes longer ends the deploy; {lift}"
        elif limit.name == _TRANSACTION:
            lift = f"put options=-c{_TRANSACTION}%3D0 into the URL"
            yield f"{limit}: a migration that takes longer ends the deploy; {lift}"
