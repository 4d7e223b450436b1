"""What rows get in a column that comes back without its values."""

from __future__ import annotations

import pytest

from promptlib.autogenerate.write.table_sql import filler_expression


@pytest.mark.parametrize(
    ("type_", "category", "expected", "unique"),
    [
        ("text", "S", "''", "gen_random_uuid()"),
        ("character varying(35)", "S", "''", ""),
        ("character varying(36)", "S", "''", "gen_random_uuid()"),
        ("character(2)", "S", "''", ""),
        ("uuid", "U", "gen_random_uuid()", "gen_random_uuid()"),
        ("numeric(8,2)", "N", "0", ""),
        ("boolean", "B", "false", ""),
        ("timestamp with time zone", "D", "'epoch'", ""),
        ("time without time zone", "D", "", ""),
        ("interval", "T", "'0'", ""),
        ("integer[]", "A", "'{}'", ""),
        ("jsonb", "U", "'{}'", ""),
        ("bytea", "U", "''", ""),
        ("mood", "E", "", ""),
        ("inet", "I", "", ""),
    ],
)
def test_what_rows_get(type_: str, category: str, expected: str, unique: str) -> None:
    assert filler_expression(type_, category, is_unique=False) == expected
    assert filler_expression(type_, category, is_unique=True) == unique
