"""What commands say, whole, from the first line to the last: in tests/data/messages/commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.messages import FOLDER, require_file
from support.transcripts import run_transcript

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_NAMES = sorted(path.stem for path in (FOLDER / "commands").glob("*.txt"))


@pytest.mark.parametrize("name", _NAMES)
def test_what_commands_say(project: Project, database: Database, name: str) -> None:
    before = (FOLDER / "commands" / f"{name}.txt").read_text(encoding="utf-8")
    require_file(f"commands/{name}", run_transcript(before, project, database))
