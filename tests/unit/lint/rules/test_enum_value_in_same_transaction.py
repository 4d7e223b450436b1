"""enum_value_in_same_transaction: values that are used where they were added."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.enum_value_in_same_transaction import find_enum_values_used_too_early
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("ALTER TYPE t ADD VALUE 'x'; INSERT INTO a VALUES ('x'), ('x')", [51]),
        ("ALTER TYPE t ADD VALUE 'x'; ALTER TYPE t ADD VALUE 'y'; SELECT 'y'::t, 'x'::t", [64, 72]),
        (
            "ALTER TYPE s.t ADD VALUE IF NOT EXISTS 'x'; CREATE INDEX i ON a (b) WHERE b = 'x'",
            [79],
        ),
        ("DO $$ BEGIN ALTER TYPE t ADD VALUE 'x'; PERFORM 'x'::t; END $$", [49]),
        (
            "DO $$ BEGIN ALTER TYPE t ADD VALUE 'x'; END $$; DO $$ BEGIN PERFORM 'x'::t; END $$",
            [69],
        ),
        ("INSERT INTO a VALUES ('x'); ALTER TYPE t ADD VALUE 'x'", []),
        ("ALTER TYPE t ADD VALUE 'x'; ALTER TYPE t RENAME VALUE 'x' TO 'y'", []),
        ("ALTER TYPE t RENAME VALUE 'y' TO 'x'; INSERT INTO a VALUES ('x')", []),
        ("CREATE TYPE t AS ENUM ('y'); ALTER TYPE t ADD VALUE 'x'; INSERT INTO a VALUES ('x')", []),
        ("ALTER TYPE t ADD VALUE 'x'; SELECT \"x\", 'xx', 'X' FROM a", []),
    ],
)
def test_the_first_use_of_each_value(up: str, found: list[int]) -> None:
    assert columns(find_enum_values_used_too_early, migration_text(up)) == (found, [])
    assert columns(
        find_enum_values_used_too_early, migration_text(up, options="transaction:false")
    ) == ([], [])


def test_sections_are_transactions_of_their_own() -> None:
    text = migration_text("ALTER TYPE t ADD VALUE 'x'", "INSERT INTO a VALUES ('x')")
    assert columns(find_enum_values_used_too_early, text) == ([], [])
