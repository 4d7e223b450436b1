"""A folder of migrations in a git repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with an empty folder sql/, in which the test is."""
    (tmp_path / "sql").mkdir()
    monkeypatch.chdir(tmp_path)
    return Repository.make(tmp_path)
