"""Sends statements behind others without waiting for what becomes of those.

libpq's pipeline mode: each statement is a message of its own, and the server passes over all that
comes behind one that failed. Source:
https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

from __future__ import annotations

import time

import psycopg2

from promptlib.core.libpq import load_libpq
from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.messages import Message, can_send_together
from promptlib.postgres.sessions import Received

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as Connection

# What the server and this end keep for each other, whoever reads first: else both might wait.
_MOST_BYTES, _EACH = 16 * 1024, 40  # that go with a statement
# What runs in no transaction, as DISCARD ALL, is committed before what comes behind it. Source:
# https://www.postgresql.org/docs/release/14.5/
_COMMITS_AT_ONCE = 140005


def can_pipeline(connection: Connection) -> bool:
    """Whether statements can go behind others: in a transaction, for else COMMIT would end well."""
    is_able = can_send_together(connection) and hasattr(load_libpq(), "PQsendFlushRequest")
    return is_able and connection.server_version >= _COMMITS_AT_ONCE


def fits_pipeline(statements: Sequence[bytes]) -> bool:
    """Whether so many statements, and so long, may be on their way at once."""
    return sum(map(len, statements)) + _EACH * len(statements) <= _MOST_BYTES


class Pipeline(Message):
    """Statements that go to the server in two parts, the second one behind the first.

    Until it has ended nothing else can go over the connection.

    Args:
        connection: that `can_pipeline`.
        first: statements.
        second: those that run only where all of the first ones did.

    Attributes:
        is_open: whether it has not ended.
        began: when the second part may have begun to run, as a performance counter has it.
    """

    def __init__(
        self, connection: Connection, first: Sequence[bytes], second: Sequence[bytes]
    ) -> None:
        super().__init__(connection)
        self._parts, self.is_open = [first, second], True
        self.began = time.perf_counter()

    def begin(self) -> None:
        """Send it.

        Raises:
            psycopg2.Error: when the connection is lost.
        """
        try:
            self._send()
        except BaseException:
            self._libpq.PQpipelineSync(self._address)  # or the server would not answer
            self.stop()
            raise

    def _send(self) -> None:
        libpq, address = self._libpq, self._address
        first, second = self._parts
        self._require(libpq.PQenterPipelineMode(address))
        self._add(first)
        self._require(libpq.PQsendFlushRequest(address))  # what became of them is told at once
        self._add(second)
        self._require(libpq.PQpipelineSync(address))

    def _add(self, statements: Sequence[bytes]) -> None:
        send, address = self._libpq.PQsendQueryParams, self._address
        # No statement of ours, nor one of an author's that gets here, has parameters.
        for sql in statements:
            if not send(address, sql, 0, None, None, None, None, 0):
                self._require(0)

    def receive_part(self, received: Received | None = None) -> None:
        """Wait until the next part is done; behind the second one, or an error, it has ended.

        What a signal raises, as Ctrl-C does, ends the wait and the statements.

        Args:
            received: is told what has come of it.

        Raises:
            psycopg2.Error: for the statement that fails; those behind it did not run.
        """
        received = received or Received()
        try:
            self.receive(received, len(self._parts.pop(0)))
        except psycopg2.Error:
            self.end()
            raise
        except BaseException:  # of a signal
            self.stop()
            raise
        if self._parts:
            self.began = time.perf_counter()
        else:
            self.end()

    def stop(self) -> None:
        """Have the server end what runs of it, if it has not ended."""
        if self.is_open:
            super().stop()
            self.end()

    def end(self) -> None:
        """Take in what is left, and leave the connection as psycopg2 expects it."""
        if self.is_open:
            super().end()

    def _hand_back(self) -> None:
        self._libpq.PQexitPipelineMode(self._address)
        self.is_open = False
        super()._hand_back()
