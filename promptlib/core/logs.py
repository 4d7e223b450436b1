"""Progress on stderr, for the commands; a program that calls us keeps its own logging.

To import that takes its time, so a command does without: what is said goes to stderr as it is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import cut_middle, printable_line, printable_stream, raw_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.core.events import Event

_DEBUG, _INFO, _WARNING, _ERROR = 10, 20, 30, 40  # as in logging
_LOG_EVERY = 30.0  # seconds between two lines about one statement, where there is no terminal
# Kinds of events, by their words: to load their class takes its time for who only looks.
_RUNNING, _RETRY, _SILENT, _WARNED = "running", "retry", "begin", "warning"
# What a line about a statement can do without, the first first: who blocks it, but for his number,
# the name of a migration behind its version, a bar before its number, what the step does, and what
# the server is at.
_LEFT_OUT = (
    (r"(  blocked by pid \d+) \([^()]*\)", r"\1"),
    (r"(\b\d{14})  .*?(?=  )", r"\1"),
    (r" \[[#-]+\]", ""),
    (r"\b(?:upgrade|downgrade) +", ""),
    (r"  [a-z](?:\S| (?! ))* (?=\d+%)", "  "),
)

_ERASE = "\r\x1b[K"  # to the beginning of the line, and nothing behind it
_COLUMNS = 80  # of a terminal that does not know


class Log:
    """What a module says: on a command's stderr, or in the logging of a program.

    Args:
        name: of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, message: str, *values: object) -> None:
        """Say what is shown to who asks for more."""
        self.say(_DEBUG, message, *values)

    def info(self, message: str, *values: object) -> None:
        """Say what happens."""
        self.say(_INFO, message, *values)

    def warning(self, message: str, *values: object) -> None:
        """Say what somebody should look at."""
        self.say(_WARNING, message, *values)

    def error(self, message: str, *values: object) -> None:
        """Say what went wrong."""
        self.say(_ERROR, message, *values)

    def say(self, level: int, message: str, *values: object) -> None:
        """Say something of a level, as logging numbers them; `%` stands for values."""
        if _shown:
            _shown.write(level, message % values if values else message)
            return
        import logging  # noqa: PLC0415 - which a command does without

        logging.getLogger(self._name).log(level, message, *values)


class _Lines:
    """Lines on stderr; on a terminal also one that comes and goes below them.

    Args:
        least: the level from which on they are shown.
    """

    def __init__(self, least: int) -> None:
        self.least = least
        self._stream = printable_stream(sys.stderr)
        self._lock = threading.RLock()  # a thread tells of a statement that runs
        self._line = ""

    def write(self, level: int, text: str) -> None:
        """Write a line where the transient one was."""
        if level < self.least or not self._stream:  # stderr may be closed
            return
        with self._lock, contextlib.suppress(OSError, ValueError):
            self.transient("")
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def transient(self, text: str) -> bool:
        """Show a line until the next one, where there is a terminal."""
        if not self._stream or not self._stream.isatty():
            return False
        with self._lock:
            columns = os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
            fitting = _fit_progress(printable_line(text), columns - 1)
            if fitting != self._line:
                self._line = fitting
                raw_stream(self._stream).write(_ERASE + fitting)
                self._stream.flush()
        return True


_shown: _Lines | None = None  # a command's
_log = Log("promptlib")


def show_progress(*, quiet: bool, verbose: bool = False) -> None:
    """Write what promptlib says to stderr as it is, from here on, to the end of the process.

    Args:
        quiet: whether all but errors is left out.
        verbose: whether to say more, unless that is so.
    """
    global _shown  # noqa: PLW0603 - as stderr is the process's
    _shown = _Lines(_ERROR if quiet else _DEBUG if verbose else _INFO)


class EventLog:
    """Writes a deploy's events to the log; on a terminal what runs now stands on one line."""

    def __init__(self) -> None:
        self._logged, self._retried = 0.0, -_LOG_EVERY
        self._named = False  # whether the last of these lines names who stands in the way

    def __call__(self, event: Event) -> None:
        """Write one."""
        _tell_held_back()
        if event.kind == _RUNNING:
            self._running(event)
        elif event.kind == _RETRY:
            self._count(event)
        elif event.kind != _SILENT:
            level = _WARNING if event.kind == _WARNED else _INFO
            _log.say(level, "%s", event.message)

    def _count(self, event: Event) -> None:
        """Count attempts on one line; without a terminal, tell the first and some others."""
        now, names = time.monotonic(), "pg_terminate_backend" in event.message
        is_new = names > self._named or now - self._retried >= _LOG_EVERY
        if not show_transient(event.message) and is_new:
            _log.warning("%s", event.message)
            self._retried, self._named = now, names

    def _running(self, event: Event) -> None:
        shown = show_transient(event.message)
        now = time.monotonic()
        silent = now - max(self._logged, now - event.seconds)
        if event.message and not shown and silent >= _LOG_EVERY:
            _log.info("%s", event.message)
            self._logged = now


_held_back: list[str] = []


def hold_back(text: str) -> None:
    """Tell something when a deploy begins, and not to those who only look."""
    _held_back[:] = [text]
    _log.debug("%s", text)


def _tell_held_back() -> None:
    if _held_back and not (_shown and _shown.least <= _DEBUG):
        _log.info("%s", _held_back[0])
    _held_back.clear()


def _fit_progress(text: str, width: int) -> str:
    """A line of what runs, as wide as the terminal: its numbers stay."""
    import re  # noqa: PLC0415 - which most commands do without

    for left_out, instead in _LEFT_OUT:
        if len(text) > width:
            text = re.sub(left_out, instead, text)
    return cut_middle(text, width)


@contextlib.contextmanager
def progress_hushed() -> Iterator[None]:
    """Leave progress and notices out for a while."""
    if not _shown:
        yield
        return
    before, _shown.least = _shown.least, _ERROR
    try:
        yield
    finally:
        _shown.least = before


def show_transient(text: str) -> bool:
    """Show a line on the terminal until the next one; whether there is such a terminal."""
    return _shown is not None and _shown.least <= _INFO and _shown.transient(text)


@contextlib.contextmanager
def stdout_may_close() -> Iterator[None]:
    """Go on in silence when whoever reads stdout has seen enough: `... | head -1`."""
    try:
        yield
        if sys.stdout:  # it may have been closed before we began
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
