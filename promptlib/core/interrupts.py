"""Ctrl-C and SIGTERM, for the commands: both end what runs, and are told apart by the exit code."""

from __future__ import annotations

import contextlib
import select
import signal
import threading
from typing import TYPE_CHECKING

from promptlib.core.errors import error_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

INTERRUPTED = "interrupted; what was not committed is undone, and the deploy lock is free"
_BY_SIGNAL = 128  # exit codes of what a signal ended begin here


class Terminated(KeyboardInterrupt):
    """SIGTERM: like Ctrl-C, but from whoever runs the machine."""


def interrupt_of_signal(number: int) -> KeyboardInterrupt:
    """The interrupt that a signal stands for."""
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


def interrupt_exit_code(error: KeyboardInterrupt) -> int:
    """What a shell expects: 130 after Ctrl-C, 143 after SIGTERM."""
    by = signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT
    return _BY_SIGNAL + by


def interrupt_behind(
    error: BaseException, until: BaseException | None = None
) -> KeyboardInterrupt | None:
    """The interrupt that an error came up after; the arguments are those of `error_chain`."""
    chain = error_chain(error, until)
    return next((each for each in chain if isinstance(each, KeyboardInterrupt)), None)


@contextlib.contextmanager
def sigterm_raised() -> Iterator[None]:
    """Raise Terminated when SIGTERM comes, as KeyboardInterrupt is raised by Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def queries_interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end a query, which libpq alone would wait for."""
    from psycopg2 import extensions  # noqa: PLC0415 - some commands do without

    def wait(connection: Connection) -> None:
        try:
            while (state := connection.poll()) != extensions.POLL_OK:
                reads = [connection] if state == extensions.POLL_READ else []
                select.select(reads, [] if reads else [connection], [])
        except KeyboardInterrupt:
            connection.cancel()
            raise

    extensions.set_wait_callback(wait)
    try:
        yield
    finally:
        extensions.set_wait_callback(None)


def _terminate(_signal: int, _frame: object) -> None:
    raise Terminated
