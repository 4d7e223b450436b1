"""Who is at work on the server: lock holders, named without their data; how far a command is."""

from __future__ import annotations

import re

from promptlib.core.durations import display_duration
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable_line
from promptlib.syntax.lexemes import GAP, lazy_pattern, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg2.extensions import cursor as Cursor

# Names in full, operators too: see search_path.py.
_COLUMNS = """
    a.pid, a.application_name, coalesce(a.client_hostname, pg_catalog.host(a.client_addr)), a.state,
    extract(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)::float,
    pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    pg_catalog.left(a.query, 200)
"""
_BLOCKERS = f"""
    SELECT {_COLUMNS}
      FROM (SELECT DISTINCT pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(%s)) pid) b
      LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) b.pid
     WHERE a.pid IS NOT NULL OR b.pid OPERATOR(pg_catalog.=) 0
"""
_WHAT = "pg_catalog.concat_ws('/', {0}.locktype, {0}.database, {0}.relation, {0}.page, {0}.tuple,"
_WHAT += " {0}.transactionid, {0}.classid, {0}.objid, {0}.objsubid)"
# Locks that are no process's are those of prepared transactions. Source:
# https://www.postgresql.org/docs/current/view-pg-locks.html
_PREPARED = """
    SELECT gid, owner, extract(epoch FROM pg_catalog.clock_timestamp()
                                          OPERATOR(pg_catalog.-) prepared)::float
      FROM pg_catalog.pg_prepared_xacts p
"""
_PREPARED_IN = f"{_PREPARED} WHERE database OPERATOR(pg_catalog.=) %s ORDER BY gid"
_BLOCKING_PREPARED = f"""
    {_PREPARED}
     WHERE EXISTS (SELECT FROM pg_catalog.pg_locks own
                     JOIN pg_catalog.pg_locks held
                       ON held.virtualtransaction OPERATOR(pg_catalog.=) own.virtualtransaction
                     JOIN pg_catalog.pg_locks wanted
                       ON {_WHAT.format("held")} OPERATOR(pg_catalog.=) {_WHAT.format("wanted")}
                    WHERE own.pid IS NULL AND held.pid IS NULL
                      AND own.transactionid OPERATOR(pg_catalog.=) p.transaction
                      AND NOT wanted.granted AND wanted.pid OPERATOR(pg_catalog.=) %s)
     ORDER BY gid
"""
_THESE = f"""
    SELECT {_COLUMNS} FROM pg_catalog.pg_stat_activity a
     WHERE a.pid OPERATOR(pg_catalog.=) ANY (%s::int[]) ORDER BY a.pid
"""
_HOLDERS = f"""
    SELECT {_COLUMNS} FROM pg_catalog.pg_stat_activity a
      JOIN pg_catalog.pg_locks l ON l.pid OPERATOR(pg_catalog.=) a.pid
     WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted
       AND l.objsubid OPERATOR(pg_catalog.=) 1
       AND l.database OPERATOR(pg_catalog.=) (
           SELECT oid FROM pg_catalog.pg_database
            WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
       AND l.classid OPERATOR(pg_catalog.=) %s AND l.objid OPERATOR(pg_catalog.=) %s
"""
# The server cuts a long text. Of other users' sessions it shows none.
_RUNNING = """
    SELECT pid FROM pg_catalog.pg_stat_activity
     WHERE state OPERATOR(pg_catalog.=) 'active'
       AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
       AND datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
       AND pg_catalog.starts_with(%(text)s, query)
       AND pg_catalog.length(query) OPERATOR(pg_catalog.>=) %(least)s
     ORDER BY pid
"""
_LEAST = 100  # characters that tell a statement from others; shorter ones must be the same
# Phase, how much is done, of how much. Source:
# https://www.postgresql.org/docs/current/progress-reporting.html
_PROGRESS = """
    SELECT phase,
           CASE WHEN blocks_total OPERATOR(pg_catalog.>) 0 THEN blocks_done
                WHEN tuples_total OPERATOR(pg_catalog.>) 0 THEN tuples_done
                ELSE lockers_done END::float,
           CASE WHEN blocks_total OPERATOR(pg_catalog.>) 0 THEN blocks_total
                WHEN tuples_total OPERATOR(pg_catalog.>) 0 THEN tuples_total
                ELSE lockers_total END::float
      FROM pg_catalog.pg_stat_progress_create_index WHERE pid OPERATOR(pg_catalog.=) %(pid)s
    UNION ALL
    SELECT phase, greatest(heap_blks_scanned, heap_blks_vacuumed), heap_blks_total
      FROM pg_catalog.pg_stat_progress_vacuum WHERE pid OPERATOR(pg_catalog.=) %(pid)s
    UNION ALL
    SELECT phase, heap_blks_scanned, heap_blks_total
      FROM pg_catalog.pg_stat_progress_cluster WHERE pid OPERATOR(pg_catalog.=) %(pid)s
    UNION ALL
    SELECT 'copying', bytes_processed, bytes_total
      FROM pg_catalog.pg_stat_progress_copy WHERE pid OPERATOR(pg_catalog.=) %(pid)s
"""
_WIDTH = 20  # of a bar
_HALF = 2**32 - 1  # of the number of an advisory lock, which pg_locks tells in two
# The first words of a statement say what kind it is; what follows may hold data.
_KIND = lazy_pattern(
    rf"(?:{GAP})?((?:CREATE|ALTER|DROP|REFRESH|REINDEX|IMPORT|COMMENT|LOCK)"
    r"(?:\s+(?:OR\s+REPLACE|UNIQUE|TEMP|TEMPORARY|UNLOGGED|MATERIALIZED))?\s+[A-Z]+|[A-Z]+)\b",
    re.IGNORECASE,
)


