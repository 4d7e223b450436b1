"""What a section runs in: a transaction of ours, which begins as the last one ends, or a caller's.

What is ours around an author's statements (the ledger's rows, Alembic's version, COMMIT, the next
BEGIN with its settings) goes to the server in one message: a round trip often takes longer than
what it carries. It never goes with his statements: what he wrote must have come to its end, in a
client that lives, before anything commits it. The statements of the next section may follow it at
once, and run only where it has committed.
"""

from __future__ import annotations

import contextlib
import time

import psycopg2
from psycopg2.extensions import (
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_INTRANS,
)

from promptlib.core.errors import StatementError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import STATUS, Remedy
from promptlib.engine.forgetting import session_of
from promptlib.engine.session_settings import set_statements
from promptlib.postgres.liveness import LOOKS_NOW, watch_client, watching_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.context import Connections
    from promptlib.engine.forgetting import OwnSession
    from promptlib.ledger.lock import DeployLock, SessionLock
    from promptlib.postgres.pipelines import Pipeline

_SAVEPOINT, _KEPT = "SAVEPOINT promptlib_section", "SAVEPOINT promptlib_kept"
_SHORTLY = 0.05  # seconds
_COMMIT = "COMMIT AND CHAIN;"
_NO_NOTICES = "SET LOCAL client_min_messages = error;"
# What waits for COMMIT comes before anything is recorded: it may change what that is written to.
_NOTHING_LATER = "SET CONSTRAINTS ALL IMMEDIATE;"


def transactions_of(
    connections: Connections,
    settings: Mapping[str, str],
    lock: DeployLock | SessionLock | None,
    *,
    is_pooled: bool,
) -> Chain | Nested:
    """What the steps of a deploy run in.

    Args:
        connections: to its database.
        settings: PostgreSQL settings of the sections that ask for no others.
        lock: that keeps other deploys out; None: a caller's transaction holds it.
        is_pooled: whether a pooler stands between.
    """
    if connections.external:
        return Nested(connections.connection)
    return Chain(
        connections.connection,
        settings,
        session=session_of(connections, is_pooled=is_pooled),
        keeps_locks=lock is not None and lock.in_session,
        ends_session=connections.is_command and not is_pooled,
    )


