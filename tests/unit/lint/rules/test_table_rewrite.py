"""table_rewrite: what writes a table anew while nobody can read it."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.table_rewrite import find_table_rewrites
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("CLUSTER", [1]),
        ("CLUSTER VERBOSE a USING i", [1]),
        ("CLUSTER (VERBOSE) a", [1]),
        ("VACUUM FULL", [1]),
        ("VACUUM FULL VERBOSE a, s.b", [1, 1]),
        ("VACUUM (ANALYZE, FULL) a", [1]),
        ("VACUUM (FULL off) a; VACUUM (ANALYZE) a; VACUUM VERBOSE a; VACUUM", []),
        ("ALTER TABLE a SET LOGGED; ALTER TABLE ONLY a SET UNLOGGED", [1, 27]),
        ("ALTER TABLE a ADD b int, SET TABLESPACE s", [1]),
        ("ALTER MATERIALIZED VIEW v SET TABLESPACE s", [1]),
        ("ALTER INDEX IF EXISTS i SET TABLESPACE s", [1]),
        ("ALTER TABLE ALL IN TABLESPACE s OWNED BY r SET TABLESPACE t NOWAIT", [1]),
        ("ALTER TABLE a SET ACCESS METHOD heap", [1]),
        ("DO $$ BEGIN IF true THEN CLUSTER a; END IF; END $$", [26]),
        (
            "CREATE TABLE a (i int); CLUSTER a USING i; ALTER TABLE a SET UNLOGGED; VACUUM FULL a",
            [],
        ),
        (
            "ALTER TABLE a CLUSTER ON i, SET WITHOUT CLUSTER, SET (fillfactor = 70), SET SCHEMA s",
            [],
        ),
        (
            "ALTER TABLE a ALTER b SET STORAGE plain; ALTER DATABASE d SET TABLESPACE s",
            [],
        ),
    ],
)
def test_tables_that_were_there_before(up: str, found: list[int]) -> None:
    assert columns(find_table_rewrites, migration_text(up, up)) == (found, [])


def test_what_is_done_is_told() -> None:
    one, every = find_table_rewrites(
        migration_text("ALTER TABLE s.a SET TABLESPACE b; VACUUM FULL")
    )
    assert one.message.startswith("SET TABLESPACE writes s.a anew, and nobody reads")
    assert every.message.startswith("VACUUM FULL writes every table anew")


@pytest.mark.parametrize("action", ["TABLESPACE s", "ACCESS METHOD heap"])
def test_of_a_partitioned_table_it_is_said_for_its_next_partitions(action: str) -> None:
    earlier = "CREATE TABLE p (i int) PARTITION BY RANGE (i); CREATE TABLE q PARTITION OF p DEFAULT"
    text = migration_text(
        f"ALTER TABLE p SET {action}; ALTER TABLE q SET {action}", earlier=earlier
    )
    (only,) = find_table_rewrites(text)
    assert "writes q anew" in only.message
