"""Take over from deploys that have not ended: they record nothing more, and they are waited for.

Whoever holds the deploy lock may find that an earlier deploy lost it, and lives. What that one does
in a transaction fails when it is to be recorded; a statement that no transaction takes would go on.
So nothing runs while its server process is there.
"""

from __future__ import annotations

import contextlib

from promptlib.core.durations import duration_seconds
from promptlib.core.errors import LockNotAcquiredError
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.deploys import bury, still_connected, take_over
from promptlib.ledger.tables import LedgerSql
from promptlib.postgres.sessions import describe_sessions, sessions_of
from promptlib.postgres.waiting import show_life, wait_while

if TYPE_CHECKING:
    from promptlib.config.settings import Settings
    from promptlib.core.events import Progress
    from promptlib.engine.context import Connections
    from promptlib.ledger.state import Ledger
    from promptlib.postgres.sessions import ServerSession

_EARLIER = "an earlier deploy that was cut off, or lost its lock"


def take_over_unfinished(
    connections: Connections, ledger: Ledger, settings: Settings, progress: Progress
) -> None:
    """End the deploys that have not ended, once their server processes are gone.

    Args:
        connections: of the deploy that holds the lock.
        ledger: what was read under it.
        settings: how long to wait.
        progress: is told for whom it waits.

    Raises:
        LockNotAcquiredError: when one of them stays.
    """
    sql, ids = LedgerSql(ledger.names), [each.id for each in ledger.unfinished]
    own = connections.connection.info.backend_pid
    with contextlib.closing(connections.connect()) as other, other.cursor() as cursor:
        other.autocommit = True
        cursor.execute(take_over(sql, ids))

        def connected() -> list[ServerSession]:
            show_life(connections.connection)
            pids = [pid for pid in still_connected(cursor, sql, ids) if pid != own]
            return sessions_of(cursor, pids) if pids else []

        def tell(sessions: list[ServerSession]) -> None:
            progress(Event(Kind.WAITING, f"waiting for {_EARLIER}: {describe_sessions(sessions)}"))

        wait_while(connected, duration_seconds(settings.deploy_wait), tell, _still_there)
        cursor.execute(bury(sql, ids))


def _still_there(sessions: list[ServerSession]) -> LockNotAcquiredError:
    return LockNotAcquiredError(
        "an earlier deploy was cut off, or lost its lock, and is still there: "
        f"{describe_sessions(sessions)}",
        f"wait for it, or end it: SELECT pg_terminate_backend({sessions[0].pid})",
    )