class Chain:
    """Transactions of ours, one behind the other.

    Args:
        connection: not in autocommit.
        settings: PostgreSQL settings of the sections that ask for no others.
        session: takes out what a section leaves in the connection's session, so that nothing of it
            reaches the next; None where it is a caller's.
        keeps_locks: whether the session's locks stay where a section is undone: the deploy lock
            is one of them, and the section the only one.
        ends_session: whether the session ends with the last transaction. A pooler would give up the
            server's connection where one is open.
    """

    def __init__(
        self,
        connection: Connection,
        settings: Mapping[str, str],
        *,
        session: OwnSession | None = None,
        keeps_locks: bool = False,
        ends_session: bool = False,
    ) -> None:
        self._connection, self._settings, self._session = connection, settings, session
        self._keeps_locks, self._ends_session = keeps_locks, ends_session
        watched = f"SELECT {watch_client(local=True)};"
        self._set = [*set_statements(settings, local=True), watched]
        self._pid = 0  # of the server process, if a transaction has begun with these settings
        self._ahead: Pipeline | None = None

    def open(self, sql: str, told: str) -> list[Any]:
        """Write what is to be remembered, commit, and begin the first transaction.

        Args:
            sql: what to write.
            told: expressions.

        Returns:
            what they are then.

        Raises:
            psycopg2.Error: for whatever keeps it from being committed.
        """
        began = time.monotonic()
        asked = f"SELECT pg_catalog.pg_backend_pid(), {LOOKS_NOW}, {told}"
        with self._connection.cursor() as cursor:
            if self._session:
                self._session.look(cursor)
            cursor.execute("\n".join([sql, _COMMIT, *self._set, asked]))
            pid, looks, *found = cursor.fetchone() or (0, "0")
        settings = {**self._settings, **watching_settings(looks)}
        self._set = set_statements(settings, local=True)
        self._note_begun(pid, began)
        return found

    def begin(self, settings: Mapping[str, str] | None = None) -> int:
        """Be in a fresh transaction.

        Args:
            settings: what must hold; None where that is to be set later.

        Returns:
            the number of the server process if the settings hold already, else 0.
        """
        pid, self._pid = self._pid, 0
        if pid and settings == self._settings:
            return pid
        self.stop()
        self._connection.rollback()
        if self._session:
            with self._connection.cursor() as cursor:
                self._session.look(cursor)
        return 0

    def end(self, sql: Sequence[str], pid: int, following: Sequence[bytes] = ()) -> None:
        """Write what is to be remembered, commit, and begin the next transaction.

        Args:
            sql: what to write, as statements.
            pid: the number of the server process: behind a pooler a chain stays with one.
            following: statements that may begin to run in the next transaction, if there is room
                for them.

        Raises:
            psycopg2.Error: for whatever keeps it from being committed, and for what came too late
                to do so: a connection that is lost, a cancel that the server heeds afterwards.
        """
        began = time.monotonic()
        session = self._session
        record = [_NOTHING_LATER, *(session.ourselves if session else ()), *sql]
        if following and pid and self._go_ahead(record, following):
            self._pid = pid
            return
        behind = [*session.forget(), _COMMIT] if session else []
        with self._connection.cursor() as cursor:
            cursor.execute("\n".join([*record, _COMMIT, *behind, *self._set]))
        self._note_begun(pid, began)

    def _go_ahead(self, sql: Sequence[str], following: Sequence[bytes]) -> bool:
        """Send what records a section, the next one at once behind; whether that goes."""
        from promptlib.postgres.pipelines import Pipeline, can_pipeline, fits_pipeline

        # A program may use the database itself as it is told of a step: it would wait for locks
        # that the next one holds, and that one for it. And who knows how a pooler waits?
        if not (self._session and self._ends_session):
            return False
        # Notices of what waits for COMMIT would be taken for the next section's.
        sql = [_NO_NOTICES, *sql, *self._session.discard(), *self._set]
        record = [*map(str.encode, sql)]
        if not (fits_pipeline([*record, *following]) and can_pipeline(self._connection)):
            return False
        self._ahead = Pipeline(self._connection, record, following)
        self._ahead.begin()
        self._ahead.receive_part()
        return True

    @property
    def ahead(self) -> Pipeline | None:
        """The statements of the next section, if they are on their way already."""
        return self._ahead if self._ahead and self._ahead.is_open else None

    def stop(self) -> None:
        """End what is on its way, if anything is."""
        if self._ahead:
            self._ahead.stop()

    def _note_begun(self, pid: int, asked: float) -> None:
        # For the server the next transaction begins when it gets the message, not when it commits.
        self._pid = pid if time.monotonic() - asked < _SHORTLY else 0

    def commit(self) -> None:
        """Commit what others wrote, and begin nothing."""
        self._pid = 0
        self._connection.commit()

    def finish(self) -> None:
        """End the last transaction, in which nothing has run, if the session does not end it."""
        if not self._ends_session:
            self.commit()

    def undo(self) -> None:
        """Roll back, also what a rollback leaves: prepared statements and locks of the session."""
        self._pid = 0
        self.stop()
        if not self._session:
            self._connection.rollback()
            return
        with self._connection.cursor() as cursor:
            cursor.execute(_undone(self._session, keeps_locks=self._keeps_locks))
        self._connection.commit()

    def release(self) -> None:
        """Nothing is left of it."""


