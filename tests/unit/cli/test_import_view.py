"""import_view: what an import found, and when it may be a part of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.cli.import_view import explain_import, require_convertible
from promptlib.core.errors import MigrationFileError
from promptlib.importing.folder import plan_folder
from promptlib.importing.tool_list import BY_NAME
from support.imports import write

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.importing.comparison import PlannedImport


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlannedImport:
    """A folder of three, of which one is there already and one cannot be converted."""
    monkeypatch.chdir(tmp_path)
    first = {"from/00001_a.sql": "-- +goose Up\nA;\n-- +goose Down\nB;\n"}
    write(tmp_path, first)
    goose = BY_NAME["goose"]
    (change,) = plan_folder(goose, tmp_path / "from", tmp_path / "sql").changes
    write(tmp_path, {f"sql/{change.path.name}": change.after})
    write(tmp_path, {"from/00010_b.sql": "-- +goose Up\nC;\n", "from/00011_c.go": ""})
    return plan_folder(goose, tmp_path / "from", tmp_path / "sql")


def test_what_was_found(planned: PlannedImport) -> None:
    assert [*explain_import(planned)] == [
        "found in from, of goose",
        "  00001_a.sql  sql/20000101000001_a.sql  is there already",
        "  00010_b.sql  sql/20000101000010_b.sql",
        "to know",
        "  from/00010_b.sql: there is no DOWN, so a rollback of it is refused until one is written",
    ]


def test_a_part_is_written_where_that_is_wanted(planned: PlannedImport) -> None:
    require_convertible(planned, partial=True)
    with pytest.raises(MigrationFileError) as caught:
        require_convertible(planned, partial=False)
    assert str(caught.value).splitlines() == [
        "from/00011_c.go: it is written in Go; write the SQL that it runs as a .sql file",
        "so nothing was written; say --partial to write the other 1",
    ]
