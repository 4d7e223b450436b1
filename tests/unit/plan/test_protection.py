"""protection: steps that would change the ledger are refused, repeatable files too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import LedgerError
from promptlib.ledger.names import LedgerNames
from promptlib.plan.protection import require_ledger_spared_by
from promptlib.plan.reading import MigrationFiles
from support.statuses import version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> MigrationFiles:
    for number, (up, down) in enumerate(
        (("SELECT 1;", "DROP SCHEMA public;"), ("DROP TABLE migrations;", "SELECT 1;")), 1
    ):
        text = f"-- UP\n{up}\n-- DOWN\n{down}\n"
        (tmp_path / f"{version(number)}_x.sql").write_text(text)
    (tmp_path / "repeatable").mkdir()
    (tmp_path / "repeatable" / "views.sql").write_text("CREATE VIEW migrations AS SELECT 1;")
    return MigrationFiles(tmp_path)


@pytest.mark.parametrize(
    ("steps", "places"),
    [
        ([(1, "up")], ["1_x.sql:4:13"]),
        ([(2, "up"), (1, "down")], ["2_x.sql:2:12", "1_x.sql:4:13"]),
        ([(2, "down"), (3, "up")], []),
        ([("views", "up")], ["views.sql:1:13"]),
    ],
)
def test_what_runs_is_looked_at_and_the_way_back_before_it(
    files: MigrationFiles, steps: list[tuple[int | str, str]], places: list[str]
) -> None:
    planned = [
        (version(each) if isinstance(each, int) else f"repeatable/{each}", direction)
        for each, direction in steps
    ]
    found: list[str] = []
    try:
        require_ledger_spared_by(files, planned, LedgerNames())
    except LedgerError as error:
        found = [each.place for each in (error, *error.others)]
    assert len(found) == len(places)
    assert all(map(str.endswith, found, places))
