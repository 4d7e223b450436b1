"""plugin: what tests of an application ask for, with and without pytest-xdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.imports import write
from support.projects import Project, run

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest")
_TESTS = """
import pytest


@pytest.mark.parametrize("number", range(4))
def test_each_has_its_own(promptlib_database, number):
    connection = promptlib_database.connect()
    cursor = connection.cursor()
    cursor.execute("INSERT INTO users VALUES (1)")
    cursor.execute("SELECT count(*) FROM users")
    assert cursor.fetchone() == (1,)
    connection.commit()
    connection.close()
"""


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one-process", "two-workers"])
def test_an_application_s_tests(tmp_path: Path, database: Database, more: tuple[str, ...]) -> None:
    project = Project(tmp_path, database.url)
    project.promptlib("init", "--yes")
    project.add(1, "CREATE TABLE users (id int);", "DROP TABLE users;")
    write(tmp_path, {"tests/test_app.py": _TESTS, "tests/pytest.ini": "[pytest]\n"})
    options = (f"--promptlib-scratch={database.url}", "-p", "no:cacheprovider", *more)
    where = ("tests", "--promptlib-config=../alembic.ini")
    said = run("pytest", *where, *options, folder=tmp_path)
    assert "4 passed" in said.stdout
    assert database.tables() == set()


def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, {"test_app.py": _TESTS, "pytest.ini": "[pytest]\n"})
    said = run("pytest", "-p", "no:cacheprovider", folder=tmp_path, ok=False, traceback=True)
    assert "alembic.ini: there is no such file" in said.stdout
