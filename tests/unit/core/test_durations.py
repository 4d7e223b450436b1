"""Lengths of time as PostgreSQL writes them, and as people read them."""

from __future__ import annotations

import pytest

from promptlib.core.durations import display_duration, duration_seconds, is_duration

_LONGEST = "2147483647ms"  # what a setting of PostgreSQL's holds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("250", 0.25),  # PostgreSQL reads a number alone as milliseconds
        ("500ms", 0.5),
        ("5s", 5),
        ("007s", 7),
        ("10min", 600),
        ("2h", 7200),
        ("24d", 24 * 86400),
        ("1500us", 0.0015),
        (_LONGEST, 2147483.647),
    ],
)
def test_what_postgresql_takes_for_a_time(text: str, seconds: float) -> None:
    assert is_duration(text)
    assert duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "s", "5 s", " 5s", "5s ", "5s\n", "-1", "+1", "1.5s", "1e3", "5S", "5sec", "5m"),
        *(
            "5s5ms",
            "\N{ARABIC-INDIC DIGIT FIVE}s",
            "1'; DROP TABLE a; --",
            "2147483648ms",
            "25d",
            "600h",
            "9" * 13,
        ),
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert not is_duration(text)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 ms"),
        (0.0084, "8 ms"),
        (0.94, "940 ms"),
        (1, "1.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (245.9, "4 min 5 s"),
        (3599.9, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (7620, "2 h 7 min"),
        (100 * 3600, "100 h 0 min"),
    ],
)
def test_how_people_read_a_time(seconds: float, expected: str) -> None:
    assert display_duration(seconds) == expected
