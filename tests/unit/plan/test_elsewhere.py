"""elsewhere: which of the imported migrations a tool's table says that it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import PlanRefusedError
from promptlib.ledger.tool_history import RanElsewhere, ToolHistory
from promptlib.plan.elsewhere import executed_elsewhere, imported_origins
from promptlib.plan.reading import MigrationFiles

if TYPE_CHECKING:
    from pathlib import Path

# The versions of the tool that each of three files stands for.
_FILES = ("1 2", "3", "10")
_OURS = [f"2025010100000{number}" for number in range(3)]


@pytest.fixture
def files(tmp_path: Path) -> MigrationFiles:
    for version, theirs in zip(_OURS, _FILES, strict=True):
        text = f"-- imported from goose: {theirs}\n-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n"
        (tmp_path / f"{version}_x.sql").write_text(text)
    (tmp_path / "20250102000000_own.sql").write_text("-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n")
    found = MigrationFiles(tmp_path)
    found.read({})
    return found


def _history(tool: str, *ran: str, is_newest: bool = False, baseline: str = "") -> ToolHistory:
    return ToolHistory(tool, "public.t", tuple(map(RanElsewhere, ran)), is_newest, baseline)


@pytest.mark.parametrize(
    ("history", "executed"),
    [
        (_history("goose", "1", "2", "99"), 1),
        (_history("goose", "99"), 0),
        (_history("golang-migrate", "3", is_newest=True), 2),
        (_history("golang-migrate", is_newest=True), 0),
        (_history("flyway", baseline="3.0"), 2),
        (_history("goose", baseline="3.0"), 0),
    ],
)
def test_what_ran(files: MigrationFiles, history: ToolHistory, executed: int) -> None:
    found = [*executed_elsewhere(files, imported_origins(files), history)]
    assert found == _OURS[:executed]


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (
            _history("goose", "1"),
            r"stands for 2 migrations of goose, of which 2 did not run here",
        ),
        (
            _history("goose", "7", is_newest=True),
            r"is at 7, and no file in .* says that it was imported from that",
        ),
        (
            _history("goose", "1", "3", is_newest=True),
            r"names 1, 3: branches that were not merged",
        ),
    ],
)
def test_where_it_is_not_clear(files: MigrationFiles, history: ToolHistory, said: str) -> None:
    with pytest.raises(PlanRefusedError, match=said):
        [*executed_elsewhere(files, imported_origins(files), history)]
