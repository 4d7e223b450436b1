"""What may stand behind `-- UP` and `-- DOWN`: the options of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.core.durations import is_duration
from promptlib.core.errors import LexicalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptlib.syntax.statements import Marker

# What each option may be.
OPTIONS: dict[str, Callable[[str], bool]] = {
    "transaction": {"true", "false"}.__contains__,
    "lock_timeout": is_duration,
    "data_loss": {"accepted"}.__contains__,
}


def marker_options(marker: Marker) -> dict[str, str]:
    """Read the options of a marker.

    Raises:
        LexicalError: for one that is unknown, given twice, or cannot have its value.
    """
    found: dict[str, str] = {}
    for option in marker.options.split():
        name, value = option.split(":", 1)
        allowed = OPTIONS.get(name)
        if not allowed or (name == "data_loss" and marker.word == "DOWN"):
            raise LexicalError(
                f"`-- {marker.word}` has no option `{name}`", _known(marker), marker.start
            )
        if name in found or not allowed(value):
            problem = "is given twice" if name in found else f"cannot be `{value}`"
            raise LexicalError(f"option `{name}` {problem}", _known(marker), marker.start)
        found[name] = value
    return found


def _known(marker: Marker) -> str:
    accepted = " and data_loss:accepted" if marker.word == "UP" else ""
    return f"the options are transaction:false, lock_timeout:30s (or ms, min){accepted}"
