"""A project of three migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.projects import Project


@pytest.fixture
def three(project: Project) -> Project:
    """A project of three migrations, which make the tables a, b and c."""
    for number, name in ((1, "a"), (3, "b"), (5, "c")):
        create, drop = f"CREATE TABLE {name} (i int);", f"DROP TABLE {name};"
        project.add(number, create, drop, name=f"make_{name}")
    return project