class ServerSession(NamedTuple):
    """Another session on the server; what this user may not see is None or empty."""

    pid: int
    application: str | None
    client: str | None
    state: str | None
    seconds: float | None
    since: str | None
    query: str | None

    def __str__(self) -> str:
        """Say who it is: `pid 4711 (psql, 10.0.0.7, idle in transaction for 3 min 2 s, UPDATE)`."""
        lasting = f" for {display_duration(self.seconds)}" if self.seconds is not None else ""
        state = f"{self.state or 'in a transaction'}{lasting}"
        kind = _KIND.match(self.query or "")
        parts = [self.application, self.client, state, kind and " ".join(kind[1].upper().split())]
        return f"pid {self.pid} ({', '.join(part for part in parts if part)})"

    @property
    def ending(self) -> str:
        """The statement that ends it."""
        return f"SELECT pg_terminate_backend({self.pid})"


class PreparedTransaction(NamedTuple):
    """A transaction that no session has any more, and that keeps its locks until somebody ends it.

    Attributes:
        name: as PREPARE TRANSACTION has it.
        owner: who prepared it.
        seconds: since when.
    """

    name: str
    owner: str
    seconds: float

    def __str__(self) -> str:
        """Say which it is: `prepared transaction 'a' (postgres, for 3 min 2 s)`."""
        lasting = f"{self.owner}, for {display_duration(self.seconds)}"
        return printable_line(f"prepared transaction {quote_literal(self.name)} ({lasting})")

    @property
    def ending(self) -> str:
        """The statement that ends it."""
        return printable_line(f"ROLLBACK PREPARED {quote_literal(self.name)}")


Blocker = ServerSession | PreparedTransaction


class Received:
    """What has come of a message so far: how many statements are done, and how many rows."""

    def __init__(self) -> None:
        self.done = self.rows = 0


def describe_sessions(sessions: Iterable[Blocker]) -> str:
    """Name sessions in one line."""
    return ", ".join(map(str, sessions)) or "somebody who is gone, or a prepared transaction"


def end_sessions(sessions: Iterable[Blocker]) -> str:
    """The statements that end them."""
    return "; ".join(each.ending for each in sessions)


def blocking_sessions(cursor: Cursor, pid: int) -> list[Blocker]:
    """Whom a server process waits for."""
    cursor.execute(_BLOCKERS, (pid,))
    rows = cursor.fetchall()
    found: list[Blocker] = [ServerSession(*row) for row in rows if row[0]]
    if len(found) < len(rows):
        cursor.execute(_BLOCKING_PREPARED, (pid,))
        found += [PreparedTransaction(*row) for row in cursor.fetchall()]
    return found


def prepared_transactions(cursor: Cursor, database: str) -> list[PreparedTransaction]:
    """Those of a database of the server."""
    cursor.execute(_PREPARED_IN, (database,))
    return [PreparedTransaction(*row) for row in cursor.fetchall()]


def sessions_of(cursor: Cursor, pids: Iterable[int]) -> list[ServerSession]:
    """The sessions of server processes, as far as they are there."""
    cursor.execute(_THESE, ([*pids],))
    return [ServerSession(*row) for row in cursor.fetchall()]


def lock_holders(cursor: Cursor, key: int) -> list[ServerSession]:
    """The sessions that hold an advisory lock of this database.

    Args:
        cursor: on any connection to it.
        key: of the lock, a signed number of 64 bits.
    """
    cursor.execute(_HOLDERS, [str(half & _HALF) for half in (key >> 32, key)])
    return [ServerSession(*row) for row in cursor.fetchall()]


def sessions_running(cursor: Cursor, statement: str) -> list[int]:
    """The server processes of this database that run a statement now, by its text."""
    cursor.execute(_RUNNING, {"text": statement, "least": min(len(statement), _LEAST)})
    return [pid for (pid,) in cursor.fetchall()]


def command_progress(cursor: Cursor, pid: int) -> str:
    """What the server process is at, with a bar; nothing where it does not tell."""
    cursor.execute(_PROGRESS, {"pid": pid})
    found = cursor.fetchone()
    if not found:
        return ""
    phase, done, total = found
    return f"{phase} {progress_bar(done / total)}" if total else str(phase)


def progress_bar(share: float) -> str:
    """Draw a part of a whole: `[#####---------------] 25%`."""
    full = round(_WIDTH * min(share, 1))
    return f"[{'#' * full}{'-' * (_WIDTH - full)}] {100 * min(share, 1):.0f}%"
