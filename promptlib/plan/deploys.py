"""Deploys that have not ended: one that runs now, and how far it is, or one that died."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.deploys import running_section, still_connected
from promptlib.ledger.lock import lock_key
from promptlib.ledger.names import VERSION_TABLE
from promptlib.ledger.tables import UP, LedgerSql
from promptlib.postgres.sessions import blocking_sessions, lock_holders, sessions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.deploys import UnfinishedDeploy
    from promptlib.plan.status import Status
    from promptlib.postgres.sessions import ServerSession


class DeployProgress(NamedTuple):
    """A deploy that has not ended, as far as anybody knows.

    Attributes:
        action: `migrate` or `rollback`.
        from_version: where the database stood when it began; empty: base.
        to_version: where it was to stand in the end.
        executed_by: the database's user.
        started_at: when, as ISO 8601 in UTC.
        runs: whether it runs still; else it died.
        session: what the server tells of its session; empty, where there is none.
        version: the migration that it is at; empty, where that is not known.
        statement: which statement of that, from 1; 0, where that is not known.
        statements: how many there are.
        or_later: whether it may be at one behind that: they were sent in one message.
        blocked_by: the sessions that it waits for.
    """

    action: str
    from_version: str
    to_version: str
    executed_by: str
    started_at: str
    runs: bool
    session: str = ""
    version: str = ""
    statement: int = 0
    statements: int = 0
    or_later: bool = False
    blocked_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        way = f"{self.action} from {self.from_version or 'base'} to {self.to_version or 'base'}"
        since = f"since {self.started_at}" if self.runs else f"begun at {self.started_at}"
        later = " or later" if self.or_later else ""
        of = f", statement {self.statement} of {self.statements}{later}" if self.statement else ""
        at = f"{'at' if self.runs else 'it was at'} {self.version}{of}" if self.version else ""
        blocked = f"blocked by {', '.join(self.blocked_by)}" if self.blocked_by else ""
        parts = (way, since, at, self.session, blocked)
        state = "runs" if self.runs else "died"
        return f"a deploy by {self.executed_by} {state}: {'; '.join(filter(None, parts))}"


def look_at_deploys(cursor: Cursor, found: Status) -> tuple[DeployProgress, ...]:
    """How far the deploys are that have not ended; it asks nothing where there are none.

    Args:
        cursor: on any connection.
        found: the database and the files.
    """
    return tuple(_look(cursor, found, each) for each in found.ledger.unfinished)


def _look(cursor: Cursor, found: Status, deploy: UnfinishedDeploy) -> DeployProgress:
    session = _session(cursor, found, deploy)
    progress = DeployProgress(*deploy[1:6], runs=session is not None)
    sql = LedgerSql(found.ledger.names)
    if section := running_section(cursor, sql, deploy.id):
        where = _counted(found, *section)
    elif session:
        where = _by_text(found, deploy, session)
    else:
        return progress
    progress = progress._replace(**where._asdict())
    if not session:
        return progress
    blockers = tuple(map(str, blocking_sessions(cursor, session.pid)))
    return progress._replace(session=str(session), blocked_by=blockers)


def _session(cursor: Cursor, found: Status, deploy: UnfinishedDeploy) -> ServerSession | None:
    """The session that it runs in; behind a pooler that of the lock. None: it is gone."""
    sql = LedgerSql(found.ledger.names)
    if deploy.backend_pid is None:
        holders = lock_holders(cursor, lock_key(found.ledger.schema, VERSION_TABLE))
        return next(iter(holders), None)
    pids = still_connected(cursor, sql, [deploy.id])
    return next(iter(sessions_of(cursor, pids)), None) if pids else None


class _Where(NamedTuple):
    """The fields of DeployProgress that say where a deploy is."""

    version: str
    statement: int = 0
    statements: int = 0
    or_later: bool = False


def _counted(found: Status, version: str, direction: str, done: int) -> _Where:
    """The migration of a section that records its statements, and which one comes next."""
    file = found.files.get(version)
    section = file and (file.up if direction == UP else file.down)
    return _Where(version, done + 1, len(section.statements)) if section else _Where(version)


def _by_text(found: Status, deploy: UnfinishedDeploy, session: ServerSession) -> _Where:
    """The migration that comes next, and its statement, if that is what the session runs.

    The server shows a message from its beginning, and no more of it than its settings say.
    """
    version = next(_next(found, deploy), "")
    file = found.files.get(version)
    if not file or not session.query:
        return _Where(version)
    section = file.up if deploy.action == "migrate" else file.down
    last = len(section.statements) - 1
    query = session.query.encode()
    for index, statement in enumerate(section.statements):
        if section.source.startswith(query, statement.start):
            is_alone = index == last or section.sql(index) == session.query
            return _Where(version, index + 1, last + 1, or_later=not is_alone)
    return _Where(version)


def _next(found: Status, deploy: UnfinishedDeploy) -> Iterator[str]:
    if deploy.action == "migrate":
        yield from (each.version for each in found.waiting if each.version <= deploy.to_version)
    elif found.current > deploy.to_version:
        yield found.current
