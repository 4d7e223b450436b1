"""`alembic revision --autogenerate` writes for tables in use: a file for each stage of a change.

The cases are folders in tests/golden/stages, as those of test_autogenerate.py; `files.sql` is what
has to be written, file by file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.catalogs import catalog
from support.models import ENV, write_model
from support.projects import ROOT

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

GOLDEN = Path(__file__).parents[1] / "golden" / "stages"
_VERSION = 14  # digits


def written(project: Project) -> list[Path]:
    """The files that --autogenerate writes."""
    folder = project.folder / "sql"
    before = {*folder.iterdir()}
    said = project.alembic("revision", "--autogenerate", "-m", "x")
    assert said.stderr == "", said.stderr
    return sorted({*folder.iterdir()} - before)


def require_golden(case: Path, files: list[Path]) -> None:
    """Compare files with what a case expects, from their markers on."""
    text = ""
    for path in files:
        sql = path.read_text(encoding="utf-8")
        text += f"-- {path.name[_VERSION:]}\n{sql[sql.index('-- UP') :]}\n"
    if os.environ.get("WRITE_GOLDEN"):
        (case / "files.sql").write_text(text, encoding="utf-8")
    assert (case / "files.sql").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "case", sorted(path.parent for path in GOLDEN.glob("*/model.py")), ids=lambda case: case.name
)
def test_a_change_in_stages(project: Project, database: Database, case: Path) -> None:
    project.add(1, (case / "before.sql").read_text(encoding="utf-8"))
    inside.alembic(project, "upgrade", "head")
    shutil.copy(case / "model.py", project.folder)
    shutil.copy(ROOT / "pyproject.toml", project.folder)  # which rules do not fit
    (project.folder / "alembic" / "env.py").write_text(ENV)
    before = catalog(database)

    files = written(project)

    require_golden(case, files)
    assert project.promptlib("lint", *map(str, files)).returncode == 0
    inside.alembic(project, "upgrade", "head")
    assert project.alembic("check").stdout == "No new upgrade operations detected.\n"
    after = catalog(database)
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", f"-{len(files)}")
    assert catalog(database) == before
    inside.alembic(project, "upgrade", "head")
    assert catalog(database) == after
    versions = [path.name[:_VERSION] for path in files]
    proven = project.promptlib("verify", *versions, ok=None)
    assert proven.returncode == 0, proven.stdout


def test_in_one_piece(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY, a int)")
    write_model(project, 't(Column("a", Integer, index=True, unique=True, nullable=False))')
    project.alembic("-x", "safe=no", "revision", "--autogenerate", "-m", "x")
    assert len(list((project.folder / "sql").iterdir())) == 1
    refused = project.alembic("-x", "safe=maybe", "check", ok=False)
    assert refused.stderr == "-x safe cannot be 'maybe'; write yes or no\n"


def test_rows_that_are_not_filled(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
    write_model(project, 't(Column("n", Integer, nullable=False))')
    _, last = written(project)
    refused = project.alembic("upgrade", "head", ok=False).stderr
    assert 'check constraint "t_n_filled" of relation "t" is violated by some row' in refused
    assert f"{last.name}:" in refused
    database.query("UPDATE t SET n = 1")  # as whoever fills the column would, between the two
    project.alembic("upgrade", "head")
