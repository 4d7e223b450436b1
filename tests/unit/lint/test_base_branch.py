"""base_branch: what a branch may not do to merged migrations, and how its own are to be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.files.directory import list_migrations
from promptlib.lint.base_branch import compare_with_base

if TYPE_CHECKING:
    from support.repositories import Repository

_SQL = Path("sql")
_MERGED = "20250101000001_a.sql"


def _write(name: str, up: str = "SELECT 1;", down: str = "SELECT 2;") -> Path:
    path = _SQL / name
    path.write_text(f"-- UP\n{up}\n-- DOWN\n{down}\n", encoding="utf-8")
    return path


def _found(base: str = "main") -> list[str]:
    """File, rule and what is said, of each finding."""
    found = compare_with_base(_SQL, list_migrations(_SQL), base).violations
    return [f"{each.path.name} {each.rule}: {each.text}" for each in found]


@pytest.fixture
def merged(repository: Repository) -> Repository:
    """A migration on main, and a branch that has left it."""
    _write(_MERGED)
    repository.commit()
    repository.branch("topic")
    return repository


@pytest.mark.usefixtures("merged")
def test_what_is_new_stands_behind_what_is_merged() -> None:
    assert _found() == []
    _write("20250101000002_b.sql")
    assert _found() == []


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize(
    ("up", "down", "edited"),
    [
        ("SELECT 1;", "SELECT 3;", False),
        ("\n SELECT 1;\n", "SELECT 2;", False),
        ("SELECT  1;", "SELECT 2;", True),
        ("SELECT 'never closed", "SELECT 2;", False),  # the format's business
    ],
)
def test_another_up_is_an_edit(up: str, down: str, *, edited: bool) -> None:
    _write(_MERGED, up, down)
    said = (
        f"{_MERGED} edited: main has another UP section; restore it: git checkout main -- "
        f"sql/{_MERGED}, and write a new migration"
    )
    assert _found() == ([said] if edited else [])


@pytest.mark.usefixtures("merged")
def test_a_file_that_is_gone_is_missing() -> None:
    (_SQL / _MERGED).unlink()
    (said,) = _found()
    assert said == (
        f"{_MERGED} missing: main has it, and the file is gone; restore it: git checkout main -- "
        f"sql/{_MERGED}"
    )


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize("name", ["20250101000001_other.sql", "20250101000009_a.sql"])
def test_a_file_with_another_name_is_renamed(name: str) -> None:
    (_SQL / _MERGED).rename(_SQL / name)
    assert _found() == [f"{name} renamed: main has it as {_MERGED}; give it that name again"]


def test_what_came_to_the_base_meanwhile_is_older(merged: Repository) -> None:
    merged.switch("main")
    _write("20250102000000_theirs.sql", "SELECT 2;")
    merged.commit()
    merged.switch("topic")
    _write("20250101120000_mine.sql", "SELECT 3;")
    _write("20250102000000_same.sql", "SELECT 4;")
    theirs = "20250102000000_theirs.sql of main"
    assert [text.partition("; rename it to ")[0] for text in _found()] == [
        f"20250101120000_mine.sql late: it has an older version than {theirs}",
        f"20250102000000_same.sql late: it has the same version as {theirs}",
    ]


@pytest.mark.usefixtures("merged")
def test_new_names_are_all_different_and_later() -> None:
    for name in ("20240101000000_b.sql", "20240102000000_c.sql"):
        _write(name, f"SELECT '{name}';")
    names = [text.rpartition("rename it to ")[2] for text in _found()]
    assert len({*names}) == 2
    assert sorted(names) == names
    assert [name.partition("_")[2] for name in names] == ["b.sql", "c.sql"]
    assert all(name[:14] > _MERGED[:14] for name in names)


def test_a_version_is_no_time_to_come(merged: Repository) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y%m%d%H%M%S}_b.sql"
    _write(tomorrow)
    for base in ("", "main"):
        (said,) = _found(base)
        assert said.startswith(f"{tomorrow} future: its time is in the future: in UTC it is 2")
    merged.commit()
    assert _found("HEAD") == []  # what is merged is merged


def test_without_a_base_git_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sql").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    _write(_MERGED)
    assert _found("") == []


def test_folders_hold_migrations_like_others(merged: Repository) -> None:
    (_SQL / "2025" / "q1").mkdir(parents=True)
    _write("2025/q1/20250101000002_b.sql")
    _write("2025/20250101000003_c.sql")
    merged.commit()
    merged.branch("next")
    assert _found("topic") == []
    (_SQL / _MERGED).rename(_SQL / "2025" / _MERGED)  # which sorts, and changes nothing
    assert _found("topic") == []
    _write("2025/q1/20250101000002_b.sql", up="SELECT 3;")
    (_SQL / "2025" / "20250101000003_c.sql").unlink()
    assert _found("topic") == [
        (
            "20250101000002_b.sql edited: topic has another UP section; restore it: git checkout "
            "topic -- sql/2025/q1/20250101000002_b.sql, and write a new migration"
        ),
        (
            "20250101000003_c.sql missing: topic has it, and the file is gone; restore it: git "
            "checkout topic -- sql/2025/20250101000003_c.sql"
        ),
    ]
