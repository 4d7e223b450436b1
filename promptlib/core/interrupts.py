"""Ctrl-C and SIGTERM, for the commands: both end what runs, and are told apart by the exit code.

The first signal is answered by what runs: it has the server undo what was not committed. But where
the network is frozen the server never answers, and libpq hears no signals: then a thread, which
waits for nothing, ends the process, and says what nobody knows.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time

from promptlib.core.errors import error_chain
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import NOTHING_GIVEN, STATUS, Front, Given, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import NoReturn, Self

    from psycopg2.extensions import connection as Connection

UNDONE = "what was not committed is undone"
LOCK_FREE = "the deploy lock is free"
INTERRUPTED = f"interrupted; {UNDONE}, and {LOCK_FREE}"
_SIGNALS = bytes((signal.SIGINT, signal.SIGTERM))
_BY_SIGNAL = 128  # exit codes of what a signal ended begin here
_PATIENCE = 10.0  # seconds behind the first signal
# Seconds within which two signals are one: make, npm and timeout hand on what has come already.
_AT_ONCE = 0.2
_END = b"\0"  # no signal
_STDERR = 2
_SHORTLY = 1.0  # seconds
_LONGEST_ERROR = 256  # bytes

_listeners: list[Callable[[int], None]] = []
_doubts: list[Callable[[], str]] = []


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


def note_seen(error: BaseException, fact: str) -> None:
    """Remember what the server has confirmed since an interrupt, if the error is one.

    Args:
        error: on its way out.
        fact: UNDONE or LOCK_FREE.
    """
    if interrupt := interrupt_behind(error):
        interrupt.add_note(fact)


def describe_interrupt(error: KeyboardInterrupt, front: Front, given: Given = NOTHING_GIVEN) -> str:
    """How it ended: what the server has confirmed, nothing else, and where the database stands.

    Args:
        error: the interrupt.
        front: which command was typed.
        given: what was typed beside it.
    """
    notes, doubts = getattr(error, "__notes__", ()), getattr(error, "doubts", {})
    seen = ", and ".join(fact for fact in (UNDONE, LOCK_FREE) if fact in notes)
    left = [doubt for doubt, fact in doubts.items() if fact not in notes]
    unknown = f"; {_unknown(left, STATUS.spelled(front, given))}" if left else ""
    told = "; ".join(filter(None, ("interrupted", seen)))
    stands = spelled(getattr(error, "stands", ""), front, given) if UNDONE in notes else ""
    return "\n".join(filter(None, (f"{told}{unknown}", stands)))


def _unknown(doubts: Iterable[str], look: str) -> str:
    told = ", nor ".join(doubts)
    return f"nobody knows {told}; `{look}` shows where the database stands"


@contextlib.contextmanager
def in_doubt(tell: Callable[[], str], settled_by: str = "") -> Iterator[None]:
    """Know what nobody would know if the process ended within the `with` block.

    Args:
        tell: says it, as `whether the lock is free`; or nothing.
        settled_by: the fact that, once the server has confirmed it, settles that behind an
            interrupt, too.
    """
    _doubts.append(tell)
    try:
        yield
    except BaseException as error:
        if settled_by and (interrupt := interrupt_behind(error)):
            vars(interrupt).setdefault("doubts", {})[tell()] = settled_by
        raise
    finally:
        _doubts.remove(tell)


@contextlib.contextmanager
def signals_told(listener: Callable[[int], None]) -> Iterator[None]:
    """Tell somebody of each signal as it comes, from another thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextlib.contextmanager
def signals_answered(look: Callable[[], str]) -> Iterator[None]:
    """Raise Terminated when SIGTERM comes, as KeyboardInterrupt is raised by Ctrl-C.

    Where neither ends the process within ten seconds, or when a second one comes, it ends here.

    Args:
        look: says which command shows where the database stands.
    """
    if threading.current_thread() is not threading.main_thread() or _Guard.watches:
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with _Guard(look):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def queries_interruptible(*, heard: bool = True) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end a query, which libpq alone would wait for.

    Args:
        heard: whether they are a command's; a program keeps its own ways.
    """
    if not heard:
        yield
        return
    from psycopg2 import extensions  # noqa: PLC0415 - some commands do without

    def wait(connection: Connection) -> None:
        try:
            while (state := connection.poll()) != extensions.POLL_OK:
                reads = [connection] if state == extensions.POLL_READ else []
                select.select(reads, [] if reads else [connection], [])
        except KeyboardInterrupt:
            cancel_shortly(connection)
            raise

    extensions.set_wait_callback(wait)
    try:
        yield
    finally:
        extensions.set_wait_callback(None)


def cancel_query(connection: Connection) -> None:
    """Ask the server to end what runs on a connection.

    As `connection.cancel()` does, which keeps all other threads waiting for the server's answer,
    and uses what is freed with the connection. Where libpq is not at hand nothing is asked.
    """
    from promptlib.core.libpq import load_libpq  # noqa: PLC0415 - rarely needed

    libpq = load_libpq()
    address = None if connection.closed else connection.pgconn_ptr
    if libpq and address and (cancel := libpq.PQgetCancel(address)):
        import ctypes  # noqa: PLC0415 - it is there, if libpq is

        said = ctypes.create_string_buffer(_LONGEST_ERROR)
        libpq.PQcancel(cancel, said, _LONGEST_ERROR)
        libpq.PQfreeCancel(cancel)


def cancel_shortly(connection: Connection) -> None:
    """Do that, but wait no longer than a moment for it: in a frozen network it does not end."""
    asking = threading.Thread(target=cancel_query, args=(connection,), daemon=True)
    asking.start()
    asking.join(_SHORTLY)


class _Guard:
    """Hears the signals of a process, and ends it where nothing else does."""

    watches = False

    def __init__(self, look: Callable[[], str]) -> None:
        self._look = look
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._theirs, False)
        self._thread = threading.Thread(target=self._hear, name="promptlib-signals", daemon=True)

    def __enter__(self) -> Self:
        _Guard.watches = True
        self._before = signal.set_wakeup_fd(self._theirs, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._before)
        _Guard.watches = False
        os.write(self._theirs, _END)
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)

    def _hear(self) -> None:
        """Tell of signals, until __exit__ says that it is over, or nobody waits any longer."""
        first, last = 0.0, 0
        while True:
            left = max(first + _PATIENCE - time.monotonic(), 0) if first else None
            ready, _, _ = select.select([self._ours], [], [], left)
            said = os.read(self._ours, 64) if ready else b""
            if _END in said:
                return
            came = [byte for byte in said if byte in _SIGNALS]
            now, last = time.monotonic(), came[-1] if came else last
            if first and (not ready or (came and now - first > _AT_ONCE)):
                _end_process(last, self._look())
            first = first or (now if came else 0.0)
            for listener in [*_listeners] if came else ():
                listener(last)


def _end_process(number: int, look: str) -> NoReturn:
    """End the process now, whatever waits in it, and say what nobody knows."""
    doubts = [*dict.fromkeys(filter(None, (tell() for tell in [*_doubts][::-1])))]
    unknown = f": {_unknown(doubts, look)}" if doubts else ""
    text = f"interrupted, without waiting for an answer{unknown}\n"
    # Not by sys.stderr, which another thread may hold, and not where nobody reads.
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [_STDERR], [], 0)[1]:
            erase = "\r\x1b[K" if os.isatty(_STDERR) else ""
            os.write(_STDERR, f"{erase}{text}".encode(errors="replace"))
    os._exit(_BY_SIGNAL + number)


def _terminate(_signal: int, _frame: object) -> None:
    raise Terminated
