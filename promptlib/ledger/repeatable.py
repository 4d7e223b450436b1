"""What a database remembers of repeatable files: their events, the newest of each counts.

`repeatable/NAME` stands where the version of a migration does. The event of one that ran keeps the
checksum of its text; one whose direction is `down` says that it has to run again.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.tables import CLOCK, DOWN, EQUALS, UP, UTC
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptlib.ledger.tables import LedgerSql, Ran

PREFIX = "repeatable/"
# Those that need not run again unless their text changes, as JSON. To be filled in.
REPEATABLE = f"""
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                pg_catalog.substr(version, {len(PREFIX) + 1}), statements_checksum,
                {UTC.format("finished_at")}, executed_by) ORDER BY version), '[]')
       FROM (SELECT DISTINCT ON (version) version, direction, statements_checksum, finished_at,
                    executed_by
               FROM {{events}}
              WHERE outcome {EQUALS} 'done' AND pg_catalog.starts_with(version, '{PREFIX}')
              ORDER BY version, id DESC) newest
      WHERE direction {EQUALS} '{UP}')"""


class RepeatableRow(NamedTuple):
    """A repeatable file that ran, and need not run again as long as it is the same.

    Attributes:
        name: the file's, without `.sql`.
        checksum: of its text.
        executed_at: when it ran last, as ISO 8601 in UTC.
        executed_by: the database's user.
    """

    name: str
    checksum: str
    executed_at: str
    executed_by: str


def repeatable_version(name: str) -> str:
    """What stands for a version in the events of a repeatable file."""
    return PREFIX + name


def repeatable_name(version: str) -> str:
    """The name of a repeatable file by what stands for its version; empty: it is a migration's."""
    return version.removeprefix(PREFIX) if version.startswith(PREFIX) else ""


def ran_repeatable(sql: LedgerSql, version: str, checksum: str, ran: Ran) -> str:
    """Record that a repeatable file ran."""
    named = sql.fenced(quote_literal(version))
    column, deploy = (", deploy_id", f", {sql.deploy}") if sql.deploy else ("", "")
    return (
        f"INSERT INTO {sql.events} (version, direction, started_at, finished_at, outcome,"
        f" statements_checksum{column}) VALUES ({named}, '{UP}', {ran.started}, {CLOCK}, 'done',"
        f" {quote_literal(checksum)}{deploy});"
    )


def outdated_repeatable(sql: LedgerSql, names: Iterable[str]) -> str:
    """Record that repeatable files have to run again; nothing, where none does."""
    rows = ", ".join(
        f"({quote_literal(repeatable_version(name))}, '{DOWN}', {CLOCK}, {CLOCK}, 'done')"
        for name in names
    )
    columns = "version, direction, started_at, finished_at, outcome"
    return f"INSERT INTO {sql.events} ({columns}) VALUES {rows};" if rows else ""
