"""Sends statements in one message, and hears what became of each.

psycopg2 keeps the last result of a message alone, and all rows of that. Here libpq under it gives
one result after the other, and rows are counted and dropped as they come.
"""

from __future__ import annotations

import contextlib
import select
from functools import partial
from types import SimpleNamespace

import psycopg2
from psycopg2.extensions import STATUS_READY, TRANSACTION_STATUS_INTRANS, get_wait_callback

from promptlib.core.interrupts import cancel_shortly
from promptlib.core.libpq import load_libpq
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from psycopg2.extensions import connection as Connection

    from promptlib.postgres.sessions import Received

_NO_COPY = "COPY cannot read from or write to the client here"
_PATIENCE = 0.2  # seconds behind a cancel
_ROWS = 64  # that libpq keeps at most at once
# What libpq says of a result: PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH; of the error kinds,
# PGRES_BAD_RESPONSE and PGRES_FATAL_ERROR. And of a connection: CONNECTION_BAD.
_COPIES, _FAILED, _BAD = (3, 4, 8), (5, 7), 1
_ROW = 9  # PGRES_SINGLE_TUPLE
_SEVERITIES = ("ERROR:  ", "FATAL:  ", "PANIC:  ")
# Each field of an error by the letter that the protocol has for it. Source:
# https://www.postgresql.org/docs/current/protocol-error-fields.html
_FIELDS = {
    "severity": "S",
    "severity_nonlocalized": "V",
    "sqlstate": "C",
    "message_primary": "M",
    "message_detail": "D",
    "message_hint": "H",
    "statement_position": "P",
    "internal_position": "p",
    "internal_query": "q",
    "context": "W",
    "schema_name": "s",
    "table_name": "t",
    "column_name": "c",
    "datatype_name": "d",
    "constraint_name": "n",
    "source_file": "F",
    "source_line": "L",
    "source_function": "R",
}


class MessageError(psycopg2.Error):
    """What psycopg2 would have raised.

    Args:
        said: the whole of it, in libpq's words.
        fields: what the server said, by the names that psycopg2 has for it.
    """

    diag: Any = None
    pgcode: str | None = None

    def __init__(self, said: str, fields: Mapping[str, str | None]) -> None:
        super().__init__(said[len(_SEVERITIES[0]) :] if said.startswith(_SEVERITIES) else said)
        self.diag, self.pgcode = SimpleNamespace(**fields), fields["sqlstate"]

    def move(self, letters: int) -> None:
        """Count its position from where a statement begins, which so many letters come before."""
        if self.diag.statement_position:
            self.diag.statement_position = str(int(self.diag.statement_position) - letters)


def can_send(connection: Connection) -> bool:
    """Whether text can go to libpq itself: as psycopg2 would send it, and without its help."""
    return bool(
        load_libpq()
        and getattr(connection, "pgconn_ptr", None)  # something else may stand for a connection
        and not connection.closed
        and get_wait_callback() is None  # who waits by himself would be kept waiting here
        and connection.encoding == "UTF8"
        and connection.get_parameter_status("client_encoding") == "UTF8"
        and (connection.autocommit or connection.status != STATUS_READY)  # or BEGIN is to come
    )


def can_send_together(connection: Connection) -> bool:
    """Whether several statements can: the server must see the same ones as whoever split them."""
    return (
        can_send(connection)
        and connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS
        and is_read_as_written(connection)
    )


def is_read_as_written(connection: Connection) -> bool:
    """Whether the server reads text now as whoever split it into statements did."""
    read_as = map(
        connection.get_parameter_status, ("standard_conforming_strings", "client_encoding")
    )
    return [*read_as] == ["on", "UTF8"]


def send_message(connection: Connection, sql: bytes, received: Received) -> None:
    """Send statements in one message, and wait until the last one is done.

    What a signal raises, as Ctrl-C does, ends the wait and the statements.

    Args:
        connection: that `can_send`.
        sql: the statements, in UTF-8.
        received: is told what has come of them.

    Raises:
        psycopg2.Error: for the first statement that fails; those behind it did not run.
    """
    message = Message(connection)
    try:
        message.send(sql)
        message.receive(received)
    except psycopg2.Error:
        raise
    except BaseException:  # of a signal
        message.stop()
        raise
    finally:
        message.end()


