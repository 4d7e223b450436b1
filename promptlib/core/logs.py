"""Progress on stderr, for the commands; a program that calls us keeps its own logging."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time

from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line, printable_stream, raw_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.core.events import Event

_log = logging.getLogger("promptlib")
_LOG_EVERY = 30.0  # seconds between two lines about one statement, where there is no terminal
# Kinds of events, by their words: to load their class takes its time for who only looks.
_RUNNING, _SILENT, _WARNINGS = "running", "begin", ("warning", "retry")

_ERASE = "\r\x1b[K"  # to the beginning of the line, and nothing behind it
_COLUMNS = 80  # of a terminal that does not know


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Lines on stderr; on a terminal also one that comes and goes below them."""

    def __init__(self) -> None:
        super().__init__(printable_stream(sys.stderr))
        self.setFormatter(logging.Formatter("%(message)s"))
        self._line = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line where the transient one was."""
        self.transient("")
        super().emit(record)

    def transient(self, text: str) -> bool:
        """Show a line until the next one, where there is a terminal."""
        if not self.stream or not self.stream.isatty():  # stderr may be closed
            return False
        with self.lock or contextlib.nullcontext():
            columns = os.get_terminal_size(self.stream.fileno()).columns or _COLUMNS
            fitting = printable_line(text)[: columns - 1]
            if fitting != self._line:
                self._line = fitting
                raw_stream(self.stream).write(_ERASE + fitting)
                self.stream.flush()
        return True


def show_progress(*, quiet: bool) -> None:
    """Write what promptlib logs to stderr as it is: from INFO on, or errors alone.

    Args:
        quiet: whether progress and notices are left out.
    """
    log = logging.getLogger("promptlib")
    log.handlers = [_Handler()]
    log.propagate = False
    log.setLevel(logging.ERROR if quiet else logging.INFO)


class EventLog:
    """Writes a deploy's events to the log; on a terminal what runs now stands on one line."""

    def __init__(self) -> None:
        self._logged = 0.0

    def __call__(self, event: Event) -> None:
        """Write one."""
        if event.kind == _RUNNING:
            self._running(event)
        elif event.kind != _SILENT:
            level = logging.WARNING if event.kind in _WARNINGS else logging.INFO
            _log.log(level, "%s", event.message)

    def _running(self, event: Event) -> None:
        shown = show_transient(event.message)
        now = time.monotonic()
        silent = now - max(self._logged, now - event.seconds)
        if event.message and not shown and silent >= _LOG_EVERY:
            _log.info("%s", event.message)
            self._logged = now


@contextlib.contextmanager
def progress_hushed() -> Iterator[None]:
    """Leave progress and notices out for a while."""
    log = logging.getLogger("promptlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def show_transient(text: str) -> bool:
    """Show a line on the terminal until the next one; whether there is such a terminal."""
    log = logging.getLogger("promptlib")
    shown = [each for each in log.handlers if isinstance(each, _Handler)]
    return log.isEnabledFor(logging.INFO) and any([each.transient(text) for each in shown])  # noqa: C419 - on all of them


@contextlib.contextmanager
def stdout_may_close() -> Iterator[None]:
    """Go on in silence when whoever reads stdout has seen enough: `... | head -1`."""
    try:
        yield
        if sys.stdout:  # it may have been closed before we began
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
