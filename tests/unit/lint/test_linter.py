"""linter: our rules and squawk's together, but for those that a comment or the project excludes."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.files.directory import survey_folder
from promptlib.lint.exclusions import Exclusions
from promptlib.lint.linter import lint_files

_NONE = Exclusions({}, {}, ())
_TIMEOUTS = dict.fromkeys(("require-lock-timeout", "require-statement-timeout"), "a deploy sets it")
_USUAL = Exclusions(_TIMEOUTS, {}, ())
_OURS, _SQUAWKS = "write-without-where", "ban-drop-table"
_BROKEN = "-- UP\nSELECT 'it;\n-- DOWN\nSELECT 1;\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of migrations."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sql").mkdir()
    return Path("sql")


def _lint(folder: Path, *texts: str, exclusions: Exclusions = _USUAL) -> list[tuple[int, str]]:
    """Line and rule of each finding, in migrations with these texts."""
    for number, text in enumerate(texts):
        (folder / f"2025010100000{number}_x.sql").write_text(text, encoding="utf-8")
    return sorted((each.line, each.rule) for each in lint_files(*survey_folder(folder), exclusions))


def _text(up: str) -> str:
    return f"-- UP\n{up}\n-- DOWN\nSELECT 1;\n"


def test_rules_of_both(folder: Path) -> None:
    assert _lint(folder, _text("DELETE FROM a;\nDROP TABLE b;")) == [(2, _OURS), (3, _SQUAWKS)]


def test_a_clean_migration(folder: Path) -> None:
    assert _lint(folder, _text("SELECT 1;")) == []


def test_the_project_excludes_rules_of_both(folder: Path) -> None:
    excluded = Exclusions({**_TIMEOUTS, _OURS: "why", _SQUAWKS: "why"}, {}, ())
    assert _lint(folder, _text("DELETE FROM a;\nDROP TABLE b;"), exclusions=excluded) == []


def test_what_is_excluded_for_one_file_holds_for_the_others(folder: Path) -> None:
    excluded = Exclusions(_TIMEOUTS, {"20250101000000_*": {_OURS: "why"}}, ())
    texts = [_text("DELETE FROM a;"), _text("\nDELETE FROM a;")]
    assert _lint(folder, *texts, exclusions=excluded) == [(3, _OURS)]


@pytest.mark.parametrize(
    ("up", "found"),
    [
        (f"-- squawk-ignore {_OURS}\nDELETE FROM a;", []),
        (f"DELETE FROM a; -- squawk-ignore {_OURS}", []),
        (f"/* squawk-ignore {_OURS}, other */ DELETE FROM a;", []),
        (f"-- squawk-ignore {_OURS}\n\nDELETE FROM a;", [(4, _OURS)]),
        ("-- squawk-ignore other\nDELETE FROM a;", [(3, _OURS)]),
        (f"-- squawk-ignores {_OURS}\nDELETE FROM a;", [(3, _OURS)]),
        (f"DELETE FROM a;\n-- squawk-ignore-file {_OURS}", []),
        ("DELETE FROM a;\n-- squawk-ignore-file", []),
    ],
)
def test_a_comment_ignores_our_rules_too(
    folder: Path, up: str, found: list[tuple[int, str]]
) -> None:
    ours = [each for each in _lint(folder, _text(up)) if each[1] == _OURS]
    assert ours == found


def test_a_comment_about_our_rules_is_none_of_squawk_s_business(folder: Path) -> None:
    rules = [rule for _, rule in _lint(folder, _text(f"-- squawk-ignore {_OURS}\nSELECT 1;"))]
    assert "unused-ignore" not in rules


def test_broken_files_and_names_are_findings_beside_the_others(folder: Path) -> None:
    (folder / "notes.sql").write_text("")
    texts = [_BROKEN, _text("\n\nDELETE FROM a;")]
    assert _lint(folder, *texts) == [(1, "name"), (2, "format"), (4, _OURS)]


def test_without_exclusions_every_rule_holds(folder: Path) -> None:
    rules = {rule for _, rule in _lint(folder, _text("DROP TABLE a;"), exclusions=_NONE)}
    assert {*_TIMEOUTS, _SQUAWKS} <= rules
