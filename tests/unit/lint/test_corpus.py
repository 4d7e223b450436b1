"""The lines of tests/data/lint.txt: what promptlib lint says to each; every rule has some."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from promptlib.files.directory import MigrationFile
from promptlib.lint.configuration import LintConfiguration
from promptlib.lint.linter import lint_files
from promptlib.lint.rule_list import RULES

CORPUS = Path(__file__).parents[2] / "data" / "lint.txt"
_MINE, _EARLIER = "20260101000000", "20250101000000"


class Line(NamedTuple):
    """A line of the corpus."""

    rule: str
    verdict: str
    up: str
    notes: dict[str, str]

    @property
    def expected(self) -> set[str]:
        """The rules that it breaks."""
        return {self.rule} if self.verdict == "wrong" else set()


def _lines() -> list[Line]:
    found, rule = [], ""
    for text in CORPUS.read_text(encoding="utf-8").splitlines():
        if text.startswith("["):
            rule = text.strip("[]")
        elif text and not text.startswith("#"):
            verdict, rest = text.split(": ", 1)
            up, *notes = rest.split(" ## ")
            found.append(
                Line(rule, verdict, up, {n.partition(": ")[0]: n.partition(": ")[2] for n in notes})
            )
    return found


LINES = _lines()


def _write(folder: Path, version: str, up: str, down: str, options: str = "") -> MigrationFile:
    path = folder / f"{version}_x.sql"
    path.write_text(f"-- UP {options}\n{up};\n-- DOWN\n{down};\n", encoding="utf-8")
    return MigrationFile(version, "x", str(path))


def _broken_rules(folder: Path, line: Line) -> set[str]:
    options = "transaction:false" if "outside" in line.notes else ""
    down = line.notes.get("down", "CALL undo()")
    mine = _write(folder, _MINE, line.up, down, options)
    earlier = _write(folder, _EARLIER, line.notes.get("earlier", "SELECT 1"), "SELECT 1")
    busy = (
        [each.strip() for each in line.notes.get("busy", "").split(",")]
        if "busy" in line.notes
        else []
    )
    configuration = LintConfiguration(busy_tables=busy)
    found = lint_files([mine], (), configuration, [earlier, mine])
    assert not found.missing
    return {each.rule for each in found.violations} - {line.notes.get("excuse", "")}


@pytest.mark.parametrize(
    "line", LINES, ids=lambda each: f"{each.verdict}-{each.rule}-{each.up[:40]}"
)
def test_what_lint_says(tmp_path: Path, line: Line) -> None:
    assert _broken_rules(tmp_path, line) == line.expected


def test_it_is_large_enough_and_holds_both_kinds() -> None:
    verdicts = [line.verdict for line in LINES]
    assert {*verdicts} == {"wrong", "right"}
    assert len(LINES) >= 80


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_ours_has_right_lines_and_wrong_ones(rule: str) -> None:
    expected = {"right"} if rule == "secret-literal" else {"right", "wrong"}  # none in this folder
    assert {line.verdict for line in LINES if line.rule == rule} == expected
