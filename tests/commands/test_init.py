"""`promptlib init`: from an empty folder to a table, and what a folder has already stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.imports import SAMPLES, write
from support.projects import Project, run
from support.repositories import Repository
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database


def everything(folder: Path) -> list[str]:
    """The files of a folder."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(map(str, found))


def test_three_commands_to_a_table(tmp_path: Path, database: Database) -> None:
    project = Project(tmp_path)
    first = project.promptlib("init", "--yes", "--url", database.url)
    assert first.stdout == 'next: promptlib new "create users"\n'
    made = tmp_path / project.promptlib("new", "create users").stdout.strip()
    made.write_text("-- UP\nCREATE TABLE users ();\n-- DOWN\nDROP TABLE users;\n")
    project.promptlib("migrate")
    assert database.value("SELECT to_regclass('users') IS NOT NULL") is True
    assert project.promptlib("init", "--yes").stdout == "next: promptlib migrate\n"
    assert database.value("SELECT count(*) FROM promptlib_migrations") == 1
    # Alembic's own commands work as well.
    project.alembic("downgrade", "base")
    assert database.value("SELECT to_regclass('users') IS NULL") is True
    project.alembic("revision", "-m", "another")
    assert len([*tmp_path.glob("sql/*.sql")]) == 2


def test_it_asks_at_a_terminal_and_writes_nothing_unless_somebody_agrees(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.black]\nline-length = 3\n"})
    project = Project(tmp_path)
    refused = project.promptlib("init", ok=False)
    assert refused.stderr.endswith("so nothing was changed; say --yes to go on\n")
    for answer, code in (("n", 1), ("y", 0)):
        assert everything(tmp_path) == ["pyproject.toml"]
        with Terminal(project, "init") as terminal:
            terminal.says("folder of the migrations [sql]")
            terminal.type("changes")
            terminal.says("postgresql://user:password@host/database, or embedded [none]")
            terminal.type("postgresql://127.0.0.1:1/d")
            terminal.says("as package.module:metadata [none]")
            terminal.type("our model")
            terminal.says("our model is not that; type it again, or none")
            terminal.type("our.model:metadata")
            terminal.says("workflow for github or gitlab [none]")
            terminal.type("")
            terminal.says("write them? [y/N]")
            terminal.type(answer)
            screen = terminal.ends(code)
            assert "  pyproject.toml  (lines more, beside what is there)\n" in screen
            assert "  changes/.gitkeep\n" in screen
    assert everything(tmp_path) == [
        *(".env", ".env.example", ".gitignore", "alembic/env.py", "changes/.gitkeep"),
        "pyproject.toml",
    ]
    assert "import metadata" in (tmp_path / "alembic" / "env.py").read_text()


def test_from_plain_alembic(tmp_path: Path) -> None:
    for path in (SAMPLES / "alembic").rglob("*.*"):
        write(tmp_path, {str(path.relative_to(SAMPLES / "alembic")): path.read_bytes()})
    project = Project(tmp_path, "postgresql://127.0.0.1:1/d")
    refused = project.promptlib("init", "--yes", ok=False)
    assert "promptlib init --from alembic converts them" in refused.stderr
    said = project.promptlib("init", "--yes", "--from", "alembic")
    assert "found in ., of alembic\n" in said.stderr
    assert "alembic/env.py stays as it is; Alembic's own commands need it to end: " in said.stderr
    assert said.stdout.startswith(
        "next: promptlib migrate; first promptlib adopt, where alembic has run them already"
    )
    assert len([*tmp_path.glob("sql/*.sql")]) == 4
    again = project.promptlib("init", "--yes", "--from", "alembic")
    assert again.stderr.count("is there already") == 4
    assert "nothing is missing" in again.stderr


def test_nothing_is_half_written(tmp_path: Path) -> None:
    write(tmp_path, {".github": "a file"})
    said = Project(tmp_path).promptlib("init", "--yes", "--ci", "github", ok=False)
    assert said.stderr.endswith(
        ".github/workflows/migrations.yml: cannot be written, so nothing was: a folder of its path "
        "is a file; make the folder writable, or name another\n"
    )
    assert everything(tmp_path) == [".github"]
    assert [path.name for path in tmp_path.iterdir()] == [".github"]
    elsewhere = run("promptlib", "init", "--yes", folder=Path("/proc"), ok=False)
    assert "alembic.ini: cannot be written, so nothing was" in elsewhere.stderr


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_workflow_s_command_runs(tmp_path: Path, database: Database, ci: str) -> None:
    repository = Repository.make(tmp_path)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "main")
    project = Project(tmp_path, database.url)
    project.promptlib("init", "--yes", "--ci", ci)
    project.add(1, "CREATE TABLE a (i bigint);", "DROP TABLE a;")
    (workflow,) = [*tmp_path.glob(".git*/workflows/*.yml"), *tmp_path.glob(".gitlab-ci.yml")]
    lines = workflow.read_text().splitlines()
    (command,) = [line.partition("promptlib check ")[2] for line in lines if "lib check" in line]
    for base in ("${{ github.base_ref }}", "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        command = command.replace(base, "main").replace('"', "")
    words = command.replace("--embedded", f"--scratch {database.server.url}").split()
    said = project.promptlib("check", *words)
    assert not said.stdout.startswith("::error")
