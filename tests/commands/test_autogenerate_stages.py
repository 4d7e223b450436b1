"""`alembic revision --autogenerate` writes for tables in use: a file for each stage of a change.

The cases are folders in tests/golden/stages, as those of test_autogenerate.py, which are written in
stages there; `files.sql` is what has to be written, file by file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.changes import begin, changes, is_spelled_so, prove, require_no_finding
from support.models import write_model, written

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project

_VERSION = 14  # digits


def require_golden(case: Path, files: list[Path]) -> None:
    """Compare files with what a case expects, from their markers on."""
    text = ""
    for path in files:
        sql = path.read_text(encoding="utf-8")
        text += f"-- {path.name[_VERSION:]}\n{sql[sql.index('-- UP') :]}\n"
    if os.environ.get("WRITE_GOLDEN"):
        (case / "files.sql").write_text(text, encoding="utf-8")
    assert (case / "files.sql").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("case", changes("stages"), ids=lambda case: case.name)
def test_a_change_in_stages(project: Project, database: Database, case: Path) -> None:
    before = begin(case, project, database)
    files = written(project)
    if is_spelled_so(case, database):
        require_golden(case, files)
    require_no_finding(project, files)
    prove(project, database, before, files)


def test_in_one_piece(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY, a int)")
    write_model(project, 't(Column("a", Integer, index=True, unique=True, nullable=False))')
    inside.alembic(project, "-x", "safe=no", "revision", "--autogenerate", "-m", "x")
    assert len(list((project.folder / "sql").iterdir())) == 1
    refused = inside.alembic(project, "-x", "safe=maybe", "check", ok=False)
    assert refused.stderr == "-x safe cannot be 'maybe'; write yes or no\n"


def test_rows_that_are_not_filled(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
    write_model(project, 't(Column("n", Integer, nullable=False))')
    _, last = written(project)
    refused = inside.alembic(project, "upgrade", "head", ok=False).stderr
    assert 'check constraint "t_n_filled" of relation "t" is violated by some row' in refused
    assert f"{last.name}:" in refused
    database.query("UPDATE t SET n = 1")  # as whoever fills the column would, between the two
    inside.alembic(project, "upgrade", "head")
