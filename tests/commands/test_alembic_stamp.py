"""`alembic stamp` and `alembic ensure_version`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    from support.databases import Database


def _current(project: Project) -> str:
    return project.alembic("current").stdout


def test_stamp(three: Project, database: Database) -> None:
    three.alembic("stamp", TWO)
    assert _current(three) == f"{TWO}\n"
    assert database.tables() == {"alembic_version"}
    three.alembic("stamp", "head")
    three.alembic("stamp", ONE)
    assert _current(three) == f"{ONE}\n"
    three.alembic("stamp", "--purge", "head")
    assert _current(three) == f"{THREE} (head)\n"
    three.alembic("stamp", "base")
    assert _current(three) == ""


def test_ensure_version_makes_the_version_table_alone(three: Project, database: Database) -> None:
    three.alembic("ensure_version")
    assert database.tables() == {"alembic_version"}
