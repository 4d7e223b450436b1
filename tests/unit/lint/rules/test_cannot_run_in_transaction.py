"""cannot_run_in_transaction: what the server refuses in a transaction, and in a DO block."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.cannot_run_in_transaction import find_statements_refused_in_transaction
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("CREATE INDEX CONCURRENTLY i ON a (b)", [1]),
        ("SELECT 1; CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)", [11]),
        ("DROP INDEX CONCURRENTLY i; REINDEX TABLE CONCURRENTLY a", [1, 28]),
        ("REINDEX (CONCURRENTLY) TABLE a; REINDEX (VERBOSE) TABLE a", [1]),
        ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", [1]),
        ("VACUUM (ANALYZE) a; ALTER SYSTEM SET a = 1", [1, 21]),
        ("CLUSTER; CLUSTER a; REINDEX SCHEMA s; REINDEX TABLE a; DISCARD ALL", [1, 21, 56]),
        ("ALTER DATABASE d SET TABLESPACE s; ALTER DATABASE d SET a = 1", [1]),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = false)", []),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (enabled = false)", [1]),
        ("CREATE DATABASE a; DROP TABLESPACE b", [1, 20]),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v; CREATE INDEX i ON a (b)", []),
        ("ALTER TYPE t ADD VALUE 'b'; SELECT \"concurrently\" FROM a; REINDEX TABLE a", []),
    ],
)
def test_what_the_server_refuses_in_a_transaction(up: str, found: list[int]) -> None:
    assert columns(find_statements_refused_in_transaction, migration_text(up)) == (found, [])
    outside = migration_text(up, options="transaction:false")
    assert columns(find_statements_refused_in_transaction, outside) == ([], [])


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("DO $$ BEGIN VACUUM a; END $$", [13]),
        ("DO $$ BEGIN EXECUTE 'DROP INDEX CONCURRENTLY i'; END $$", [22]),
        ("DO $$ BEGIN CREATE INDEX i ON a (b); END $$", []),
    ],
)
def test_in_a_do_block_it_is_refused_outside_a_transaction_too(up: str, found: list[int]) -> None:
    for options in ("", "transaction:false"):
        assert (
            columns(find_statements_refused_in_transaction, migration_text(up, options=options))[0]
            == found
        )


def test_a_do_block_commits_only_outside_a_transaction() -> None:
    up = "DO $$ BEGIN COMMIT; ROLLBACK; END $$"
    assert columns(find_statements_refused_in_transaction, migration_text(up))[0] == [13, 21]
    assert (
        columns(
            find_statements_refused_in_transaction, migration_text(up, options="transaction:false")
        )[0]
        == []
    )


def test_down_is_looked_at_too() -> None:
    assert columns(
        find_statements_refused_in_transaction, migration_text("SELECT 1", "VACUUM a")
    ) == ([], [1])
