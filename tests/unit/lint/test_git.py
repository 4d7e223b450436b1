"""git: what a base branch holds of a folder, and what is said where git cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError, MissingExtraError
from promptlib.lint.git import BaseBranch, git_identity, open_base

if TYPE_CHECKING:
    from pathlib import Path

    from support.repositories import Repository


def _write(repository: Repository, name: str, text: str) -> None:
    (repository.folder / name).write_text(text, encoding="utf-8")


def _contents(base: BaseBranch, files: str) -> dict[str, str]:
    found = {"tip": base.tip, "fork": base.fork}[files]
    return {name: base.content(identity).decode() for name, identity in found.items()}


def test_the_files_of_the_base_and_of_where_the_branch_left_it(repository: Repository) -> None:
    _write(repository, "elsewhere.sql", "no")
    _write(repository, "sql/ä b.sql", "één\n")
    for name in ("folder/deep", ".hidden", "repeatable"):
        (repository.folder / "sql" / name).mkdir(parents=True)
    _write(repository, "sql/folder/deep/below.sql", "yes")
    _write(repository, "sql/.hidden/no.sql", "no")
    _write(repository, "sql/repeatable/no.sql", "no")
    repository.commit()
    repository.branch("topic")
    _write(repository, "sql/topic.sql", "mine")
    repository.commit()
    repository.switch("main")
    _write(repository, "sql/ä b.sql", "twee\n")
    _write(repository, "sql/c.sql", "")
    repository.commit()
    repository.switch("topic")
    with open_base(repository.folder / "sql", "main") as base:
        assert base.name == "main"
        assert _contents(base, "fork") == {"ä b.sql": "één\n", "below.sql": "yes"}
        assert _contents(base, "tip") == {"ä b.sql": "twee\n", "c.sql": "", "below.sql": "yes"}
        assert base.places["below.sql"] == "folder/deep/below.sql"
        assert base.content("0" * 40) == b""


@pytest.mark.parametrize("length", [40, 64])
def test_an_identity_is_the_one_that_git_gives(repository: Repository, length: int) -> None:
    _write(repository, "a", "größe\0\n")
    made = repository.git("hash-object", "a")
    found = git_identity("größe\0\n".encode(), "f" * length)
    assert len(found) == length
    assert (found == made) is (length == len(made))


def test_what_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with (
        pytest.raises(ConfigurationError, match="this is in no git repository; leave --base out"),
        open_base(tmp_path, "main"),
    ):
        pass


@pytest.mark.parametrize("ref", ["gone", "-x", "HEAD~9"])
def test_a_commit_that_is_none(repository: Repository, ref: str) -> None:
    repository.commit()
    with (
        pytest.raises(ConfigurationError, match=f"git knows no commit {ref} here; fetch it"),
        open_base(repository.folder, ref),
    ):
        pass


def test_histories_that_never_met(repository: Repository) -> None:
    repository.commit()
    repository.git("checkout", "--quiet", "--orphan", "other")
    _write(repository, "a", "another beginning")
    repository.commit()
    with (
        pytest.raises(ConfigurationError, match="HEAD and main have no commit in common"),
        open_base(repository.folder, "main"),
    ):
        pass


def test_a_machine_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository.folder))
    with (
        pytest.raises(MissingExtraError, match="git is not installed; install it"),
        open_base(repository.folder, "main"),
    ):
        pass
