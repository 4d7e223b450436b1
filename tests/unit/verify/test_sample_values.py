"""sample_values: what is tried in a column, judged by its type and its constraints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptlib.verify.sample_values import (
    SERVER_DEFAULT,
    SampleColumn,
    candidate_values,
    prefers_values_of_rows,
    table_seed,
    with_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = SampleColumn("c", "text", "text", "S", [], required=True, has_default=False, checks=[])
_INT = _TEXT._replace(type="integer", base="int4", category="N")


@pytest.mark.parametrize(
    ("base", "category", "first"),
    [
        ("int4", "N", "7"),
        ("text", "S", "x7"),
        ("bool", "B", "false"),
        ("uuid", "U", "00000000-0000-4000-8000-000000000007"),
        ("jsonb", "U", "{}"),
        ("date", "D", "2020-01-07"),
        ("timestamptz", "D", "2020-01-07 10:00:00+00"),
        ("bytea", "U", "\\x0007"),
        ("int4range", "R", "[7,1000)"),
        ("_text", "A", "{}"),
        ("interval", "T", "7 days"),
        ("inet", "I", "10.0.0.7"),
        ("a type of one's own", "U", "x7"),
        ("of a category that nobody knows", "Q", "x7"),
    ],
)
def test_the_first_guess_suits_the_type(base: str, category: str, first: str) -> None:
    column = _TEXT._replace(base=base, category=category)
    assert candidate_values(column, 7)[0] == first


def test_values_of_rows_differ_and_none_is_tried_twice() -> None:
    for column in (_TEXT, _INT):
        one, two = candidate_values(column, 1), candidate_values(column, 2)
        assert one[0] != two[0]
        assert len({*one}) == len(one)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("has_default", [True, False])
def test_the_default_comes_first_and_null_last(*, required: bool, has_default: bool) -> None:
    values = candidate_values(_INT._replace(required=required, has_default=has_default), 1)
    assert (values[0] is SERVER_DEFAULT) is has_default
    assert (values[-1] is None) is not required
    assert [value for value in values if value in (None, SERVER_DEFAULT)].count(None) == (
        not required
    )


def test_labels_of_an_enum_take_turns() -> None:
    column = _TEXT._replace(category="E", labels=["sad", "ok", "glad"])
    assert candidate_values(column, 1)[:3] == ["ok", "glad", "sad"]
    assert candidate_values(column, 3)[:3] == ["sad", "ok", "glad"]


@pytest.mark.parametrize(
    ("column", "check", "values"),
    [
        (_TEXT, "CHECK (c = ANY (ARRAY['new'::text, 'it''s done'::text]))", {"new", "it's done"}),
        (_INT, "CHECK (c >= 18 AND c < 99)", {"18", "19", "99", "100"}),
        (_INT, "CHECK (c > 0.5)", {"0.5", "1.5"}),
        (_INT, "CHECK (c1 > 3 OR a.b2 > c)", {"3", "4"}),
        (_INT, "CHECK (c <> '12'::integer)", {"12"}),
    ],
)
def test_what_a_constraint_names_is_tried_before_guesses(
    column: SampleColumn, check: str, values: set[str]
) -> None:
    found = candidate_values(column._replace(checks=[check]), 1)
    assert {*found[: len(values)]} == values


def test_numbers_in_a_constraint_say_nothing_of_texts() -> None:
    found = candidate_values(_TEXT._replace(checks=["CHECK (length(c) > 18)"]), 1)
    assert "18" not in found


def test_when_the_values_of_another_row_are_better() -> None:
    assert prefers_values_of_rows(_TEXT._replace(checks=["CHECK (c ~ '^[a-f]+$')"]))
    assert prefers_values_of_rows(_TEXT._replace(category="U"))
    assert not prefers_values_of_rows(_TEXT)


@pytest.mark.parametrize(
    ("check", "first"),
    [
        ("CHECK ((length(c) = 32))", lambda text: len(text) == 32),
        ("CHECK ((char_length((c)::text) >= 12))", lambda text: len(text) == 12),
        ("CHECK ((octet_length(c) > 40))", lambda text: len(text) == 41),
        ("CHECK ((length(btrim(c)) < 3))", lambda text: len(text) == 2),
        ("CHECK (((c)::jsonb IS NOT NULL))", lambda text: isinstance(json.loads(text), dict)),
        ("((c)::json ->> 'x'::text)", lambda text: isinstance(json.loads(text), dict)),
    ],
)
def test_a_text_has_the_form_that_is_asked_for(check: str, first: Callable[[str], bool]) -> None:
    column = _TEXT._replace(checks=[check])
    one, two = (candidate_values(column, number)[0] for number in (1, 2))
    assert first(str(one))
    assert first(str(two))
    assert one != two


def test_a_row_may_be_empty() -> None:
    column = _TEXT._replace(required=False, has_default=True)
    assert candidate_values(column, 3, empty=True)[0] is None
    assert candidate_values(column._replace(required=True), 3, empty=True)[0] is SERVER_DEFAULT
    values = with_model([None, "a"], ["model"], empty=True)
    assert values == [None, "model", "a"]
    assert with_model(["a", None], ["model"]) == ["model", "a", None]


def test_tables_have_values_of_their_own() -> None:
    one, two = table_seed("public.one"), table_seed("public.two")
    assert one != two
    assert candidate_values(_INT, 1, one)[0] != candidate_values(_INT, 1, two)[0]
    assert 0 <= max(one, two) < 900


def test_rows_go_where_a_partition_is() -> None:
    bounds = "((d IS NOT NULL) AND (d >= '2025-01-01'::date) AND (d < '2026-01-01'::date))"
    column = _TEXT._replace(base="date", category="D", checks=[bounds])
    assert {*candidate_values(column, 1)[:2]} == {"2025-01-01", "2026-01-01"}


def test_what_a_check_lists_is_in_the_rows_behind_the_first() -> None:
    check = "CHECK ((c = ANY (ARRAY['new'::text, 'old'::text, 'gone'::text])))"
    column = _TEXT._replace(has_default=True, checks=[check])
    first = [candidate_values(column, number)[0] for number in (1, 2, 3)]
    assert first == [SERVER_DEFAULT, "old", "gone"]
