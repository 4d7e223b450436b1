"""refresh_without_concurrently: REFRESH that keeps readers waiting."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.refresh_without_concurrently import find_plain_refreshes
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("REFRESH MATERIALIZED VIEW v", [1]),
        ("SELECT 1; refresh materialized view s.v WITH DATA", [11]),
        ("DO $$ BEGIN REFRESH MATERIALIZED VIEW v; END $$", [13]),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", []),
        ("REFRESH MATERIALIZED VIEW v WITH NO DATA", []),
        ("CREATE MATERIALIZED VIEW s.v AS SELECT 1; REFRESH MATERIALIZED VIEW v", []),
    ],
)
def test_views_that_were_there_before(up: str, found: list[int]) -> None:
    assert columns(find_plain_refreshes, migration_text(up, up)) == (found, [])
