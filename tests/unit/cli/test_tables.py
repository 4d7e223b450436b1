"""tables: columns below each other, as many and as wide as the terminal has room for."""

from __future__ import annotations

import pytest

from promptlib.cli.tables import align_columns, fit_columns

_ROWS = [
    ("VERSION", "NAME", "STATE", "EXECUTED AT", "BY"),
    ("20250101000001", "make a table of many words", "executed", "2025-01-01T00:00:00Z", "me"),
]


@pytest.mark.parametrize(
    ("width", "second"),
    [
        (0, _ROWS[1]),
        (78, _ROWS[1]),
        (77, (*_ROWS[1][:1], "make a t...f many words", *_ROWS[1][2:])),
        (64, (*_ROWS[1][:1], "mak... words", *_ROWS[1][2:])),
        (63, (*_ROWS[1][:1], "mak...y words", *_ROWS[1][2:4])),
        (59, _ROWS[1][:3]),
        (40, (*_ROWS[1][:1], "ma...ords", *_ROWS[1][2:3])),
    ],
)
def test_columns_are_dropped_from_the_right_and_names_cut(
    width: int, second: tuple[str, ...]
) -> None:
    found = fit_columns(_ROWS, width, 1)
    assert len(found[0]) == len(second)
    if width:
        assert max(map(len, align_columns(found, {}))) <= max(width, 40)
    assert found[1][2] == "executed"
    assert ("..." in found[1][1]) is ("..." in second[1])


def test_what_is_needed_stays() -> None:
    rows = [("1", "a name that is long", "x" * 20, "y" * 20, "late")]
    assert [len(row) for row in fit_columns(rows, 30, 1, 4)] == [4]
    assert fit_columns(rows, 30, 1, 4)[0][-1] == "late"
    assert fit_columns([], 30, 1) == []


def test_columns_stand_below_each_other() -> None:
    assert align_columns([("a", "bcd", ""), ("efg", "h", "")], {}) == ["a    bcd", "efg  h"]


def test_whole_cells_are_coloured() -> None:
    assert align_columns([("ab", "ab c", "d")], {"ab": "31"}) == ["\x1b[31mab\x1b[0m  ab c  d"]
    assert align_columns([("a", "b"), ("ccc", "d")], {"a": "32"}) == [
        "\x1b[32ma\x1b[0m    b",
        "ccc  d",
    ]
