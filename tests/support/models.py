"""A model in a copy of the project, and the migrations that are made of it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from promptlib.files.parser import parse_migration
from support import inside

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project

ENV = """
from alembic import context

import model
from promptlib import environment

environment.run(context, model.metadata)
"""
MODEL = """
import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table, Text, text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()


def t(*items, **options):
    return Table("t", metadata, Column("id", Integer, primary_key=True), *items, **options)

"""


def write_model(project: Project, source: str) -> None:
    """Write the model, and let env.py find it."""
    (project.folder / "model.py").write_text(MODEL + textwrap.dedent(source))
    (project.folder / "alembic" / "env.py").write_text(ENV)


def generated(project: Project, *arguments: str) -> tuple[str, str]:
    """The text of what --autogenerate writes in one piece: up to the end of UP, and DOWN."""
    command = ("-x", "safe=no", "revision", "--autogenerate", "-m", "x", *arguments)
    assert inside.alembic(project, *command).stderr == ""
    path = newest(project)
    found = parse_migration(path.name[:14], "x", path, path.read_bytes())
    return found.up.source[: found.up.end].decode(), found.down.text


def written(project: Project) -> list[Path]:
    """The files that --autogenerate writes, the oldest first."""
    folder = project.folder / "sql"
    before = {*folder.iterdir()}
    assert inside.alembic(project, "revision", "--autogenerate", "-m", "x").stderr == ""
    return sorted({*folder.iterdir()} - before)


def newest(project: Project) -> Path:
    """The newest migration's file."""
    return max((project.folder / "sql").iterdir())
