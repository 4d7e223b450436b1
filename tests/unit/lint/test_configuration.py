"""configuration: [tool.promptlib.lint] of pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import ConfigurationError
from promptlib.lint.configuration import LintConfiguration, read_configuration
from promptlib.lint.violations import Violation


def written(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_are_excluded_for_all_files_or_for_some(tmp_path: Path) -> None:
    found = read_configuration(
        written(
            tmp_path,
            '[tool.promptlib.lint]\ninclude = ["c"]\nbusy-tables = ["d*"]\n'
            '[tool.promptlib.lint.exclude]\na = "why"\n'
            '[tool.promptlib.lint.per-file-exclude."2025*"]\nb = "why"\n',
        )
    )
    assert (found.include, found.busy_tables) == (["c"], ["d*"])
    covered = [
        found.excludes(Violation(Path("sql", name), 1, 1, rule, ""))
        for name in ("20250101000000_x.sql", "20260101000000_x.sql")
        for rule in ("a", "b", "c")
    ]
    assert covered == [True, True, False, True, False, False]


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", "[tool.promptlib]\n", "tool = 1\n"])
def test_nothing_is_excluded_where_nothing_says_so(tmp_path: Path, text: str) -> None:
    assert read_configuration(written(tmp_path, text)) == LintConfiguration({}, {}, [], [])
    assert read_configuration(tmp_path / "nowhere.toml") == LintConfiguration({}, {}, [], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool", "cannot be read: "),
        ("[tool.promptlib]\nlint = 1\n", "[tool.promptlib.lint] is no table"),
        ("[tool.promptlib.lint]\nexcludes = 1\n", "[tool.promptlib.lint] has no option excludes; "),
        (
            '[tool.promptlib.lint]\nexclude = ["a"]\n',
            "exclude of [tool.promptlib.lint] is no table",
        ),
        ("[tool.promptlib.lint]\nper-file-exclude = 1\n", "per-file-exclude of [tool.promptlib."),
        ('[tool.promptlib.lint.per-file-exclude]\n"a" = "b"\n', "per-file-exclude.a of [tool."),
        ('[tool.promptlib.lint]\ninclude = "a"\n', "include of [tool.promptlib.lint] is no list"),
        (
            "[tool.promptlib.lint]\nbusy-tables = [1]\n",
            "busy-tables of [tool.promptlib.lint] is no",
        ),
        ("[tool.promptlib.lint.exclude]\na = true\n", "gives no reason for a; "),
        ('[tool.promptlib.lint.exclude]\na = " "\n', "gives no reason for a; "),
        ('[tool.promptlib.lint.per-file-exclude.x]\na = ""\n', "per-file-exclude.x of [tool."),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(written(tmp_path, text))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: ")


def test_this_projects_own_have_reasons_and_match_files(root: Path) -> None:
    found = read_configuration(root / "pyproject.toml")
    assert found.per_file
    for pattern in found.per_file:
        assert [*(root / "sql").glob(pattern)]
