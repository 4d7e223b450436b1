"""`alembic revision --autogenerate` writes SQL that does what the model says, and takes it back.

The cases are folders in tests/golden/autogenerate: `before.sql` makes what is there, where there is
anything; `model.py` says what is to be there; `up.sql` and `down.sql` are what has to be written.
WRITE_GOLDEN=1 writes these two anew: read the difference before you commit it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.changes import begin, changes, is_spelled_so, prove, require_no_finding
from support.models import generated, newest, written

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project


def contents(database: Database) -> list[tuple[object, ...]]:
    """What is in the table t, if there is one."""
    there = database.value("SELECT to_regclass('t') IS NOT NULL")
    return database.query("SELECT to_jsonb(t) FROM t") if there else []


def require_golden(case: Path, up: str, down: str) -> None:
    """Compare sections with what a case expects, from their markers on."""
    found = {"up.sql": up[up.index("-- UP") :], "down.sql": f"-- DOWN\n{down}\n"}
    if os.environ.get("WRITE_GOLDEN"):
        for name, text in found.items():
            (case / name).write_text(text, encoding="utf-8")
    expected = {name: (case / name).read_text(encoding="utf-8") for name in found}
    assert found == expected


@pytest.mark.parametrize("case", changes("autogenerate"), ids=lambda case: case.name)
def test_up_does_what_the_model_says_and_down_takes_it_back(
    project: Project, database: Database, case: Path
) -> None:
    """In one piece, and in stages, where those are more or say it in another way."""
    before, rows = begin(case, project, database), contents(database)
    up, down = generated(project)
    if is_spelled_so(case, database):
        require_golden(case, up, down)
    whole = newest(project)
    prove(project, database, before, [whole])
    assert "data_loss:accepted" in up or contents(database) == rows

    said = whole.read_text(encoding="utf-8")
    whole.unlink()
    files = written(project)
    require_no_finding(project, files)
    if [said] != [path.read_text(encoding="utf-8") for path in files]:
        prove(project, database, before, files)