class Message:
    """A message on its way.

    Args:
        connection: that `can_send`.
    """

    def __init__(self, connection: Connection) -> None:
        libpq = load_libpq()
        assert libpq  # it can send
        self._libpq, self._connection = libpq, connection
        self._address = connection.pgconn_ptr
        self._copies = False
        self._drop_rows = partial(libpq.PQsetSingleRowMode, self._address)
        if hasattr(libpq, "PQsetChunkedRowsMode"):
            self._drop_rows = partial(libpq.PQsetChunkedRowsMode, self._address, _ROWS)

    def send(self, sql: bytes) -> None:
        """Send statements."""
        self._require(self._libpq.PQsendQuery(self._address, sql))

    def _require(self, is_done: int) -> None:
        if not is_done:
            raise psycopg2.OperationalError(_text(self._libpq.PQerrorMessage(self._address)))

    def receive(self, received: Received, messages: int = 1) -> None:
        """Wait until it is done.

        Args:
            received: is told what has come of it.
            messages: how many; in a pipeline each statement is one.

        Raises:
            psycopg2.Error: for the first statement that fails.
        """
        libpq, address, error = self._libpq, self._address, None
        for _ in range(messages):
            self._drop_rows()
            while (not libpq.PQisBusy(address) or self._wait()) and (
                result := libpq.PQgetResult(address)
            ):
                status = libpq.PQresultStatus(result)
                if status == _ROW:
                    received.rows += 1
                elif status in _FAILED:
                    error = _telling(error, self._error(result))
                else:
                    received.rows += libpq.PQntuples(result)
                    # Else there is more of this statement to come.
                    received.done += libpq.PQcmdStatus(result) != b""
                libpq.PQclear(result)
                if status in _COPIES:
                    raise psycopg2.ProgrammingError(_NO_COPY)
            if error:
                raise error

    def _wait(self, seconds: float | None = None) -> bool:
        """Wait for the next result where signals are heard, as libpq itself does not.

        Returns:
            whether it is there, or what there is instead.
        """
        libpq, address, poll = self._libpq, self._address, select.poll()
        while libpq.PQisBusy(address):
            unsent = libpq.PQflush(address) > 0
            poll.register(self._connection, select.POLLIN | (select.POLLOUT if unsent else 0))
            if not poll.poll(seconds and 1000 * seconds):
                return False
            if not libpq.PQconsumeInput(address):
                break  # the next result says why
        return True

    def _error(self, result: int) -> MessageError:
        libpq = self._libpq
        said = {name: libpq.PQresultErrorField(result, ord(_FIELDS[name])) for name in _FIELDS}
        fields = {name: None if text is None else _text(text) for name, text in said.items()}
        return MessageError(_text(libpq.PQresultErrorMessage(result)), fields)

    def stop(self) -> None:
        """Have the server end what runs of it, which heeds no cancel between two statements.

        Nothing else can go over the connection before it is over. A second signal ends the process
        of a command, and is not heard here.
        """
        is_over = False
        while not is_over:
            with contextlib.suppress(KeyboardInterrupt):
                cancel_shortly(self._connection)
                is_over = self._take_rest(_PATIENCE)

    def end(self) -> None:
        """Leave the connection as psycopg2 expects it, and let it take in the notices."""
        if self._take_rest() and not self._copies:
            self._hand_back()

    def _take_rest(self, seconds: float | None = None) -> bool:
        """Take in what is left; whether each of it came within so many seconds."""
        libpq, address = self._libpq, self._address
        result = before = 1
        while result or before:  # in a pipeline nothing comes behind each statement
            if seconds and libpq.PQisBusy(address) and not self._wait(seconds):
                return False
            before, result = result, libpq.PQgetResult(address)
            self._copies = bool(result) and libpq.PQresultStatus(result) in _COPIES
            libpq.PQclear(result)
            if self._copies:
                break  # which ends with the next command
        return True

    def _hand_back(self) -> None:
        if self._libpq.PQstatus(self._address) == _BAD:
            with contextlib.suppress(psycopg2.Error):
                self._connection.rollback()  # which still takes in notices
        with contextlib.suppress(psycopg2.Error):
            self._connection.poll()


def _telling(first: MessageError | None, last: MessageError) -> MessageError:
    """The error that counts: the last one, as it does for psycopg2, which so forgets why it ended.

    Behind what the server says as it ends a session libpq says that the connection is lost.
    """
    return first if first and not last.pgcode else last


def _text(said: bytes) -> str:
    return said.decode(errors="replace")
