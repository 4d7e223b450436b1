"""Lengths of time as PostgreSQL writes them: 500ms, 5s, 10min."""

from __future__ import annotations

import re

# In milliseconds, and the longest time that PostgreSQL takes for a setting.
_UNITS = {"us": 0.001, "ms": 1, "": 1, "s": 1e3, "min": 6e4, "h": 36e5, "d": 864e5}
_LONGEST = 2**31 - 1
_SHAPE = re.compile(rf"(?P<number>[0-9]{{1,12}})(?P<unit>{'|'.join(_UNITS)})")


def is_duration(text: str) -> bool:
    """Whether PostgreSQL takes the text for a setting like lock_timeout.

    Source: https://www.postgresql.org/docs/current/config-setting.html ("Numeric with Unit").
    """
    found = _SHAPE.fullmatch(text)
    return found is not None and _milliseconds(found) <= _LONGEST


def duration_seconds(text: str) -> float:
    """A length of time that `is_duration` takes, in seconds."""
    found = _SHAPE.fullmatch(text)
    assert found
    return _milliseconds(found) / 1000


def display_duration(seconds: float) -> str:
    """A length of time for people: `8 ms`, `3.2 s`, `4 min 5 s`, `2 h 7 min`."""
    if seconds < 0.9995:  # noqa: PLR2004 - more would be rounded to 1000 ms
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _milliseconds(found: re.Match[str]) -> float:
    return int(found["number"]) * _UNITS[found["unit"]]
