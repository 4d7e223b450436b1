"""`promptlib erd`: it needs no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import programs
from support.projects import ROOT, Project, run

if TYPE_CHECKING:
    from pathlib import Path

_OTHER = """from alembic import context
from sqlalchemy import Column, Integer, MetaData, Table

from promptlib import environment

metadata = MetaData()
Table("of_another_project", metadata, Column("id", Integer, primary_key=True))
environment.run(context, metadata)
"""
_NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture
def offline(tmp_path: Path) -> Project:
    """A copy of the project without a database."""
    return Project.copy(tmp_path, _NOWHERE)


def test_mermaid_to_stdout(offline: Project) -> None:
    said = offline.promptlib("erd")
    assert said.stdout.startswith('erDiagram\n    "users" {\n        uuid id PK\n')
    assert said.stdout.endswith('    "providers" ||..o{ "models" : "provider_id"\n')
    assert said.stderr == ""
    assert offline.promptlib("erd", "--format", "mermaid").stdout == said.stdout


def test_a_file(offline: Project) -> None:
    said = offline.promptlib("erd", "--output", "schema.mmd")
    assert (said.stdout, said.stderr) == ("", "wrote schema.mmd\n")
    assert (offline.folder / "schema.mmd").read_text() == offline.promptlib("erd").stdout


def test_svg(offline: Project) -> None:
    programs.required("dot", "graphviz")
    drawn = offline.promptlib("erd", "--format", "svg").stdout
    assert "<svg" in drawn
    assert "provider_templates</text>" in drawn
    offline.promptlib("erd", "--output", "schema.svg", "--quiet")
    assert (offline.folder / "schema.svg").read_text() == drawn
    offline.promptlib("erd", "--output", "schema.svg", "--format", "mermaid")
    assert (offline.folder / "schema.svg").read_text().startswith("erDiagram")


def test_svg_without_graphviz(offline: Project) -> None:
    said = offline.promptlib("erd", "--output", "schema.svg", ok=False, PATH="/nowhere")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("Graphviz, which draws SVG, is not installed: ")
    assert "apt-get install graphviz" in said.stderr
    assert not (offline.folder / "schema.svg").exists()


def test_graphviz_that_fails(offline: Project) -> None:
    program = offline.folder / "dot"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho 'no fonts,\nno luck' >&2\nexit 1\n")
    program.chmod(0o755)
    said = offline.promptlib(
        "erd", "--format", "svg", ok=False, PATH=f"{offline.folder}:/usr/bin:/bin"
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "Graphviz draws nothing: no fonts, no luck\n"


def test_a_file_that_cannot_be_written(offline: Project) -> None:
    said = offline.promptlib("erd", "--output", "nowhere/schema.mmd", ok=False)
    assert said.returncode == 2
    assert said.stderr == "nowhere/schema.mmd: No such file or directory\n"


def test_the_model_is_the_one_that_env_py_hands_over(
    offline: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (offline.folder / "alembic" / "env.py").write_text(_OTHER)
    (offline.folder / "sql" / "20250101000000_broken.sql").write_text("nothing of a migration")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    configuration = str(offline.folder / "alembic.ini")
    said = run("promptlib", "--config", configuration, "erd", folder=elsewhere)
    assert said.stdout == 'erDiagram\n    "of_another_project" {\n        integer id PK\n    }\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "alembic/env.py: there is no such file, which hands over the model; restore it"),
        ("import nowhere", "alembic/env.py:1: cannot be run: ModuleNotFoundError: No module"),
        ("", "alembic/env.py: it hands over no tables; it shall end: environment.run(context, "),
        (_OTHER.replace("Table(", "print("), "alembic/env.py: it hands over no tables; "),
    ],
)
def test_no_model(offline: Project, content: str | None, said: str) -> None:
    path = offline.folder / "alembic" / "env.py"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    refused = offline.promptlib("erd", ok=False)
    assert refused.returncode == 2
    assert refused.stderr.startswith(said)


def test_this_project_draws_itself() -> None:
    assert run("promptlib", "erd", DATABASE_URL=_NOWHERE, folder=ROOT).stdout.count(" {\n") == 5
