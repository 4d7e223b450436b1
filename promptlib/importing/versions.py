"""Our versions of other tools' migrations: 14 digits of a date and time. Pure.

What is one already stays. Unix times and other dates become the moment that they name. A sequence
number counts seconds from the year 2000, so that it says the same whatever else a folder holds, and
is older than all that is written from here on.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from promptlib.core.light import TYPE_CHECKING
from promptlib.files.directory import is_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AS_VERSION = "%Y%m%d%H%M%S"
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
# How many digits a Unix time of this century has -> how many of them make a second.
_UNIX_TIMES = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
_DATE, _WHOLE, _LONGEST = 8, 14, 17
_YEARS = range(1970, 2200)
_MOST_DAYS = 3650  # a number that counts days shall not lead into the future
_YEAR_MONTH_DAY = 3


def version_of_number(digits: str) -> str:
    """The version that a number stands for, or nothing: no time is so late."""
    number = int(digits)
    try:
        if made := version_of_date(digits):
            return made
        if parts := _UNIX_TIMES.get(len(str(number))):
            return version_of_moment(datetime.fromtimestamp(number // parts, UTC))
        return version_of_moment(_FIRST + number * _SECOND)
    except (OverflowError, ValueError):
        return ""


def version_of_date(digits: str) -> str:
    """The version that a date stands for, with a time or a number behind it; or nothing.

    A number behind a date that is no time counts seconds: 2024010203 is the third of its day.
    """
    date, rest = digits[:_DATE], digits[_DATE:]
    if len(digits) == _WHOLE and is_version(digits):
        return digits
    if len(digits) > _LONGEST or not is_version(f"{date}000000") or int(date[:4]) not in _YEARS:
        return ""
    for padding in ("", "00"):  # a time with milliseconds, or without seconds
        timed = f"{digits}{padding}"[:_WHOLE]
        if len(digits) in (_LONGEST, _WHOLE - len(padding)) and is_version(timed):
            return timed
    return version_of_moment(_moment(f"{date}000000") + int(rest or 0) * _SECOND)


def version_of_parts(parts: Sequence[str]) -> str:
    """The version that numbers with dots between stand for, or nothing.

    They may be a date. Else the first, where it is none, counts days from the year 2000, and the
    next two minutes and seconds.
    """
    numbers = [int(each) for each in parts]
    try:
        if len(numbers) >= _YEAR_MONTH_DAY and numbers[0] in _YEARS:
            with contextlib.suppress(ValueError):
                return version_of_moment(datetime(*numbers[:6], tzinfo=UTC))  # type: ignore[misc,arg-type]
        minutes, seconds = (*numbers[1:3], 0, 0)[:2]
        begin = _moment(version_of_first_part(parts[0]))
        return version_of_moment(begin + timedelta(minutes=minutes, seconds=seconds))
    except (OverflowError, ValueError):
        return ""


def version_of_first_part(digits: str) -> str:
    """The version that a number stands for, beside others that have further ones behind a dot."""
    if int(digits) <= _MOST_DAYS:
        return version_of_moment(_FIRST + timedelta(days=int(digits)))
    return version_of_number(digits)


def version_of_moment(moment: datetime) -> str:
    """The version of a date and time."""
    # strftime() writes years before 1000 with fewer digits on some systems.
    return f"{moment.year:04}{moment.strftime(_AS_VERSION[2:])}"


def in_order(wanted: Iterable[str]) -> list[str]:
    """Versions that rise as the tool's do: one that would not is a second behind the one before.

    Args:
        wanted: a version, or nothing, for each migration, in the tool's order.
    """
    found: list[str] = []
    before = version_of_moment(_FIRST)
    for version in wanted:
        before = version if version > before else version_of_moment(_moment(before) + _SECOND)
        found.append(before)
    return found


def _moment(version: str) -> datetime:
    return datetime.strptime(version, _AS_VERSION).replace(tzinfo=UTC)
