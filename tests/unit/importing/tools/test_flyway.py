"""Flyway: versions with dots, undo files, placeholders, and what has no version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.flyway import read_folder
from support.imports import convert, sections, told, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_and_undo(tmp_path: Path) -> None:
    made = convert(
        read_folder,
        tmp_path,
        {
            "V2__b.sql": "A;",
            "V1_1__a_b.sql": "A;",
            "V1.10__c.sql": "A;",
            "V10__d.sql": "A;",
            "V2020.01.15.11.35__e.sql": "A;",
            "V20240102030405__f.sql": "A;",
            "V2024010301__g.sql": "A;",
            "below/U2.0__b.sql": "B;",
            "V3_x.sql": "A;",
        },
    )
    assert told(made, tmp_path) == []
    assert versions(made) == {
        "20000102000100": ("1.1",),
        "20000102001000": ("1.10",),
        "20000103000000": ("2",),
        "20000111000000": ("10",),
        "20200115113500": ("2020.01.15.11.35",),
        "20240103000001": ("2024010301",),
        "20240103000002": ("20240102030405",),  # which Flyway takes for the greater number
    }
    assert sections(made)["20000103000000"] == ("A;", "B;")
    assert made.notes[0].startswith("V3_x.sql is passed over, as Flyway does")


def test_what_cannot_be_converted(tmp_path: Path) -> None:
    options = "# why\nplaceholderReplacement = false\nexecuteInTransaction=FALSE\n"
    made = convert(
        read_folder,
        tmp_path,
        {
            "V1__a.sql": "A;\nGRANT a TO ${user};",
            "V2__b.sql": "SELECT '${user}';",
            "V2__b.sql.conf": options,
            "V3__C.java": "class V3__C {}",
            "R__view.sql": "CREATE VIEW ${name} AS SELECT 1;",
            "R__grant.sql": "COMMIT;",
            "R__vacuum.sql": "VACUUM;",
            "R__vacuum.sql.conf": "executeInTransaction=false",
            "B2__base.sql": "A;",
            "U9__gone.sql": "A;",
            "afterMigrate.sql": "A;",
        },
    )
    assert [each.partition(";")[0] for each in told(made, tmp_path)] == [
        "R__view.sql:1: Flyway fills in the placeholder ${name} here",
        "V3__C.java: it is a program",
        "afterMigrate.sql: Flyway runs it around others, which nothing here does",
        "B2__base.sql: Flyway runs a baseline instead of what is older, which nothing here does",
        "V1__a.sql:2: Flyway fills in the placeholder ${user} here",
        "U9__gone.sql: there is no migration that it would undo",
        (
            "R__grant.sql:1:1: COMMIT is not for a migration: promptlib begins and ends its "
            "transaction"
        ),
        "R__vacuum.sql: a repeatable file runs in a transaction, and this one runs in none",
    ]
    assert sections(made)["20000103000000"][0] == "outside: SELECT '${user}';"


def test_repeatable_ones_stay_so(tmp_path: Path) -> None:
    view = "CREATE OR REPLACE VIEW v AS SELECT 1;"
    made = convert(read_folder, tmp_path, {"R__Some_view.sql": view, "V1__a.sql": "A;"})
    migration, repeatable = made.migrations
    assert (migration.file.version, repeatable.file.version) == ("20000102000000", "")
    assert repeatable.file.where == "sql/repeatable/some_view.sql"
    assert repeatable.content == view.encode()
    assert "say `-- after: NAME` where it needs another" in made.notes[-1]
