"""What was typed beside a command is told again in remedies: it says which database is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


_NO_MODEL = """from alembic import context
from promptlib import environment
environment.run(context, 5)
"""


@pytest.fixture
def late(three: Project) -> Project:
    """A project with a late migration, and a second section of the same settings."""
    three.promptlib("migrate")
    three.add("20240101000000", "SELECT 1;")
    ini = three.folder / "alembic.ini"
    ini.write_text(ini.read_text() + "\n[other]\n" + ini.read_text().partition("[alembic]\n")[2])
    return three


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("promptlib migrate", "promptlib migrate --late apply"),
        ("promptlib --name other migrate", "promptlib --name other migrate --late apply"),
        (
            "promptlib -n other --config alembic.ini status",
            "promptlib --name other --config alembic.ini migrate --late apply",
        ),
        ("alembic upgrade head", "alembic -x late=apply upgrade head"),
        ("alembic -n other upgrade head", "alembic -n other -x late=apply upgrade head"),
        ("alembic -n other current", "alembic -n other -x late=apply upgrade head"),
    ],
)
def test_a_remedy_means_the_same_database(late: Project, words: str, remedy: str) -> None:
    program, *arguments = words.split()
    said = getattr(late, program)(*arguments, ok=None)
    assert f", or {remedy} (if it ran here by other means: alembic " in said.stderr


def test_a_url_is_not_shown_again(late: Project, database: Database) -> None:
    said = late.promptlib("--url", database.url, "migrate", ok=False)
    assert "promptlib --url URL migrate --late apply" in said.stderr
    assert database.url not in said.stderr
    said = late.alembic("-x", f"url={database.url}", "upgrade", "head", ok=False)
    assert "alembic -x url=URL -x late=apply upgrade head" in said.stderr
    assert database.url not in said.stderr


@pytest.mark.parametrize(
    "words",
    ["--url= migrate", "rollback --to=", "--config= status", "status --name=", "-n= migrate"],
)
def test_what_a_shell_left_empty_is_an_error(three: Project, words: str) -> None:
    said = three.promptlib(*words.split(), ok=False)
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1].endswith("it is empty")


@pytest.mark.parametrize("words", ["rollback -n 1 --to base --yes", "rollback --to base -n 2"])
def test_how_many_and_how_far_are_two_things(
    three: Project, database: Database, words: str
) -> None:
    three.promptlib("migrate")
    said = three.promptlib(*words.split(), ok=False)
    assert "not allowed with argument" in said.stderr
    assert {"a", "b", "c"} <= database.tables()


def test_an_unknown_action_names_the_help_of_its_group(three: Project) -> None:
    said = three.promptlib("db", "xyzzy", ok=False).stderr
    assert "promptlib db --help names them all" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "raise LookupError('gone')",
            "alembic/env.py:1: cannot be run: LookupError: gone; mend it",
        ),
        ("import nothing_such", "alembic/env.py:1: cannot be run: ModuleNotFoundError: "),
        ("def :", "alembic/env.py:1: cannot be run: SyntaxError: "),
        (
            _NO_MODEL,
            "alembic/env.py:3: cannot be run: TypeError: ",
        ),
    ],
)
def test_env_py_that_cannot_be_run(three: Project, text: str, said: str) -> None:
    (three.folder / "alembic" / "env.py").write_text(text)
    found = three.promptlib("erd", ok=False)
    assert found.returncode == 2
    assert found.stderr.startswith(said)
