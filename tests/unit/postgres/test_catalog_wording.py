"""What a dump words otherwise is the same; anything else is not."""

from __future__ import annotations

import pytest

from promptlib.postgres.catalog_wording import difference_beyond_wording

_MADE = (
    "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))"
)
_RESTORED = (
    "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, "
    "('b'::character varying)::text])))"
)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (_MADE, _RESTORED, True),
        (_MADE, _RESTORED.replace("'b'", "'c'"), False),
        ("DEFAULT '1'::numeric(10,2)", "DEFAULT '1'", True),
        ('(d)::"odd "" type"[] = x', "d = x", True),
        ("at::timestamp(3) without time zone < 1", "at < 1", True),
        ("CHECK ((a > 0))", "CHECK ((a < 0))", False),
        ("CHECK ((a > 0)) NOT VALID", "CHECK ((a > 0))", False),
    ],
)
def test_wording(before: str, after: str, *, same: bool) -> None:
    key = ("constraint", "c on public.t")
    found = [*difference_beyond_wording({key: before}, {key: after})]
    assert (found == []) is same


def test_what_is_there_on_one_side_alone() -> None:
    a, b = ("table", "public.a"), ("table", "public.b")
    found = [*difference_beyond_wording({a: ""}, {b: ""})]
    assert found == ["- table public.a", "+ table public.b"]
