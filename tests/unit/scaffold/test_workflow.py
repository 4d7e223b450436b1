"""workflow: where it belongs, and what its owner has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.scaffold.workflow import (
    CI_SYSTEMS,
    workflow_path,
    workflow_remarks,
    workflow_text,
)
from support.imports import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("ci", CI_SYSTEMS)
def test_a_folder_of_a_larger_repository(tmp_path: Path, ci: str) -> None:
    write(tmp_path, {".git/HEAD": "", "service/x": ""})
    assert [*workflow_remarks(tmp_path, ci)] == []
    (told,) = workflow_remarks(tmp_path / "service", ci)
    path = workflow_path(tmp_path / "service", ci)
    assert told.startswith(f"{ci} looks for workflows in {tmp_path} alone: move {path} there, ")


def test_one_file_of_gitlab_s_may_be_somebody_s(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitlab-ci.yml": ""})
    assert workflow_path(tmp_path, "gitlab") == tmp_path / ".gitlab" / "migrations.yml"
    (told,) = workflow_remarks(tmp_path, "gitlab")
    assert told.startswith(".gitlab-ci.yml is yours; let it include ")


@pytest.mark.parametrize(
    ("files", "installed"),
    [
        ({}, "pip install 'promptlib[embedded,lint]'"),
        ({"pyproject.toml": "[tool.black]"}, "pip install 'promptlib[embedded,lint]'"),
        (
            {"pyproject.toml": "[build-system]", "requirements.txt": ""},
            "pip install --editable . --requirement requirements.txt 'promptlib[embedded,lint]'",
        ),
    ],
)
def test_it_installs_what_env_py_may_import(
    tmp_path: Path, files: dict[str, str], installed: str
) -> None:
    write(tmp_path, files)
    assert f" {installed}\n" in workflow_text(tmp_path, "github")
