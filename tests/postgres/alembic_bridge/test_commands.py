"""What the promptlib command leaves to Alembic: new files, and whatever needs the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.alembic_bridge.commands import Alembic
from promptlib.config.project import read_project
from promptlib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from support.projects import Project

pytestmark = pytest.mark.servers("newest")


def alembic(project: Project) -> Alembic:
    """Alembic's commands on a project and its database."""
    read = read_project(str(project.folder / "alembic.ini"), {}, project.url)
    return Alembic(read, read.target())


def test_a_new_file(project: Project) -> None:
    made = alembic(project).new("Make it: twice")
    assert made.parent == project.folder / "sql"
    assert made.name.endswith("_make_it_twice.sql")
    assert "-- DOWN" in made.read_text()


def test_a_model_that_is_none(project: Project) -> None:
    env = project.folder / "alembic" / "env.py"
    env.write_text("import nothing_of_that_name\n")
    with pytest.raises(
        ConfigurationError, match="cannot be run: ModuleNotFoundError: No module"
    ) as caught:
        alembic(project).model()
    assert caught.value.place.endswith("env.py:1")
    env.write_text("from alembic import context\nfrom promptlib import environment\n")
    with pytest.raises(ConfigurationError, match="it hands over no tables"):
        alembic(project).model()
