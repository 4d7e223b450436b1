"""golang-migrate: pairs of files, sent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.golang_migrate import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_pairs(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "000002_b.up.sql": "/* all */ BEGIN;\nA;\nB;\nCOMMIT;",
            "000002_b.down.sql": "begin\n transaction;\nC;\nend;\n",
            "1_a.up.sql": "A;",
            "1_a.down.sql": "A; COMMIT;\nBEGIN; B;",
            "1500360784_unix.up.sql": "A;",
            "3_c.sql": "none of it",
        },
    )
    (problem,) = told(made, tmp_path)
    assert problem.startswith("1_a.down.sql:1:4: COMMIT is not for a migration: ")
    assert versions(made) == {"20000101000002": ("2",), "20170718065304": ("1500360784",)}
    assert sections(made)["20000101000002"] == ("/* all */ \nA;\nB;", "C;")


def test_a_statement_that_runs_alone(tmp_path: Path) -> None:
    index = "CREATE INDEX CONCURRENTLY i ON t (a)"
    files = {"1_a.up.sql": f"\ufeff{index}", "2_b.up.sql": "-- no\n"}
    made = convert(read_folder, tmp_path, files)
    found = sections(made)
    assert found["20000101000001"][0] == f"outside: {index}"
    assert found["20000101000002"][0] == "-- no\nSELECT 1;"
    assert [each.rpartition("sql: ")[2] for each in made.notes] == [
        "UP gets transaction:false, for a statement that runs in none",
        "there is no DOWN, so a rollback of it is refused until one is written",
        "UP is empty, so it is SELECT 1",
        "there is no DOWN, so a rollback of it is refused until one is written",
    ]


def test_half_a_pair_and_two_of_a_version(tmp_path: Path) -> None:
    files = {"1_a.down.sql": "A;", "2_b.up.sql": "A;", "002_c.up.sql": "B;"}
    made = convert(read_folder, tmp_path, {**files, "3_d.up.sql": "-- UP\nA;"})
    assert told(made, tmp_path) == [
        (
            "2_b.up.sql: 002_c.up.sql has the same version; give the one that ran nowhere "
            "another version"
        ),
        "1_a.down.sql: there is no file for the way up; restore it, or remove this one",
        "3_d.up.sql:1:1: this comment reads as the line `-- UP` of promptlib; word it otherwise",
    ]
