"""Changes of a model: folders with `model.py`, and with `before.sql` where something is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.models import ENV
from support.projects import ROOT
from support.psql import schema

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

GOLDEN = Path(__file__).parents[1] / "golden"
# What before.sql begins with, if not all servers know it, or spell it in the same way.
_NEEDS = re.compile("-- PostgreSQL ([0-9]+)\n")
_SPELLED = re.compile("-- spelled by PostgreSQL ([0-9]+)\n")


def changes(folder: str) -> list[Path]:
    """The changes in a folder of tests/golden."""
    return sorted(path.parent for path in (GOLDEN / folder).glob("*/model.py"))


def begin(change: Path, project: Project, database: Database) -> list[str]:
    """Make what is there before, and the model known; the catalog."""
    sql = _before(change)
    if not _suits(_NEEDS.match(sql), database):
        pytest.skip("not for this server")
    project.add(1, sql)
    inside.alembic(project, "upgrade", "head")
    shutil.copy(change / "model.py", project.folder)
    shutil.copy(ROOT / "pyproject.toml", project.folder)  # which rules of lint do not fit
    (project.folder / "alembic" / "env.py").write_text(ENV)
    return catalog(database)


def is_spelled_so(change: Path, database: Database) -> bool:
    """Whether this server spells definitions as the golden files have them."""
    return _suits(_SPELLED.match(_before(change)), database)


def _before(change: Path) -> str:
    there = change / "before.sql"
    return there.read_text(encoding="utf-8") if there.exists() else "SELECT 1;"


def _suits(needed: re.Match[str] | None, database: Database) -> bool:
    found: str = database.value("SHOW server_version_num")
    return needed is None or found >= f"{needed[1]}0000"


def prove(project: Project, database: Database, before: list[str], files: list[Path]) -> None:
    """Run what was written for a change up and down, and let verify prove it, up again as well."""
    inside.alembic(project, "upgrade", "head")
    assert inside.alembic(project, "check").stdout == "No new upgrade operations detected.\n"
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", f"-{len(files)}")
    assert catalog(database) == before
    proven = project.promptlib("verify", *(path.name[:14] for path in files), ok=None)
    assert proven.returncode == 0, proven.stdout


def require_no_finding(project: Project, files: list[Path]) -> None:
    """Let lint look at files."""
    said = project.promptlib("lint", *map(str, files), ok=None).stdout.splitlines()
    assert [line for line in said if re.match(r".*[.]sql:[0-9]", line)] == []


def catalog(database: Database) -> list[str]:
    """The schema but for the order of columns and what promptlib itself makes."""
    ours = ("alembic_version", "migration_deploys", "migration_events*", "migrations")
    lines = schema(database, *(f"--exclude-table={name}" for name in ours))
    return sorted(line.strip().rstrip(",") for line in lines if line and not line.startswith("--"))
