"""violations: the forms they are shown in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptlib.cli.full_parser import make_parser
from promptlib.core.errors import PromptlibError
from promptlib.lint import violations
from promptlib.lint.violations import (
    Violation,
    sort_violations,
    summarize_violations,
    violation_of_error,
)

_PLAIN = Violation(Path("sql/a.sql"), 2, 3, "rule", "it is wrong", "mend it")
_ODD = Violation(Path("a,b:c%.sql"), 1, 1, "rule", "100%\r\nwrong", notes=("+ a", "- b"))


def shown(form: str, *found: Violation) -> list[str]:
    return [*violations.FORMATS[form](found)]


def test_the_command_line_knows_every_form() -> None:
    parser = make_parser(["lint"])
    for form in violations.FORMATS:
        assert parser.parse_args(["lint", "--format", form]).format == form


def test_as_text() -> None:
    assert shown("text", _PLAIN, _ODD) == [
        "sql/a.sql:2:3: rule: it is wrong; mend it",
        "a,b:c%.sql:1:1: rule: 100%\\x0d\\x0awrong\n+ a\n- b",
    ]


def test_as_json() -> None:
    (text,) = shown("json", _PLAIN, _ODD)
    first, second = json.loads(text)
    assert first == {
        "file": "sql/a.sql", "line": 2, "column": 3, "rule": "rule", "message": "it is wrong",
        "help": "mend it", "severity": "error", "notes": [],
    }  # fmt: skip
    assert second["notes"] == ["+ a", "- b"]
    assert shown("json") == ["[]"]


def test_as_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert shown("github", _PLAIN, _ODD) == [
        "::error file=sql/a.sql,line=2,col=3,title=rule::it is wrong; mend it",
        "::error file=a%2Cb%3Ac%25.sql,line=1,col=1,title=rule::100%25%0D%0Awrong%0A+ a%0A- b",
    ]


def test_annotations_name_files_from_the_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "backend").mkdir()
    monkeypatch.chdir(tmp_path / "backend")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (line,) = shown("github", _PLAIN)
    assert line.startswith("::error file=backend/sql/a.sql,line=2,")


@pytest.mark.parametrize(
    ("place", "file", "line", "column"),
    [
        ("sql/a.sql", "sql/a.sql", 1, 1),
        ("sql/a.sql:2", "sql/a.sql", 2, 1),
        ("sql/a.sql:2:3", "sql/a.sql", 2, 3),
        ("c:/sql/a.sql:2:3", "c:/sql/a.sql", 2, 3),
    ],
)
def test_an_error_becomes_one(place: str, file: str, line: int, column: int) -> None:
    error = PromptlibError("it is wrong", "mend it", place=place, notes=["so"])
    assert violation_of_error(error, "rule") == Violation(
        Path(file), line, column, "rule", "it is wrong", "mend it", notes=("so",)
    )


def test_they_stand_in_the_order_of_the_files() -> None:
    later, earlier = _PLAIN._replace(line=10), _PLAIN._replace(line=9)
    absolute = _PLAIN._replace(path=Path.cwd() / "sql" / "a.sql")
    assert sort_violations([later, _ODD, absolute, earlier]) == [*(_ODD, absolute, earlier, later)]


@pytest.mark.parametrize(
    ("found", "migrations", "said"),
    [
        ([], 1, "no findings in 1 migration"),
        ([], 0, "no findings in 0 migrations"),
        ([_PLAIN], 2, "1 finding in 1 file; 2 migrations checked"),
        ([_PLAIN, _PLAIN, _ODD], 2, "3 findings in 2 files; 2 migrations checked"),
    ],
)
def test_a_summary(found: list[Violation], migrations: int, said: str) -> None:
    assert summarize_violations(found, migrations) == said
