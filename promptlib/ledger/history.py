"""The attempts that a database remembers, and when its migrations ran."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.tables import EQUALS, UTC, LedgerSql
from promptlib.syntax.lexemes import quote_array, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.state import Ledger


class Attempt(NamedTuple):
    """One attempt to run a section, or somebody's word about a migration.

    Attributes:
        version: of the migration.
        direction: `up` or `down`.
        started_at: when, as ISO 8601 in UTC.
        finished_at: likewise; None while it runs, or where nobody saw its end.
        outcome: `done`, `failed`, `running`, `stamped`, `adopted` or `repaired`.
        executed_by: the database's user.
        error: what was said when it failed.
    """

    version: str
    direction: str
    started_at: str | None
    finished_at: str | None
    outcome: str
    executed_by: str
    error: str | None


class RecordedDeploy(NamedTuple):
    """A deploy, whatever became of it.

    Attributes:
        action: `migrate`, `rollback`, `stamp`, `repair` or `adopt`.
        from_version: where the database stood when it began; empty: base.
        to_version: where it was to stand in the end.
        started_at: when, as ISO 8601 in UTC.
        finished_at: likewise; None while it runs, or where nobody has taken over yet.
        outcome: `running`, `done`, `failed`, or `died` where another deploy took over.
        executed_by: the database's user.
    """

    action: str
    from_version: str
    to_version: str
    started_at: str
    finished_at: str | None
    outcome: str
    executed_by: str


class KeptTexts(NamedTuple):
    """The sections that ran of a migration, as the ledger keeps them.

    Attributes:
        up: the text of UP; None where an earlier version wrote the row, empty where it was long.
        down: DOWN, marker and text; None where another program wrote the row.
    """

    up: str | None = None
    down: str | None = None


def read_history(cursor: Cursor, ledger: Ledger, version: str = "") -> list[Attempt]:
    """Read the attempts, oldest first.

    Args:
        cursor: on any connection.
        ledger: what was read of the database.
        version: of the only migration to tell of, or how it begins; empty: all.
    """
    if not ledger.has_events:
        return []
    cursor.execute(
        f"SELECT version, direction, {UTC.format('started_at')}, {UTC.format('finished_at')},"
        f" outcome, executed_by, error FROM {LedgerSql(ledger.names).events}"
        f" WHERE pg_catalog.starts_with(version, {quote_literal(version)}) ORDER BY id"
    )
    return [Attempt(*row) for row in cursor.fetchall()]


def read_deploys(cursor: Cursor, ledger: Ledger) -> list[RecordedDeploy]:
    """Read the deploys, oldest first.

    Args:
        cursor: on any connection.
        ledger: what was read of the database.
    """
    if not ledger.has_deploys:
        return []
    cursor.execute(
        f"SELECT action, from_version, to_version, {UTC.format('started_at')},"
        f" {UTC.format('finished_at')}, outcome, executed_by"
        f" FROM {LedgerSql(ledger.names).deploys} ORDER BY id"
    )
    return [RecordedDeploy(*row) for row in cursor.fetchall()]


def read_undone(cursor: Cursor, ledger: Ledger, versions: Iterable[str]) -> set[str]:
    """Which of some migrations a rollback took back, and nothing was done about since."""
    if not ledger.has_events:
        return set()
    cursor.execute(
        "SELECT version::pg_catalog.text FROM (SELECT DISTINCT ON (version) version, direction,"
        f" outcome FROM {LedgerSql(ledger.names).events}"
        f" WHERE version {EQUALS} ANY ({quote_array(versions)}) ORDER BY version, id DESC) AS last"
        f" WHERE direction {EQUALS} 'down' AND outcome {EQUALS} 'done'"
    )
    return {version for (version,) in cursor}


def read_kept_texts(
    cursor: Cursor, ledger: Ledger, versions: Iterable[str]
) -> dict[str, KeptTexts]:
    """Read what ran of some migrations, by version, as far as the ledger keeps it."""
    found = [name if name in ledger.columns else "NULL" for name in ("up_sql", "down_sql")]
    cursor.execute(
        f"SELECT id::pg_catalog.text, {', '.join(found)} FROM {LedgerSql(ledger.names).migrations}"
        f" WHERE id {EQUALS} ANY ({quote_array(versions)})"
    )
    return {version: KeptTexts(*texts) for version, *texts in cursor}
