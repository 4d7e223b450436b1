"""rows: how many are lost, left over or changed, and in which columns."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from promptlib.verify.rows import TableRows, row_counts, row_differences


def _table(*rows: dict[str, object]) -> TableRows:
    return {"t": Counter(json.dumps(row) for row in rows)}


_ONE, _TWO = {"id": 1, "a": "x"}, {"id": 2, "a": "y"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (_table(_ONE, _TWO), _table(_TWO, _ONE), []),
        (_table(_ONE, _TWO), _table(_ONE), ["- t: 1 row"]),
        (_table(), _table(_ONE, _TWO), ["+ t: 2 rows"]),
        (_table(_ONE), {}, ["- t: 1 row"]),
        (_table(_ONE), _table({**_ONE, "a": "z"}), ["! t: 1 row changed in a"]),
        (_table(_ONE, _TWO), _table({**_ONE, "id": 3}, _TWO), ["! t: 1 row changed in id"]),
        (
            _table(_ONE, _TWO),
            _table({**_ONE, "b": 1}, {"id": 2}),
            ["! t: 2 rows changed in a, b"],
        ),
    ],
)
def test_with_a_primary_key(before: TableRows, after: TableRows, said: list[str]) -> None:
    assert [*row_differences(before, after, {"t": ["id"]}, {})] == said


def test_without_one_as_many_as_can_count_as_changed() -> None:
    before, after = _table(_ONE, _ONE, _TWO), _table(_ONE, {**_TWO, "a": "z"})
    assert [*row_differences(before, after, {}, {})] == [
        "- t: 1 row",
        "! t: 1 row changed in a, id",
    ]


def test_what_triggers_touch_does_not_count() -> None:
    before, after = _table(_ONE, _TWO), _table({**_ONE, "a": "z"}, {"id": 2, "a": "y", "b": 1})
    touched = {"t": {"a"}}
    assert [*row_differences(before, after, {"t": ["id"]}, touched)] == ["! t: 1 row changed in b"]


def test_numbers_are_told_apart_to_their_last_digit() -> None:
    one, other = ({"t": Counter([f'{{"id": 1, "n": {n}}}'])} for n in ("0.10", "0.1"))
    assert [*row_differences(one, other, {"t": ["id"]}, {})] == ["! t: 1 row changed in n"]


def test_tables_are_told_in_order() -> None:
    rows = {name: Counter(['{"i": 1}']) for name in ("b", "a", "c")}
    assert [*row_differences(rows, {}, {}, {})] == ["- a: 1 row", "- b: 1 row", "- c: 1 row"]


def test_rows_are_counted_with_those_that_are_alike() -> None:
    assert row_counts({"t": Counter(["{}", "{}", "[]"]), "u": Counter(["{}"])}) == {"t": 3, "u": 1}
