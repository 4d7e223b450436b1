"""Try again what others stood in the way of: locks, deadlocks and serialization failures."""

from __future__ import annotations

from promptlib.core.durations import display_duration
from promptlib.core.errors import PromptlibError
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.runner import sqlstate_of
from promptlib.postgres.sessions import describe_sessions, end_sessions
from promptlib.postgres.waiting import share_of_pause, sleep_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from promptlib.core.events import Progress
    from promptlib.engine.watcher import Watcher

    T = TypeVar("T")

_SERIALIZATION_FAILURE = "40001"
_PASSING = {_SERIALIZATION_FAILURE, "40P01", "55P03"}  # deadlock detected, lock not available
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 15.0  # seconds


def retry(
    attempt: Callable[[], T],
    most: int,
    watcher: Watcher,
    progress: Progress,
    undo: Callable[[BaseException], None] = lambda _: None,
) -> T:
    """Make attempts until one succeeds, or fails for a reason that will not pass.

    Args:
        attempt: what to do.
        most: how many attempts to make.
        watcher: knows who stood in the way.
        progress: is told of each attempt that failed.
        undo: called with the error after each attempt that failed.

    Returns:
        what the attempt that succeeds returns.

    Raises:
        PromptlibError: the last attempt's; whatever else `attempt` raises.
    """
    for number, longest in enumerate(_longest_pauses(), 1):
        try:
            return attempt()
        except PromptlibError as error:
            passes = sqlstate_of(error) in _PASSING
            by = _blamed(error, watcher) if passes else ""
            undo(error)
            if passes and number == most:
                error.notes += (f"  note: gave up after {most} attempt{'s' * (most > 1)}{by}",)
            if not passes or number == most:
                raise
            pause = longest * share_of_pause()
            count = f"attempt {number + 1} of {most} begins in {display_duration(pause)}"
            said = f"{count}; {error.place}: {error.what}{by}"
            progress(Event(Kind.RETRY, said, seconds=pause))
            sleep_alive(watcher.connection, pause)
        except BaseException as error:
            undo(error)
            raise
    raise AssertionError  # there is always another pause


def _longest_pauses() -> Iterator[float]:
    """Seconds to wait at most: more each time."""
    longest = _FIRST_PAUSE
    while True:
        yield longest
        longest = min(2 * longest, _LONGEST_PAUSE)


def _blamed(error: PromptlibError, watcher: Watcher) -> str:
    """Who stood in the way; whoever caused a conflict need not hold a lock, and is not known."""
    seen = watcher.blockers()
    known = seen or sqlstate_of(error) != _SERIALIZATION_FAILURE
    ending = f": {end_sessions(seen)} would end that" if seen else ""
    return f", blocked by {describe_sessions(seen)}{ending}" if known else ""
