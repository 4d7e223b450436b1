"""A folder of migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of migrations, and the working directory above it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "sql"
    folder.mkdir()
    return folder
