"""sqlx: pairs, single files, and its comment for what runs in no transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.sqlx import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_pairs_and_single_files(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "20240102030405_a_b.sql": "-- no-transaction\nA;\n",
            "20240102030406_c.up.sql": "A;\n",
            "20240102030406_c.down.sql": "-- no-transaction\nB;\n",
            "seed.sql": "none of it",
        },
    )
    assert told(made, tmp_path) == []
    assert versions(made) == {each: (each,) for each in ("20240102030405", "20240102030406")}
    found = sections(made)
    assert found["20240102030405"][0] == "outside: -- no-transaction\nA;"
    assert found["20240102030406"] == ("A;", "outside: -- no-transaction\nB;")
