"""A project of three migrations, for whoever needs some history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, THREE, TWO

if TYPE_CHECKING:
    from support.projects import Project


@pytest.fixture
def three(project: Project) -> Project:
    """A project of three migrations."""
    project.add(ONE, "CREATE TABLE a (i int);", "DROP TABLE a;", name="make_a")
    project.add(TWO, "CREATE TABLE b (i int);", "DROP TABLE b;", name="make_b")
    project.add(THREE, "CREATE TABLE c (i int);", "DROP TABLE c;", name="make_c")
    return project
