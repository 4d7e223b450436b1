"""Watches the statement that runs, from a thread: who blocks it, how far it is, and Ctrl-C.

The thread that runs the statement is inside of libpq until the server answers, and hears nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time

import psycopg2

from promptlib.core.durations import display_duration
from promptlib.core.errors import PromptlibError
from promptlib.core.events import Event, Kind, Progress, ignore
from promptlib.core.interrupts import cancel_query, in_doubt, interrupt_of_signal, signals_told
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.connections import hang_up
from promptlib.postgres.sessions import (
    Blocker,
    Received,
    blocking_sessions,
    command_progress,
    describe_sessions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from psycopg2.extensions import connection as Connection

_SHOW_AFTER = 2.0  # seconds
_QUICKEST, _SLOWEST = 0.02, 0.5  # seconds between two looks
_SHORTLY = 1.0  # seconds for a look to end by itself
_END, _HURRY = b"\0", b"\xff"


class _Running(NamedTuple):
    """The statements that run, one behind the other.

    They began at a time, in a server process, as some of a number, and were seen to wait for
    others; some may have ended.
    """

    began: float
    pid: int
    batch: range
    of: int
    received: Received
    blockers: list[Blocker]

    def __str__(self) -> str:
        """Which they are: `statement 2 of 3`, `statements 2 to 9 of 12`."""
        last = self.batch.stop
        first = min(self.batch.start + self.received.done + 1, last)
        which = f"statement {first}" if first == last else f"statements {first} to {last}"
        return f"{which} of {self.of}"


class _Watched:
    """The `with` block of a statement, which has begun; who is called knows that it ends."""

    def __init__(self, ends: Callable[[type[BaseException] | None], None]) -> None:
        self._ends = ends

    def __enter__(self) -> None:
        pass

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        self._ends(raised)


class Watcher:
    """Looks at a deploy's statements; one that runs shortly costs nothing.

    Args:
        connect: opens a second connection, when there is something to ask.
        connection: what the statements run on.
        progress: is told of a statement that takes its time, from a thread of the watcher's.
        interruptible: whether Ctrl-C and SIGTERM cancel the statement: for commands only.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        connection: Connection,
        progress: Progress = ignore,
        *,
        interruptible: bool,
    ) -> None:
        self._connect = connect
        self._progress, self._is_shown = progress, False
        self._failure: Exception | None = None  # of whom it tells
        self.connection = connection
        self._interruptible = (
            interruptible and threading.current_thread() is threading.main_thread()
        )
        self._title, self._pause = "", _SLOWEST
        self._running: _Running | None = None
        self._watched = _Watched(self._rest)
        self._interrupt = 0  # the signal that came last
        self._stack = contextlib.ExitStack()
        self._last = _Running(0, 0, range(0), 0, Received(), [])
        self._second: Connection | None = None
        self._thread = threading.Thread(target=self._watch, name="promptlib", daemon=True)

    def __enter__(self) -> Self:
        self._news, self._tells = os.pipe()
        for end in (self._news, self._tells):
            os.set_blocking(end, False)
        if self._interruptible:
            self._stack.enter_context(signals_told(self._hear))
            self._stack.enter_context(in_doubt(self._doubt))
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        os.write(self._tells, _END)
        self._thread.join(_SHORTLY)
        if self._thread.is_alive() and self._second:  # which never answers in a frozen network
            hang_up(self._second)
        self._thread.join(_SHORTLY)
        self._stack.close()
        # Who has heard of a signal just now may yet tell of it: into no file that comes next.
        tells, self._tells = self._tells, -1
        os.close(tells)

    def _hear(self, number: int) -> None:
        """Hear of a signal, in a thread that may not wait."""
        self._interrupt = number
        with contextlib.suppress(OSError):
            os.write(self._tells, _HURRY)

    def _doubt(self) -> str:
        """What nobody knows while the server has not answered."""
        last = self._running
        if not last:
            return ""
        which = "" if len(last.batch) == last.of else f"{last} of "
        title = " ".join(self._title.split())
        return f"whether {which}{title} took effect"

    def section(self, title: str, lock_timeout: float) -> None:
        """Say what runs next.

        Args:
            title: what to call it.
            lock_timeout: after how many seconds its statements give up waiting, 0 for never; who
                blocks them is asked before.
        """
        self._title = title
        pause = min(max(lock_timeout / 4 or _SLOWEST, _QUICKEST), _SLOWEST)
        if pause != self._pause:
            self._pause = pause
            os.write(self._tells, _HURRY)

    def statement(self, pid: int, number: int = 1, count: int = 1) -> _Watched:
        """Watch a statement, from now until the end of a `with` block.

        Args:
            pid: of the server process that runs it; 0 if that is not known.
            number: which statement of its section it is.
            count: how many the section has.
        """
        return self.statements(pid, range(number - 1, number), count, Received())

    def statements(self, pid: int, batch: range, count: int, received: Received) -> _Watched:
        """Watch statements that were sent together, from now until the end of a `with` block.

        Args:
            pid: of the server process that runs them; 0 if that is not known.
            batch: which statements of their section they are, from 0.
            count: how many the section has.
            received: how many of them have ended, as far as that is known.
        """
        now = time.monotonic()
        self._running = self._last = _Running(now, pid, batch, count, received, [])
        return self._watched

    def _rest(self, raised: type[BaseException] | None) -> None:
        """See a statement end, and raise what came meanwhile.

        Python has raised it already, unless that was inside of psycopg2, which drops it: where it
        decodes a notice, for one. Source: conn_notice_process in psycopg's connection_int.c.
        """
        self._running = None
        if self._failure and raised is None:
            failure, self._failure = self._failure, None
            raise failure
        if self._interrupt and not issubclass(raised or Exception, KeyboardInterrupt):
            raise interrupt_of_signal(self._interrupt)

    def blockers(self) -> list[Blocker]:
        """The sessions that the last statement was last seen to wait for."""
        return self._last.blockers

    def _watch(self) -> None:
        """Look again and again, until __exit__ says that it is over."""
        poll = select.poll()
        poll.register(self._news, select.POLLIN)
        while _END not in (os.read(self._news, 64) if poll.poll(1000 * self._pause) else b""):
            running = self._running
            if not running:
                self._erase()
            elif self._interrupt:
                self._cancel(running)  # for ever in a frozen network
            elif time.monotonic() - running.began >= self._pause:
                self._look(running)
        os.close(self._news)
        self._erase()
        if self._second:
            self._second.close()

    def _cancel(self, running: _Running) -> None:
        from promptlib.core.libpq import load_libpq

        if load_libpq():
            cancel_query(self.connection)
        elif running.pid:
            with contextlib.suppress(psycopg2.Error, PromptlibError), self._asking().cursor() as it:
                it.execute("SELECT pg_catalog.pg_cancel_backend(%s)", (running.pid,))
        else:
            self.connection.cancel()  # which keeps all threads waiting

    def _look(self, running: _Running) -> None:
        """Ask and tell."""
        step, now = "", list[Blocker]()
        if running.pid:
            refused = contextlib.suppress(psycopg2.Error, PromptlibError)
            with refused, self._asking().cursor() as cursor:
                now = blocking_sessions(cursor, running.pid)
                running.blockers[:] = now or running.blockers
                step = command_progress(cursor, running.pid)
        seconds = time.monotonic() - running.began
        if seconds < _SHOW_AFTER:
            return
        blocked = f"blocked by {describe_sessions(now)}" if now else ""
        which = f"{running}, " if running.of > 1 else ""
        lasts = f"{which}{display_duration(seconds)}"
        rows = f"{running.received.rows:,} rows" if running.received.rows else ""
        text = "  ".join(filter(None, (self._title, lasts, step, rows, blocked)))
        self._is_shown = True
        self._tell(Event(Kind.RUNNING, text, seconds=seconds))

    def _tell(self, event: Event) -> None:
        """Tell, and keep what goes wrong with that for the thread that runs the statement."""
        try:
            self._progress(event)
        except Exception as error:  # noqa: BLE001 - whoever is told may raise anything
            self._failure = error

    def _erase(self) -> None:
        """Tell that what was told last runs no more."""
        if self._is_shown:
            self._is_shown = False
            self._tell(Event(Kind.RUNNING, ""))

    def _asking(self) -> Connection:
        """The second connection, in autocommit."""
        if not self._second or self._second.closed:
            self._second = self._connect()
            self._second.autocommit = True
        return self._second
