"""The deploys that a database remembers: who began one, and whether he may still be at it.

Each follows the newest one that it knew: so of two deploys that both believe to hold the lock one
cannot begin. Whoever takes over marks the earlier one, which from then on records nothing more.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.tables import EQUALS
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.tables import LedgerSql

# What the table has, and no other program's of that name.
DEPLOYED = frozenset(("follows", "action", "from_version", "to_version", "outcome"))
# The newest deploy, and those that have not ended, as JSON. To be filled in.
UNFINISHED = """
    (SELECT coalesce(pg_catalog.max(id), 0) FROM {deploys}),
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                id, action, from_version, to_version, executed_by, {since}, outcome, backend_pid)
                ORDER BY id), '[]')
       FROM {deploys} WHERE finished_at IS NULL)"""
# Where the session cannot be seen whole, one with this number and this user counts as the same: to
# wait for a stranger is safe. Where its URL sets `role`, it does not see its own start. Behind a
# pooler a session is nobody's.
_STILL_CONNECTED = f"""
    SELECT d.backend_pid FROM {{deploys}} d
      JOIN pg_catalog.pg_stat_activity a ON a.pid {EQUALS} d.backend_pid
     WHERE d.finished_at IS NULL AND d.id {EQUALS} ANY ({{ids}}::pg_catalog.int8[])
       AND a.datname {EQUALS} pg_catalog.current_database()
       AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
       AND (a.backend_start {EQUALS} d.backend_start
            OR (a.backend_start IS NULL OR d.backend_start IS NULL)
               AND a.usename {EQUALS} d.executed_by)
"""
_OWN_START = (
    "(SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))"
)


class UnfinishedDeploy(NamedTuple):
    """A deploy that has not ended, as far as the ledger knows: it runs, or it died.

    Attributes:
        id: of its row.
        action: `migrate` or `rollback`.
        from_version: where the database stood when it began; empty: base.
        to_version: where it was to stand in the end.
        executed_by: the database's user.
        started_at: when, as ISO 8601 in UTC.
        outcome: `running`; `died` where another deploy has taken over since.
        backend_pid: the server process that it runs on; None behind a pooler.
    """

    id: int
    action: str
    from_version: str
    to_version: str
    executed_by: str
    started_at: str
    outcome: str
    backend_pid: int | None


class NewDeploy(NamedTuple):
    """A deploy that is to begin.

    Attributes:
        action: `migrate`, `rollback`, `stamp`, `repair` or `adopt`.
        start: the current revision; empty: base.
        end: what it is to be.
        follows: the id of the newest deploy that was seen.
    """

    action: str
    start: str
    end: str
    follows: int

    def begin(self, sql: LedgerSql, *, is_pooled: bool) -> str:
        """Record that it begins; a unique violation, where another one has."""
        process = "NULL, NULL" if is_pooled else f"pg_catalog.pg_backend_pid(), {_OWN_START}"
        return self._insert(sql, "backend_pid, backend_start", f"'running', NULL, {process}")

    def begun(self, sql: LedgerSql) -> str:
        """Expressions for the id of one that was recorded, and for what RecordGuard has to know."""
        from promptlib.ledger.guard import guarded  # noqa: PLC0415 - who looks does without

        # No other one follows the same.
        number = f"(SELECT id FROM {sql.deploys} WHERE follows {EQUALS} {self.follows})"
        return f"{number}, {guarded(sql)}"

    def done(self, sql: LedgerSql) -> str:
        """Record one that is its only transaction."""
        return self._insert(sql, "", "'done', pg_catalog.clock_timestamp()")

    def _insert(self, sql: LedgerSql, columns: str, values: str) -> str:
        more = f", {columns}" if columns else ""
        start, end = map(quote_literal, (self.start, self.end))
        return (
            f"INSERT INTO {sql.deploys} (follows, action, from_version, to_version, outcome,"
            f" finished_at{more}) VALUES ({self.follows}, '{self.action}', {start}, {end},"
            f" {values});"
        )


def take_over(sql: LedgerSql, ids: Collection[int]) -> str:
    """Keep deploys from recording anything more; it waits for what they are recording just now."""
    return _update(sql, ids, "outcome = 'died'", f"AND outcome {EQUALS} 'running'")


def bury(sql: LedgerSql, ids: Collection[int]) -> str:
    """Record that deploys are over that others took over from."""
    return _update(sql, ids, "finished_at = pg_catalog.clock_timestamp()", "")


def finish(sql: LedgerSql, deploy: int, outcome: str) -> str:
    """Record how a deploy ended; where another one has taken over, only that it did."""
    return _finish(sql, deploy, outcome, "pg_catalog.clock_timestamp()")


def lose(sql: LedgerSql, deploy: int) -> str:
    """Record that a deploy failed whose connection is lost: who comes next waits for its session.

    A server notices a cut network only when it has something to say, and goes on until then.
    """
    connected = _STILL_CONNECTED.format(deploys=sql.deploys, ids=f"'{{{deploy}}}'")
    over = f"CASE WHEN NOT EXISTS ({connected}) THEN pg_catalog.clock_timestamp() END"
    return _finish(sql, deploy, "failed", over)


def _finish(sql: LedgerSql, deploy: int, outcome: str, when: str) -> str:
    ended = f"CASE WHEN outcome {EQUALS} 'running' THEN '{outcome}' ELSE outcome END"
    return _update(sql, [deploy], f"outcome = {ended}, finished_at = {when}", "")


def _update(sql: LedgerSql, ids: Collection[int], what: str, where: str) -> str:
    chosen = f"id {EQUALS} ANY ('{{{', '.join(map(str, ids))}}}'::pg_catalog.int8[])"
    return f"UPDATE {sql.deploys} SET {what} WHERE {chosen} AND finished_at IS NULL {where};"


def still_connected(cursor: Cursor, sql: LedgerSql, ids: Collection[int]) -> list[int]:
    """The server processes of deploys that have not ended, whatever they do."""
    numbers = f"'{{{', '.join(map(str, ids))}}}'"
    cursor.execute(_STILL_CONNECTED.format(deploys=sql.deploys, ids=numbers))
    return [found for (found,) in cursor.fetchall()]


def running_section(cursor: Cursor, sql: LedgerSql, deploy: int) -> tuple[str, str, int] | None:
    """The section outside a transaction that a deploy is at: version, direction, how many ran."""
    cursor.execute(
        f"SELECT version, direction, statements_done FROM {sql.events}"
        f" WHERE deploy_id {EQUALS} {deploy} AND outcome {EQUALS} 'running'"
        " ORDER BY id DESC LIMIT 1"
    )
    found = cursor.fetchone()
    return (found[0], found[1], found[2]) if found else None


def has_taken_over(cursor: Cursor, sql: LedgerSql) -> bool:
    """Whether another deploy has taken over from the one that this SQL is of."""
    cursor.execute(f"SELECT outcome FROM {sql.deploys} WHERE id {EQUALS} {sql.deploy}")
    return cursor.fetchone() != ("running",)
