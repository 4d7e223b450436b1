"""linter: our rules and squawk's together, but for those that a comment or the project excludes."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.files.directory import survey_folder
from promptlib.lint.configuration import LintConfiguration
from promptlib.lint.linter import lint_files

_USUAL = LintConfiguration()
_OURS, _SQUAWKS = "write-without-where", "ban-drop-table"
_BROKEN = "-- UP\nSELECT 'it;\n-- DOWN\nSELECT 1;\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of migrations."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sql").mkdir()
    return Path("sql")


def _lint(
    folder: Path, *texts: str, configuration: LintConfiguration = _USUAL
) -> list[tuple[int, str]]:
    """Line and rule of each finding, in migrations with these texts."""
    for number, text in enumerate(texts):
        (folder / f"2025010100000{number}_x.sql").write_text(text, encoding="utf-8")
    found = lint_files(*survey_folder(folder), configuration).violations
    return sorted((each.line, each.rule) for each in found)


def _text(up: str) -> str:
    return f"-- UP\n{up}\n-- DOWN\nSELECT 1;\n"


def test_rules_of_both(folder: Path) -> None:
    assert _lint(folder, _text("DELETE FROM a;\nDROP TABLE b;")) == [(2, _OURS), (3, _SQUAWKS)]


def test_a_clean_migration(folder: Path) -> None:
    assert _lint(folder, _text("SELECT 1;")) == []


def test_the_project_excludes_rules_of_both(folder: Path) -> None:
    excluded = LintConfiguration({_OURS: "why", _SQUAWKS: "why"})
    assert _lint(folder, _text("DELETE FROM a;\nDROP TABLE b;"), configuration=excluded) == []


def test_what_is_excluded_for_one_file_holds_for_the_others(folder: Path) -> None:
    excluded = LintConfiguration(per_file={"20250101000000_*": {_OURS: "why"}})
    texts = [_text("DELETE FROM a;"), _text("\nDELETE FROM a;")]
    assert _lint(folder, *texts, configuration=excluded) == [(3, _OURS)]


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


def test_what_a_deploy_does_already_is_asked_for_or_left_out(folder: Path) -> None:
    assert _lint(folder, _text("DROP TABLE a;")) == [(2, _SQUAWKS)]
    asked = LintConfiguration(include=["require-lock-timeout"])
    rules = {rule for _, rule in _lint(folder, _text("DROP TABLE a;"), configuration=asked)}
    assert rules == {_SQUAWKS, "require-lock-timeout"}


def test_a_comment_ignores_squawk_s_rules_in_a_block_too(folder: Path) -> None:
    block = "DO $$ BEGIN\n{}\nDROP TABLE b;\nEND $$;"
    assert _lint(folder, _text(block.format(f"-- squawk-ignore {_SQUAWKS}"))) == []
    assert _lint(folder, _text(block.format("-- a comment"))) == [(4, _SQUAWKS)]


def test_each_migration_knows_the_earlier_ones(folder: Path) -> None:
    replaced = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1;"
    rule = "down-misses-object"
    assert _lint(folder, _text(replaced), _text(f"\n{replaced}")) == [(2, rule)]


def test_files_by_themselves_know_the_rest_of_the_project(folder: Path) -> None:
    views = (f"CREATE {word} VIEW v AS SELECT 1;" for word in ("", "OR REPLACE"))
    assert _lint(folder, *map(_text, views)) == [(2, "down-misses-object")]
    known, _ = survey_folder(folder)
    assert lint_files(known[1:], (), _USUAL, known).violations == []
    assert len(lint_files(known[1:], (), _USUAL).violations) == 1
