"""comparison: what an import writes beside what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import MigrationFileError
from promptlib.importing.comparison import PlannedImport, plan_import
from promptlib.importing.conversion import convert_folder
from promptlib.importing.tools import flyway
from promptlib.importing.tools.dbmate import read_folder
from support.imports import write

if TYPE_CHECKING:
    from pathlib import Path

_ONE = {"20240102030405_a.sql": "-- migrate:up\nA;\n-- migrate:down\nB;\n"}


def plan(folder: Path) -> PlannedImport:
    found = convert_folder(read_folder(folder / "from"), "dbmate", folder / "sql")
    return plan_import("dbmate", folder / "from", found, folder / "sql")


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    write(tmp_path / "from", _ONE)
    first = plan(tmp_path)
    (change,) = first.changes
    write(tmp_path / "sql", {change.path.name: change.after.replace(b"B;", b"-- better\nC;\n")})
    write(tmp_path / "from", {"20240102030406_b.sql": "-- migrate:up\nB;\n"})
    second = plan(tmp_path)
    assert ([each.file.name for each in second.new], second.problems) == (["b"], [])
    assert [each.file.name for each in second.there] == ["a"]


def test_a_source_that_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "from", _ONE)
    (change,) = plan(tmp_path).changes
    renamed = change.path.name.replace("_a", "_other")
    write(tmp_path / "sql", {renamed: change.after.replace(b"A;", b"Z;")})
    again = plan(tmp_path)
    assert again.new == again.there == []
    (problem,) = again.problems
    assert str(problem).startswith(
        "sql/20240102030405_other.sql: it is not what from/20240102030405_a.sql says now; write"
    )


def test_a_repeatable_file_is_written_once(tmp_path: Path) -> None:
    view = "CREATE VIEW v AS SELECT 1;"
    write(tmp_path / "from", {"R__v.sql": view})

    def planned() -> PlannedImport:
        found = convert_folder(flyway.read_folder(tmp_path / "from"), "flyway", tmp_path / "sql")
        return plan_import("flyway", tmp_path / "from", found, tmp_path / "sql")

    (change,) = planned().changes
    write(tmp_path / "sql", {"repeatable/v.sql": change.after})
    again = planned()
    assert (again.new, len(again.there), again.problems) == ([], 1, [])
    write(tmp_path / "from", {"R__v.sql": view.replace("1", "2")})
    assert len(planned().problems) == 1


def test_what_is_no_migration_is_in_the_way(tmp_path: Path) -> None:
    write(tmp_path / "from", _ONE)
    write(tmp_path / "sql", {"V1__a.sql": "A;"})
    with pytest.raises(MigrationFileError, match="not the name of a migration"):
        plan(tmp_path)
