"""sql-migrate: the order of its files, and sections in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.sql_migrate import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_order_and_sections(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "10-b.sql": "-- +migrate Down notransaction\nVACUUM;\n-- +migrate Up\nA;\n",
            "9_a.sql": "-- +migrate Up\nA;\n-- +migrate Down\nB;\n-- +migrate Up\nC;\n",
            "zuletzt ü.sql": "-- +migrate Up\nA;\n-- +migrate Down\n-- nothing\n",
        },
    )
    assert not made.problems
    assert versions(made) == {
        "20000101000009": ("9_a.sql",),
        "20000101000010": ("10-b.sql",),
        "20000101000011": ("zuletzt ü.sql",),
    }
    found = sections(made)
    assert found["20000101000009"] == ("A;\nC;", "B;")
    assert found["20000101000010"] == ("A;", "outside: VACUUM;")
    assert found["20000101000011"][1].startswith("-- nothing\nDO $$ BEGIN\n  RAISE EXCEPTION")


def test_a_file_without_up(tmp_path: Path) -> None:
    made = convert(read_folder, tmp_path, {"1.sql": "SELECT 1;"})
    assert told(made, tmp_path) == [
        "1.sql: it has no line `-- +migrate Up`; write one above its SQL"
    ]
