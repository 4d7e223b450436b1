"""Which rules of squawk's are ignored for what the model asks for."""

from __future__ import annotations

import pytest

from promptlib.autogenerate.write.lint_ignores import rules_to_ignore


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ALTER TABLE t ADD COLUMN a TEXT", []),
        ("ALTER TABLE t ADD COLUMN a TEXT DEFAULT 'x' NOT NULL", []),
        ("ALTER TABLE t ADD COLUMN a TEXT NOT NULL", ["adding-required-field"]),
        ("ALTER TABLE t ADD COLUMN a INTEGER", ["prefer-bigint-over-int"]),
        ("ALTER TABLE t DROP COLUMN a", ["ban-drop-column"]),
        ("ALTER TABLE t ALTER COLUMN a TYPE TEXT", ["changing-column-type"]),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", []),
        ("ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX c", []),
        ("ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY USING INDEX c", []),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", []),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", []),
        ("CREATE UNIQUE INDEX i ON t (a)", ["require-concurrent-index-creation"]),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", []),
        ("DROP MATERIALIZED VIEW v", ["ban-drop-view"]),
        ("DROP TABLE t;\nDROP VIEW v", ["ban-drop-table", "ban-drop-view"]),
        ("COMMENT ON TABLE t IS 'DROP TABLE'", []),
    ],
)
def test_rules_that_a_statement_breaks(statement: str, expected: list[str]) -> None:
    assert rules_to_ignore([statement]) == expected


def test_several_tables() -> None:
    rule = "locks-several-tables"
    assert rule in rules_to_ignore(["ALTER TABLE a x", 'ALTER TABLE app."b c" y'])
    for statements in (
        ["ALTER TABLE a x", "ALTER TABLE a y"],
        ["ALTER TABLE a x", "CREATE TABLE b (i BIGINT)", "ALTER TABLE b y"],
    ):
        assert rule not in rules_to_ignore(statements)
