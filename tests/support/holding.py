"""A lock of the test's own, which holds open what others are at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import psycopg2

from support.processes import until

if TYPE_CHECKING:
    from types import TracebackType

    from support.databases import Database


class Hold:
    """A session whose transaction keeps what a statement locks, until it is released.

    `pid` is its server process.
    """

    def __init__(self, database: Database, sql: str, application: str = "test") -> None:
        self._database = database
        # If the lock is not free, the test shall fail and not wait for ever.
        limit = "-c lock_timeout=30s"
        self._connection = psycopg2.connect(
            database.url, application_name=application, options=limit
        )
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
        self.pid = self._connection.info.backend_pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._connection.close()

    def blocks(self) -> int:
        """Wait until somebody waits for it; his server process."""
        return until(self._blocked)

    def _blocked(self) -> int:
        waiting = "SELECT pid FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid)) LIMIT 1"
        rows = self._database.query(waiting, self.pid)
        return int(rows[0][0]) if rows else 0

    def release(self) -> None:
        """Let the others go on."""
        self._connection.rollback()
