"""The versions in a schema's file against those of the migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.schema_check import check_recorded

if TYPE_CHECKING:
    from pathlib import Path

_ROW = "    ('{}', 'x', NULL, '{}', '{}', ''),\n"


def test_versions_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    assert "there is no such file" in str(*check_recorded(path, {}))
    one, two, three = (f"2025010100000{number}" for number in (1, 2, 3))
    a, b = "a" * 64, "b" * 64
    path.write_text(_ROW.format(one, a, b) + _ROW.format(two, a, b))
    assert not [*check_recorded(path, {one: a, two: a})]
    found = [each.message for each in check_recorded(path, {two: b, three: a})]
    assert found == [
        f"is not current: it lacks what {three} makes",
        f"is not current: it has {one}, of which there is no file",
        f"is not current: it has {two} as it was before an edit",
    ]