class StatementTransactions:
    """Transactions of single statements, one behind the other, in a session that they share.

    Args:
        cursor: on a connection in autocommit.
        ourselves: what makes the session ours again until the transaction ends: a section may have
            set a role that may not record anything.
        local: what sets something in each of them, where the session is other clients' as well.
        session: what takes out of that what a statement has left there.
    """

    def __init__(
        self, cursor: Cursor, ourselves: str, local: str = "", session: OwnSession | None = None
    ) -> None:
        self._cursor, self._ourselves, self._local = cursor, ourselves, local
        self._session = session
        self._began = 0.0  # when the transaction began in which nothing has run

    def begin(self) -> None:
        """Be in a fresh transaction."""
        if self._status == TRANSACTION_STATUS_IDLE:
            self._cursor.execute("BEGIN;" if self._session else f"BEGIN;{self._local}")
            if self._session:
                self._session.look(self._cursor)
                self._cursor.execute(self._local)
        elif time.monotonic() - self._began >= _SHORTLY:
            self._cursor.execute(f"ROLLBACK; BEGIN;{self._local}")

    def commit(self, sql: str) -> None:
        """Write what is to be remembered, commit, and begin the next transaction.

        Raises:
            psycopg2.Error: for whatever keeps it from being committed.
        """
        message = f"{_NOTHING_LATER}\n{self._ourselves}{sql}\n{_COMMIT}{self._local}"
        self._cursor.execute(message)
        self._began = time.monotonic()

    def undo(self) -> None:
        """Be in no transaction; what was not committed is undone."""
        if self._status in (TRANSACTION_STATUS_INTRANS, TRANSACTION_STATUS_INERROR):
            forget = f"{_undone(self._session)} COMMIT;" if self._session else "ROLLBACK"
            with contextlib.suppress(psycopg2.Error):  # the connection may be lost
                self._cursor.execute(forget)

    @property
    def _status(self) -> int:
        return self._cursor.connection.get_transaction_status()


def _undone(session: OwnSession, *, keeps_locks: bool = False) -> str:
    """Roll back, and take out in a transaction that follows what a rollback leaves."""
    return "\n".join(["ROLLBACK; BEGIN;", *session.forget(keeps_locks=keeps_locks)])


class Nested:
    """Parts of a transaction of a caller's, who commits it.

    Args:
        connection: in that transaction.
    """

    ahead = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, sql: str, told: str) -> list[Any]:
        """Write what is to be remembered, and give what expressions are then."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"{sql}\nSELECT {told}")
            return [*(cursor.fetchone() or ())]

    def begin(self, _: Mapping[str, str] | None = None) -> int:
        """Mark where to go back to; the settings are left to who runs the section."""
        self._execute(_SAVEPOINT)
        return 0

    def end(self, sql: Sequence[str], _: int, __: Sequence[bytes] = ()) -> None:
        """Write what is to be remembered."""
        self._execute("\n".join(sql))

    def stop(self) -> None:
        """Nothing is ever on its way."""

    def release(self) -> None:
        """Forget where it began: never while it may have to be undone."""
        self._execute(f"RELEASE {_SAVEPOINT}")

    def commit(self) -> None:
        """Leave that to the caller."""

    finish = commit

    def undo(self) -> None:
        """Go back to where it began."""
        self._execute(f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")

    def _execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)


@contextlib.contextmanager
def transaction_kept(connection: Connection) -> Iterator[None]:
    """Let somebody else write into the transaction, and make sure that it is still there then.

    COMMIT in a transaction that was broken rolls back, and says that all is well.

    Raises:
        StatementError: when it was ended, or an error in it was kept to oneself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        yield
        try:
            cursor.execute(f"RELEASE {_KEPT}")
        except psycopg2.Error as error:
            raise StatementError(
                "what was called as on_version_apply has broken or ended the transaction of its "
                f"version: {str(error).strip()}",
                Remedy(
                    "let its errors out, and leave the transaction to others; see where the "
                    "database stands with {}, then run it again",
                    STATUS,
                ),
            ) from None
