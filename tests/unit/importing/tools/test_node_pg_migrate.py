"""node-pg-migrate: files in SQL; programs are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.node_pg_migrate import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_times_sections_and_programs(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "1704164646000_b-c.sql": "-- Down Migration\nB;\n--- UP migration: all\nA;\n",
            "20240102030405678_a.sql": "A;\n-- down migration\nB;\n",
            "1704164647000_d.js": "exports.up = ...",
            "0001_e.sql": "A;",
            "1704164648000_f.d.ts": "",
        },
    )
    (problem,) = told(made, tmp_path)
    assert problem.startswith("1704164647000_d.js: it is a program; write the SQL that it runs")
    assert versions(made) == {
        "20000101000001": ("0001_e",),
        "20240102030405": ("20240102030405678_a",),
        "20240102030406": ("1704164646000_b-c",),
    }
    assert sections(made)["20240102030406"] == ("A;", "B;")
    assert sections(made)["20240102030405"] == ("A;", "B;")
