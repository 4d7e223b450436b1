"""`alembic revision --autogenerate` writes SQL that does what the model says, and takes it back.

The cases are folders in tests/golden/autogenerate: `before.sql` makes what is there, where there is
anything; `model.py` says what is to be there; `up.sql` and `down.sql` are what has to be written.
WRITE_GOLDEN=1 writes these two anew: read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.catalogs import catalog
from support.models import ENV, generated, newest

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_NEEDS = re.compile("-- PostgreSQL ([0-9]+)\n")  # what before.sql begins with, if not all know it
GOLDEN = Path(__file__).parents[1] / "golden" / "autogenerate"


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


@pytest.mark.parametrize(
    "case", sorted(path.parent for path in GOLDEN.glob("*/model.py")), ids=lambda case: case.name
)
def test_up_does_what_the_model_says_and_down_takes_it_back(
    project: Project, database: Database, case: Path
) -> None:
    there = case / "before.sql"
    sql = there.read_text(encoding="utf-8") if there.exists() else "SELECT 1;"
    needed = _NEEDS.match(sql)
    if needed and database.query("SHOW server_version_num")[0][0] < f"{needed[1]}0000":
        pytest.skip(f"needs PostgreSQL {needed[1]}")
    project.add(1, sql)
    inside.alembic(project, "upgrade", "head")
    shutil.copy(case / "model.py", project.folder)
    (project.folder / "alembic" / "env.py").write_text(ENV)
    before, rows = catalog(database), contents(database)

    up, down = generated(project)

    require_golden(case, up, down)
    inside.alembic(project, "upgrade", "head")
    assert project.alembic("check").stdout == "No new upgrade operations detected.\n"
    after = catalog(database)
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", "-1")
    assert catalog(database) == before
    assert "data_loss:accepted" in up or contents(database) == rows
    inside.alembic(project, "upgrade", "head")
    assert catalog(database) == after
    proven = project.promptlib("verify", newest(project).name[:14], ok=None)
    assert proven.returncode == 0, proven.stdout
