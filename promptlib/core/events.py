"""What a deploy tells while it runs: one callback, which each front shows in its own way."""

from __future__ import annotations

import enum
from collections.abc import Callable

from promptlib.core.light import NamedTuple


class Kind(enum.StrEnum):
    """What an event is about."""

    BEGIN = "begin"  # a section is about to run
    STEP = "step"  # a section ran
    PASSED_OVER = "passed-over"  # a migration that never ran here is not taken back
    DECLARED = "declared"  # somebody says where a migration stands
    RUNNING = "running"  # a statement takes its time; told again and again, at last empty
    NOTICE = "notice"  # the server tells something, RAISE NOTICE for one
    WAITING = "waiting"  # another deploy runs
    RETRY = "retry"  # others stood in the way; a section begins again
    RESUMED = "resumed"  # a section goes on where it was cut off
    INFO = "info"
    WARNING = "warning"


class Event(NamedTuple):
    """Something that happened.

    Attributes:
        kind: what it is about.
        message: a line for people, without data of the database.
        version: of the migration, if it is about one.
        direction: `up` or `down`, likewise.
        seconds: how long it took, or takes already.
    """

    kind: Kind
    message: str
    version: str = ""
    direction: str = ""
    seconds: float = 0.0


Progress = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """Show nothing: what a program gets that asks for no progress."""
