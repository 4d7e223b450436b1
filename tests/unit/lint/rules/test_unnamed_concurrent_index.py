"""unnamed_concurrent_index: indexes that are built concurrently without a name."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.unnamed_concurrent_index import find_unnamed_concurrent_indexes
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("CREATE INDEX CONCURRENTLY ON a (b)", [1]),
        ("create unique index concurrently on only s.a using gin (b)", [1]),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)", []),
        ('CREATE INDEX CONCURRENTLY "on" ON a (b)', []),
        ("CREATE INDEX ON a (b)", []),
        ("REINDEX TABLE CONCURRENTLY a", []),
        ("DROP INDEX CONCURRENTLY i", []),
    ],
)
def test_what_has_no_name(up: str, found: list[int]) -> None:
    assert columns(find_unnamed_concurrent_indexes, migration_text(up, up)) == (found, found)
