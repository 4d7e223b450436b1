"""down_misses_object: how what DOWN leaves is told; what it is, test_down_coverage.py holds."""

from __future__ import annotations

from promptlib.lint.rules.down_misses_object import find_objects_left_by_down
from support.lint_texts import columns, migration_text


def test_what_is_made_or_renamed_is_told_with_its_remedy() -> None:
    text = migration_text("CREATE TABLE a (i int); ALTER TABLE b RENAME TO c")
    made, renamed = find_objects_left_by_down(text)
    assert (made.message, made.remedy) == ("DOWN leaves table a behind", "drop it in DOWN")
    assert renamed.message == "DOWN does not give table c its old name back"
    assert renamed.remedy == "rename it in DOWN"
    assert columns(find_objects_left_by_down, text) == ([14, 37], [])
