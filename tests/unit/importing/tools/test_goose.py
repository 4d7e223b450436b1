"""goose: annotations, statements that need none here, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.goose import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_annotations(tmp_path: Path) -> None:
    function = "CREATE FUNCTION f() RETURNS void AS $$ SELECT 1; $$ LANGUAGE sql"
    made = convert(
        read_folder,
        tmp_path,
        {
            "00010_b.sql": (
                "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nVACUUM;\n"
            ),
            "00009_a_b.sql": (
                f"--  +goose up\n-- +goose StatementBegin\n{function};\n-- +goose StatementEnd\n"
                "-- +goose down\nDROP FUNCTION f;\n"
            ),
            "20240102030405_c.sql": "-- +goose Up\nSELECT 'x -- +goose Down';\n",
            "x.sql": "none of it",
            "00011_d_test.go": "none of it",
        },
    )
    assert not made.problems
    assert versions(made) == {
        "20000101000009": ("9",),
        "20000101000010": ("10",),
        "20240102030405": ("20240102030405",),
    }
    found = sections(made)
    assert found["20000101000009"] == (f"{function};", "DROP FUNCTION f;")
    assert found["20000101000010"] == ("outside: VACUUM;", "outside: VACUUM;")
    assert found["20240102030405"][0] == "SELECT 'x -- +goose Down';"


def test_what_cannot_be_converted(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "1_a.go": "package migrations",
            "2_b.sql": "SELECT 1;",
            "3_c.sql": "-- +goose ENVSUB ON\n-- +goose Up\nGRANT a TO ${NAME};\n",
            "4_d.sql": (
                "-- +goose Up\nDO $BODY$ BEGIN END $BODY$;\n-- +goose ENVSUB ON\n"
                "DO $BODY$ BEGIN END $BODY$;\n-- +goose ENVSUB OFF\nSELECT '$HOME';\n"
            ),
        },
    )
    assert told(made, tmp_path) == [
        "1_a.go: it is written in Go; write the SQL that it runs as a .sql file",
        "2_b.sql: it has no line `-- +goose Up`; write one above its SQL",
        "3_c.sql:3: goose fills in a variable of the environment here; write its value instead",
    ]
    assert [*versions(made)] == ["20000101000004"]
