"""commit_inside_statement: DO blocks that commit on their own."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.commit_inside_statement import find_commits_inside_statements
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("DO $$ BEGIN COMMIT; COMMIT; END $$", [13]),
        ("DO $$ BEGIN COMMIT; END $$; DO $$ BEGIN COMMIT; END $$", [13, 41]),
        ("DO $$ BEGIN IF true THEN COMMIT; END IF; END $$", [26]),
        ("DO $$ BEGIN RAISE NOTICE 'COMMIT;'; END $$", []),
        ("SELECT 'COMMIT'", []),
    ],
)
def test_the_first_commit_of_each_block(up: str, found: list[int]) -> None:
    outside = migration_text(up, options="transaction:false")
    assert columns(find_commits_inside_statements, outside)[0] == found
    assert columns(find_commits_inside_statements, migration_text(up)) == ([], [])
    outside.is_rerunnable = True
    assert columns(find_commits_inside_statements, outside) == ([], [])
