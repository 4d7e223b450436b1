"""if_not_exists_in_transaction: IF NOT EXISTS where nothing of a failed run stays."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.if_not_exists_in_transaction import find_needless_guards
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("CREATE TABLE IF NOT EXISTS a (i int)", [28]),
        ("create unique index if not exists i ON a (b)", [35]),
        ("CREATE SCHEMA IF NOT EXISTS s; CREATE SEQUENCE IF NOT EXISTS q", [29, 62]),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int, ADD c int", [40]),
        ("DO $$ BEGIN CREATE TABLE IF NOT EXISTS a (i int); END $$", [40]),
        ("CREATE TABLE a (i int); CREATE OR REPLACE VIEW v AS SELECT 1", []),
        ("DROP TABLE IF EXISTS a; ALTER TABLE IF EXISTS a DROP COLUMN IF EXISTS b", []),
        ("SELECT 'CREATE TABLE IF NOT EXISTS a' -- CREATE TABLE IF NOT EXISTS a", []),
        ("CREATE EXTENSION IF NOT EXISTS e; ALTER TYPE t ADD VALUE IF NOT EXISTS 'x'", []),
        ("INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT FROM a)", []),
    ],
)
def test_if_not_exists_hides_drift(up: str, found: list[int]) -> None:
    assert columns(find_needless_guards, migration_text(up)) == (found, [])
    assert columns(find_needless_guards, migration_text(up, options="transaction:false")) == (
        [],
        [],
    )


def test_down_is_looked_at_too() -> None:
    text = migration_text("DROP INDEX i", "CREATE INDEX IF NOT EXISTS i ON a (b)")
    assert columns(find_needless_guards, text) == ([], [28])
