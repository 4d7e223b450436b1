"""What becomes of values when their column gets another type."""

from __future__ import annotations

import pytest

from promptlib.autogenerate.conversions import Conversion, ConversionEffect

KEPT, REFUSED, CHANGED = ConversionEffect.KEPT, ConversionEffect.REFUSED, ConversionEffect.CHANGED


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("character varying(50)", "character varying(100)", KEPT),
        ("character varying(50)", "character varying", KEPT),
        ("character varying(50)", "text", KEPT),
        ("character varying(50)", 'text COLLATE "C"', KEPT),
        ("character varying(50)", "character varying(49)", REFUSED),
        ("text", "character varying(50)", REFUSED),
        ("text", "integer", REFUSED),
        ("uuid", "text", KEPT),
        ("uuid", "character varying(36)", REFUSED),
        ("integer", "text", KEPT),
        ("smallint", "bigint", KEPT),
        ("bigint", "integer", REFUSED),
        ("integer", "numeric", KEPT),
        ("integer", "numeric(10,2)", REFUSED),
        ("integer", "double precision", KEPT),
        ("bigint", "double precision", CHANGED),
        ("integer", "real", CHANGED),
        ("numeric(8,2)", "numeric(12,2)", KEPT),
        ("numeric(8,2)", "numeric(8,4)", REFUSED),
        ("numeric(8,2)", "numeric", KEPT),
        ("numeric", "numeric(8,2)", CHANGED),
        ("numeric(8,4)", "numeric(8,2)", CHANGED),
        ("numeric(8,2)", "integer", CHANGED),
        ("real", "double precision", KEPT),
        ("double precision", "real", CHANGED),
        ("date", "timestamp with time zone", KEPT),
        ("timestamp with time zone", "date", CHANGED),
        ("timestamp(3) with time zone", "timestamp with time zone", KEPT),
        ("timestamp with time zone", "timestamp(3) with time zone", CHANGED),
        ("timestamp with time zone", "timestamp without time zone", CHANGED),
        ("json", "jsonb", CHANGED),
        ("jsonb", "json", KEPT),
        ("integer[]", "bigint[]", KEPT),
        ("bigint[]", "integer[]", REFUSED),
        ("character varying(9)[]", "text[]", KEPT),
        ("integer[]", "text", KEPT),
        ('"odd(type"', "integer", CHANGED),
    ],
)
def test_what_becomes_of_values(old: str, new: str, effect: ConversionEffect) -> None:
    assert Conversion(old, new).effect is effect


def test_through_text_what_is_no_value_is_refused() -> None:
    assert Conversion("other", "mood", "x::text::mood").effect is REFUSED
