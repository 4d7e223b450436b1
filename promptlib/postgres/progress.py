"""How far a long command is, as the server tells: CREATE INDEX, VACUUM, CLUSTER, COPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_WIDTH = 20
# Phase, how much is done, of how much. Source:
# https://www.postgresql.org/docs/current/progress-reporting.html
_QUERY = """
    SELECT phase,
           CASE WHEN blocks_total > 0 THEN blocks_done
                WHEN tuples_total > 0 THEN tuples_done ELSE lockers_done END::float,
           CASE WHEN blocks_total > 0 THEN blocks_total
                WHEN tuples_total > 0 THEN tuples_total ELSE lockers_total END::float
      FROM pg_stat_progress_create_index WHERE pid = %(pid)s
    UNION ALL
    SELECT phase, greatest(heap_blks_scanned, heap_blks_vacuumed), heap_blks_total
      FROM pg_stat_progress_vacuum WHERE pid = %(pid)s
    UNION ALL
    SELECT phase, heap_blks_scanned, heap_blks_total
      FROM pg_stat_progress_cluster WHERE pid = %(pid)s
    UNION ALL
    SELECT 'copying', bytes_processed, bytes_total
      FROM pg_stat_progress_copy WHERE pid = %(pid)s
"""


def command_progress(cursor: Cursor, pid: int) -> str:
    """What the server process is at, with a bar; nothing where it does not tell."""
    cursor.execute(_QUERY, {"pid": pid})
    found = cursor.fetchone()
    if not found:
        return ""
    phase, done, total = found
    return f"{phase} {progress_bar(done / total)}" if total else str(phase)


def progress_bar(share: float) -> str:
    """Draw a part of a whole: `[#####---------------] 25%`."""
    full = round(_WIDTH * min(share, 1))
    return f"[{'#' * full}{'-' * (_WIDTH - full)}] {100 * min(share, 1):.0f}%"
