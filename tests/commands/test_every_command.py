"""What holds for every command of `promptlib`: options, errors, configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.cli.full_parser import make_parser
from support.command_line import nodes
from support.projects import ONE, Project, environment_with, path_of, run
from support.servers import PASSWORD_USER

if TYPE_CHECKING:
    from support.databases import Database

_NEEDS_SERVER = [
    *("migrate", "migrate --dry-run", "rollback", "rollback -n 2 --yes", "repair --yes", "status"),
    *("status --json", "pending", "executed", "history", "backup b", "db show", "db test"),
    *("db test --json", "db create", "db drop --yes", "db wait --timeout 0"),
    *("verify", "adopt --yes", "dump", "redo", "reset --yes", "baseline"),
]
_READS_FILES = ["migrate", "migrate --dry-run", "rollback", "repair --yes", "db test", "verify"]


def test_no_command_is_left_out() -> None:
    """The list above knows every command but those that need no server."""
    known = {each.split(" -")[0].removesuffix(" b") for each in _NEEDS_SERVER}
    every = {
        node.parser.prog.removeprefix("promptlib ")
        for node in nodes(make_parser())
        if not node.commands
    }
    without = {"init", "import", "new", "erd", "completion", "lint", "check", "db stop", "squash"}
    assert every - known == {*without, "restore"}


@pytest.mark.parametrize("command", _NEEDS_SERVER)
def test_no_server(tmp_path: Path, command: str) -> None:
    project = Project.copy(tmp_path, "postgresql://u:pa55word@127.0.0.1:1/d")
    project.add(1, "SELECT 1;")
    said = project.promptlib(*command.split(), ok=False)
    assert said.returncode == 2
    told, other = (said.stdout, said.stderr)[:: 1 if "--json" in command else -1]
    assert other == ""
    assert "cannot connect to postgresql://u@127.0.0.1:1/d" in told
    assert "pa55word" not in told
    assert not (tmp_path / "b").exists()


@pytest.mark.usefixtures("secretive")
def test_a_wrong_password(three: Project) -> None:
    three.url = three.url.replace("postgres@", f"{PASSWORD_USER}:wr0ng@")
    for command in ("status", "migrate", "db test", "db create", "rollback", "backup b"):
        said = three.promptlib(*command.split(), ok=False)
        assert (said.returncode, said.stdout) == (2, "")
        assert "password authentication failed" in said.stderr
        assert "wr0ng" not in said.stderr


def test_a_broken_file(three: Project) -> None:
    three.promptlib("migrate", ONE)
    three.write("20260101000000_broken.sql", "-- UP\nSELECT 'it;\n-- DOWN\nSELECT 1;\n")
    for command in _READS_FILES:
        said = three.promptlib(*command.split(), ok=False)
        assert said.returncode == (1 if command == "db test" else 2)
        assert "sql/20260101000000_broken.sql:2:8: " in said.stderr
    looked = three.promptlib("status")
    assert "4 migrations: 1 executed, 3 pending" in looked.stdout


@pytest.mark.parametrize("command", [*_READS_FILES, "status", "pending", "new x"])
def test_a_file_that_is_no_migration(tmp_path: Path, command: str) -> None:
    project = Project.copy(tmp_path, "postgresql://127.0.0.1:1/d")
    project.write("notes.sql", "SELECT 1;")
    said = project.promptlib(*command.split(), ok=False)
    assert said.returncode == 2
    assert said.stderr.startswith("sql/notes.sql: not the name of a migration; rename it")


def test_options_stand_before_the_command_or_behind_it(
    three: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url, three.url = three.url, "postgresql://127.0.0.1:1/nowhere"
    three.promptlib("--url", url, "migrate", "--quiet", ONE)
    assert "1 executed" in three.promptlib("status", "--url", url).stdout
    options = ["--config", str(three.folder / "alembic.ini"), "--url", url]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for command in (["status", *options], [*options, "status"]):
        assert "1 executed" in run("promptlib", *command, folder=elsewhere).stdout
    assert (
        "1 executed"
        in run(
            "promptlib", "status", "--url", url, folder=elsewhere, ALEMBIC_CONFIG=options[1]
        ).stdout
    )
    told = three.promptlib("-v", "status", "--url", url).stderr
    assert told.splitlines() == ["configuration: alembic.ini", f"database: {url}, from --url"]
    assert three.promptlib("status", "-v", "-q", ok=False).returncode == 2
    refused = three.promptlib("status", "--url", "mysql://u:pa55word@h/d", ok=False)
    assert refused.stderr.startswith("--url: the URL has the unknown scheme mysql://")
    assert "pa55word" not in refused.stderr


def test_pyproject_toml_alone(three: Project) -> None:
    (three.folder / "alembic.ini").unlink()
    (three.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
        'late_migrations = "apply"\n'
    )
    three.promptlib("migrate", ONE)
    three.add("20250101000000", "SELECT 1;")
    assert "1 late" in three.promptlib("status").stdout
    three.promptlib("migrate", "--config", "pyproject.toml")
    assert "4 executed" in three.promptlib("status").stdout
    three.promptlib("new", "another")
    assert three.promptlib("rollback", ok=False).returncode == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sql_location", "alembic.ini: cannot be read: "),
        ("[alembic]\nsql_location = %(nowhere)s", "alembic.ini: cannot be read: sql_location"),
        ("[alembic]\n", "alembic.ini: sql_location is not set"),
        ("[alembic]\nsql_location = gone", "gone: the migrations cannot be listed"),
        ("[alembic]\nlock_attempts = many", "alembic.ini: lock_attempts cannot be 'many'"),
    ],
)
def test_a_configuration_that_makes_no_sense(tmp_path: Path, content: str, said: str) -> None:
    project = Project.copy(tmp_path, "postgresql://127.0.0.1:1/d")
    (tmp_path / "alembic.ini").write_text(content)
    for command in ("status", "new x"):
        refused = project.promptlib(*command.split(), ok=False)
        assert refused.returncode == 2
        assert refused.stderr.startswith(said)


def test_another_schema(three: Project, database: Database) -> None:
    database.query("CREATE SCHEMA meta")
    three.configure(version_table_schema="meta")
    three.promptlib("migrate")
    assert "3 executed" in three.promptlib("status").stdout
    assert database.value("SELECT count(*) FROM meta.migrations") == 3
    three.add(ONE, "SELECT 2;", name="make_a")
    three.promptlib("repair", "--yes")
    assert three.promptlib("history").stdout.count("\n") == 5
    assert three.promptlib("migrate").stderr.endswith("(head)\n")


def test_what_only_looks_needs_no_right_to_write(three: Project, database: Database) -> None:
    three.promptlib("migrate", ONE)
    database.query(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    for command in ("status", "pending", "executed", "history", "db show"):
        three.promptlib(*command.split())
    assert three.promptlib("db", "test", ok=False).returncode == 1  # no deploy could write


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system without files to make")
def test_a_file_system_that_takes_no_files(three: Project) -> None:
    backup = three.promptlib("backup", "/proc/b", ok=False)
    assert backup.returncode == 2
    assert "no backup can be written" in backup.stderr
    assert three.promptlib("migrate", "--backup", "/proc/b", ok=False).returncode == 2
    assert "3 pending" in three.promptlib("status").stdout
    (three.folder / "alembic.ini").write_text(
        "[alembic]\nsql_location = /proc/sys/vm\nscript_location = alembic\n"
    )
    new = three.promptlib("new", "x", ok=False)
    assert new.returncode == 2
    assert "_x.sql: cannot be written: " in new.stderr


def test_promptlib_as_a_module_and_without_a_project(tmp_path: Path) -> None:
    helped = run("python", "-m", "promptlib", "--help")
    assert "promptlib migrate" in helped.stdout
    lost = run("promptlib", "migrate", folder=tmp_path, ok=False)
    assert lost.stderr.startswith("alembic.ini: there is no such file; go to the project's folder")
    assert not list(tmp_path.iterdir())


def _keys(found: object) -> set[str]:
    """Every key of a document."""
    if isinstance(found, list):
        return {key for each in found for key in _keys(each)}
    if isinstance(found, dict):
        return {*found}.union(*map(_keys, found.values()))
    return set()


def test_the_page_of_commands_tells_of_every_key(three: Project, root: Path) -> None:
    three.promptlib("migrate", ONE)
    section = (root / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for command in ("status", "pending", "executed", "history", "db test"):
        keys = _keys(three.document(*command.split()))
        assert {key for key in keys if f'"{key}"' not in section} == set()


def test_a_reader_may_leave(three: Project) -> None:
    for number in range(4, 40):
        three.add(f"202501030000{number:02}", "SELECT 1;")
    three.promptlib("migrate")
    for command in ("status", "status --json", "history", "executed"):
        line = f"{path_of('promptlib')} {command} | head -1"
        result = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            cwd=three.folder,
            env=environment_with({"DATABASE_URL": three.url}),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (result.stderr, result.returncode) == ("", 0)
        assert result.stdout.count("\n") == 1


def test_what_is_asked_often_loads_no_alembic(three: Project) -> None:
    three.promptlib("migrate")
    code = (
        "import sys; from promptlib.cli import main; code = main.main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr);"
        "sys.exit(code)"
    )
    for command in ("status", "pending", "executed", "history", "db test", "migrate"):
        result = subprocess.run(
            [sys.executable, "-c", code, *command.split()],
            cwd=three.folder,
            env=environment_with({"DATABASE_URL": three.url}),
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        loaded = set(result.stderr.splitlines()[-1].split())
        assert "psycopg2" in loaded
        assert not loaded & {"alembic", "sqlalchemy", "dotenv"}


def test_an_empty_folder(project: Project, database: Database, tmp_path: Path) -> None:
    assert project.promptlib("status").stdout == "the database is at base, without migrations\n"
    assert project.promptlib("pending").stdout == ""
    assert project.document("status")["head"] is None
    assert project.document("executed") == {"executed": []}
    assert project.document("db", "test")["ok"] is True
    assert database.tables() == set()
    assert project.promptlib("migrate", "--dry-run").stdout.count("CREATE TABLE") >= 2
    assert project.promptlib("migrate").stderr == "the database is at base, without migrations\n"
    assert (tmp_path / "sql").exists()
