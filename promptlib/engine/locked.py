"""A database that no other deploy changes now."""

from __future__ import annotations

import contextlib

import psycopg2
from psycopg2 import errors

from promptlib.core.errors import ChangedMeanwhileError
from promptlib.core.interrupts import UNDONE, in_doubt, note_seen, queries_interruptible
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import STATUS, Remedy
from promptlib.ledger.deploys import NewDeploy
from promptlib.ledger.tables import LedgerSql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.context import Connections
    from promptlib.engine.transactions import Chain, Nested
    from promptlib.ledger.guard import RecordGuard
    from promptlib.ledger.lock import DeployLock, SessionLock
    from promptlib.plan.repair import Repair
    from promptlib.plan.status import Status

_LOCK_TIMEOUT = "SELECT pg_catalog.set_config('lock_timeout', %s, true)"
_WHETHER_WRITTEN = "whether it was committed"


class Locked:
    """The database of a deploy that holds the lock.

    Args:
        connections: to it.
        status: where it stands.
        lock: the lock, if it is held on a connection of its own.

    Attributes:
        has_recorded: whether a deploy has been recorded, which may change what is there.
    """

    def __init__(
        self, connections: Connections, status: Status, lock: DeployLock | SessionLock | None
    ) -> None:
        self.connections, self.status, self.lock = connections, status, lock
        self.has_recorded = False

    def make_ledger(self) -> Status:
        """Make the ledger where it is not.

        Returns:
            where the database stands then.

        Raises:
            LedgerError: when it may not be made.
        """
        with self.writing() as cursor:
            return self.make_ledger_in(cursor)

    def make_ledger_in(self, cursor: Cursor) -> Status:
        """The same, within a transaction that goes on."""
        if not self.status.ledger.is_ready:
            from promptlib.ledger.creation import make_ledger

            self.status = self.status._replace(ledger=make_ledger(cursor, self.status.ledger))
        return self.status

    def begin(self, action: str, end: str, within: Chain | Nested) -> tuple[LedgerSql, RecordGuard]:
        """Record that a deploy begins, at once, so that it leaves a trace whatever happens to it.

        In a caller's transaction, what it writes is his to commit.

        Args:
            action: `migrate` or `rollback`.
            end: where the database is to stand; empty: base.
            within: the transactions of its steps.

        Returns:
            what records for it, and what makes sure that a record stays.

        Raises:
            ChangedMeanwhileError: when another deploy has begun.
        """
        from promptlib.ledger.guard import RecordGuard

        new = self._new(action, end)
        begins = new.begin(self._sql, is_pooled=self.status.ledger.is_pooled)
        heard = self.connections.is_command
        with _unless_another_began(), queries_interruptible(heard=heard):
            number, oids, may_have_triggers = within.open(begins, new.begun(self._sql))
        self.has_recorded = True
        sql = LedgerSql(self.status.ledger.names, number)
        return sql, RecordGuard(sql, oids, may_have_triggers=may_have_triggers)

    @contextlib.contextmanager
    def recording(self, action: str, end: str, lock_timeout: str = "") -> Iterator[Cursor]:
        """A cursor in one transaction that is a deploy of its own, committed in the end.

        Args:
            action: `stamp`, `repair` or `adopt`.
            end: where the database will stand; empty: base.
            lock_timeout: how long to wait for those who read the tables; empty: as usual.

        Raises:
            ChangedMeanwhileError: when another deploy has begun.
        """
        with self.writing() as cursor:
            if lock_timeout:
                cursor.execute(_LOCK_TIMEOUT, (lock_timeout,))
            self.make_ledger_in(cursor)
            with _unless_another_began():
                cursor.execute(self._new(action, end).done(self._sql))
            self.has_recorded = True
            yield cursor

    def repair(self, agreed: Repair) -> None:
        """Take the files for right, in one transaction.

        Args:
            agreed: what somebody has agreed to.

        Raises:
            ChangedMeanwhileError: when files or ledger have changed since.
        """
        from promptlib.plan.repair import (
            find_repairs,
            repair_statements,
        )

        if find_repairs(self.status, agreed.versions) != agreed:
            raise ChangedMeanwhileError(
                "files or ledger have changed meanwhile, so nothing was repaired", "run it again"
            )
        with self.recording("repair", self.status.current) as cursor:
            for sql in repair_statements(self.status, agreed):
                cursor.execute(sql)

    def _new(self, action: str, end: str) -> NewDeploy:
        ledger = self.status.ledger
        return NewDeploy(action, self.status.revision, end, ledger.last_deploy)

    @property
    def _sql(self) -> LedgerSql:
        return LedgerSql(self.status.ledger.names)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Cursor]:
        """A cursor; what it wrote is committed in the end, by the caller if that is his to do."""
        if self.connections.external:
            with self._writing_for_a_caller() as cursor:
                yield cursor
            return
        connection, heard = self.connections.connection, self.connections.is_command
        with in_doubt(lambda: _WHETHER_WRITTEN, UNDONE):
            with queries_interruptible(heard=heard), connection.cursor() as cursor:
                try:
                    yield cursor
                except BaseException as error:
                    if not connection.closed:
                        connection.rollback()
                        note_seen(error, UNDONE)
                    raise
            connection.commit()

    @contextlib.contextmanager
    def _writing_for_a_caller(self) -> Iterator[Cursor]:
        """In his transaction, which is as it was before if this fails."""
        with self.connections.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT promptlib_written")
            try:
                yield cursor
            except BaseException:
                with contextlib.suppress(psycopg2.Error):  # the connection may be lost
                    cursor.execute("ROLLBACK TO promptlib_written; RELEASE promptlib_written")
                raise
            cursor.execute("RELEASE promptlib_written")


@contextlib.contextmanager
def _unless_another_began() -> Iterator[None]:
    """Say what it means that another deploy follows the one that this one was to follow."""
    try:
        yield
    except errors.UniqueViolation:
        raise ChangedMeanwhileError(
            "another deploy has begun meanwhile, so nothing was changed",
            Remedy("look where the database stands with {}, then run it again", STATUS),
        ) from None
