"""dbmate: which of its files are migrations, and where they are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.dbmate import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_markers_options_and_comments(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "20240102030405_add users.sql": (
                "-- why\n--migrate:up  transaction:false\r\nA;\r\n"
                "-- migrate:down transaction:true\nB;"
            ),
            "20240102030406.sql": "-- migrate:up\nA;\n-- migrate:down\n",
            "3_x.sql": "-- migrate:up\nA;\n  -- migrate:down\nB;\n-- migrate:upward\n",
            "notes.sql": "none of it",
            "20240102030407_x.txt": "none of it",
        },
    )
    assert not made.problems
    assert versions(made) == {
        "20240102030405": ("20240102030405",),
        "20240102030406": ("20240102030406",),
        "20240102030407": ("3",),  # by its name, it runs behind the others
    }
    first = b"-- imported from a-tool: 20240102030405\n-- why\n"
    assert made.migrations[0].content.startswith(first)
    assert sections(made)["20240102030405"] == ("outside: A;", "B;")
    assert sections(made)["20240102030407"][0] == "A;\n  -- migrate:down\nB;\n-- migrate:upward"
    assert [each.file.name for each in made.migrations] == ["add_users", "a_tool", "x"]


def test_what_is_half_broken(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "1_a.sql": "CREATE TABLE a ();\n",
        "2_b.sql": "A;\n-- migrate:up\nB;\n",
        "3_c.sql": "-- migrate:up\nSELECT 'it;\n-- migrate:down\nB;",
        "3_d.sql": "-- migrate:up\nA;\n",
        "4_e.sql": b"-- migrate:up\nSELECT '\xff';\n",
        "5_f.sql": "-- migrate:up\nA;\nCOMMIT;\nB;\n",
    }
    *others, commit = told(convert(read_folder, tmp_path, files), tmp_path)
    assert others == [
        "1_a.sql: it has no line `-- migrate:up`; write one above its SQL",
        "4_e.sql:2: this is not UTF-8; save the file as UTF-8",
        "3_d.sql: 3_c.sql has the same version; give the one that ran nowhere another version",
        "2_b.sql:1:1: SQL stands before `-- UP`; move it below that line",
        "3_c.sql:2:8: this quote is never closed; close it with '",
    ]
    assert commit.startswith("5_f.sql:3:1: COMMIT is not for a migration: ")
