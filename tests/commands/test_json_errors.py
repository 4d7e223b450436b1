"""Errors with `--json`: a document on stdout, exit code 2, and silence on stderr."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.cli.full_parser import make_parser
from support.command_line import nodes
from support.projects import ONE, Project, environment_with, path_of

if TYPE_CHECKING:
    from support.databases import Database

_NOWHERE = "postgresql://u:pa55word@127.0.0.1:1/d"
_WITH_JSON = [
    " ".join(node.words)
    for node in nodes(make_parser())
    if any("--json" in action.option_strings for action in node.options)
]


def _error(project: Project, *words: str) -> dict[str, str]:
    said = project.promptlib(*words, ok=False)
    assert (said.returncode, said.stderr) == (2, "")
    document = json.loads(said.stdout)
    assert [*document] == ["error"]
    assert [*document["error"]] == ["code", "message", "place", "remedy"]
    found: dict[str, str] = document["error"]
    return found


def test_which_commands_take_it() -> None:
    assert _WITH_JSON == ["status", "pending", "executed", "history", "db test"]


@pytest.mark.parametrize("command", _WITH_JSON)
def test_no_server(tmp_path: Path, command: str) -> None:
    error = _error(Project.copy(tmp_path, _NOWHERE), *command.split(), "--json")
    assert error["code"] == "no-connection"
    assert error["message"].startswith("cannot connect to postgresql://u@127.0.0.1:1/d")
    assert "pa55word" not in str(error)


@pytest.mark.parametrize("command", _WITH_JSON)
def test_no_configuration(tmp_path: Path, command: str) -> None:
    project = Project.copy(tmp_path, _NOWHERE)
    error = _error(project, "--config", "nowhere.ini", *command.split(), "--json")
    assert error == {
        "code": "configuration",
        "message": "there is no such file",
        "place": "nowhere.ini",
        "remedy": "go to the project's folder, or name it with --config; promptlib init makes one",
    }


@pytest.mark.parametrize("command", _WITH_JSON)
def test_a_command_line_that_argparse_refuses(tmp_path: Path, command: str) -> None:
    project = Project.copy(tmp_path, _NOWHERE)
    assert _error(project, *command.split(), "--json", "--nothing") == {
        "code": "usage",
        "message": "unrecognized arguments: --nothing",
        "place": "",
        "remedy": "",
    }


def test_a_misspelt_command(tmp_path: Path) -> None:
    assert _error(Project.copy(tmp_path, _NOWHERE), "statsu", "--json") == {
        "code": "usage",
        "message": "no command 'statsu'",
        "place": "",
        "remedy": "did you mean status?",
    }


def test_a_command_that_does_not_take_it(tmp_path: Path) -> None:
    error = _error(Project.copy(tmp_path, _NOWHERE), "migrate", "--json")
    assert error["message"] == "unrecognized arguments: --json"


def test_words_behind_two_dashes_are_no_options(tmp_path: Path) -> None:
    project = Project.copy(tmp_path, _NOWHERE)
    (tmp_path / "sql" / "notes.sql").write_text("SELECT 1;")
    said = project.promptlib("new", "--", "--json", ok=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("sql/notes.sql: ")


def test_a_name_that_is_no_migration_s(tmp_path: Path) -> None:
    project = Project.copy(tmp_path, _NOWHERE)
    project.write("notes.sql", "SELECT 1;")
    error = _error(project, "status", "--json")
    assert (error["code"], error["place"]) == ("migration-file", "sql/notes.sql")
    assert error["remedy"].startswith("rename it")


def test_the_driver_s_error(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    database.query("ALTER TABLE migration_events DROP COLUMN error")
    error = _error(three, "history", "--json")
    assert error["code"] == "statement-failed"
    assert 'column "error" does not exist' in error["message"]
    told = three.promptlib("history", ok=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert 'column "error" does not exist' in told.stderr


def test_the_system_s_error(tmp_path: Path) -> None:
    name = "a" * 300 + ".ini"
    error = _error(Project.copy(tmp_path, _NOWHERE), "status", "--json", "--config", name)
    assert error["message"] == "cannot be read: File name too long"
    assert error["place"] == name


@pytest.mark.parametrize("command", ["status --json", "status", "stats --json"])
def test_where_nothing_can_be_written_stderr_says_so(three: Project, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [path_of("promptlib"), *command.split()],
            cwd=three.folder,
            env=environment_with({"DATABASE_URL": three.url}),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
