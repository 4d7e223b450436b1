"""The seam into Alembic: other projects notice nothing, ours notices when it is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from promptlib.alembic_bridge.revisions import SqlScriptDirectory
from promptlib.registry import tables as registry
from support.projects import ROOT, Project, environment_with, run

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest")

_SESSION = [
    "revision -m one --rev-id a1",
    "revision -m two --rev-id b2",
    "revision -m side --rev-id c3 --head a1 --splice",
    "heads",
    "branches",
    "merge -m together --rev-id d4 heads",
    "history",
    "upgrade head",
    "current",
    "downgrade -1",
    "check",
]


def _without_plugin(folder: Path) -> str:
    """A PYTHONPATH with which our package can be imported but is not installed."""
    hidden = folder / "sitecustomize.py"
    hidden.write_text(
        "from importlib import metadata\n"
        "found = metadata.entry_points\n"
        "metadata.entry_points = lambda **by: () if by == {'group': 'alembic.plugins'} "
        "else found(**by)\n"
    )
    return f"{folder}:{ROOT}"


# Each command in a process of its own, forked from one that has loaded Alembic.
_EACH = """
import os, sys
import alembic.config
for line in sys.argv[1:]:
    print("$", line, flush=True)
    if not os.fork():
        sys.exit(alembic.config.main(line.split(), "alembic"))
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def _plain_session(folder: Path, path: str) -> list[str]:
    """What a project of Alembic's own kind prints, with its folder's name left out."""
    folder.mkdir()
    run("alembic", "init", "scripts", folder=folder, PYTHONPATH=path)
    ini = folder / "alembic.ini"
    url = f"sqlite:///{folder}/test.db"
    text = ini.read_text().replace("driver://user:pass@localhost/dbname", url)
    ini.write_text(text)
    session = subprocess.run(
        [sys.executable, "-c", _EACH, *_SESSION],
        cwd=folder,
        env=environment_with({"PYTHONPATH": path, "PYTHONHASHSEED": "0"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=True,
    )
    return session.stdout.replace(str(folder), "FOLDER").splitlines()


def test_another_project_behaves_as_without_us(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    without = _plain_session(tmp_path / "without", _without_plugin(hidden))
    assert _plain_session(tmp_path / "with_us", "") == without
    assert "d4 (head)" in "\n".join(without)


def test_another_project_gets_alembic_s_own_class(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "scripts"))
    assert type(ScriptDirectory.from_config(config)) is ScriptDirectory
    assert type(ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))) is SqlScriptDirectory


def test_a_project_configured_in_pyproject_toml_alone(project: Project, database: Database) -> None:
    (project.folder / "alembic.ini").unlink()
    (project.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
    )
    project.add(1, "CREATE TABLE a (i int);")
    project.alembic("upgrade", "head")
    assert "a" in database.tables()


@pytest.mark.parametrize("command", ["upgrade head", "current", "check", "stamp head"])
def test_without_the_plugin_nothing_passes_for_success(
    project: Project, database: Database, tmp_path: Path, command: str
) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    result = project.alembic(*command.split(), ok=False, PYTHONPATH=_without_plugin(hidden))
    assert "promptlib's Alembic plugin is not loaded, so no migration would run" in result.stdout
    assert database.tables() == set()


def test_importing_alembic_imports_no_more_of_us_than_the_plugin() -> None:
    code = "import sys, alembic.config; print(*sorted(m for m in sys.modules if 'promptlib' in m))"
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd="/"
    )
    assert said.stdout.split() == [
        "promptlib",
        "promptlib.alembic_bridge",
        "promptlib.alembic_bridge.plugin",
    ]


def test_a_comparison_of_another_program_keeps_our_tables(migrated: Database) -> None:
    migrated.query("CREATE TABLE theirs (i int); CREATE INDEX ON theirs (i)")
    with migrated.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), registry.metadata)
    assert [(kind, item.name) for kind, item in found] == [
        ("remove_index", "theirs_i_idx"),
        ("remove_table", "theirs"),
    ]


def test_tables_of_our_names_that_are_not_ours(database: Database) -> None:
    database.query("CREATE TABLE migrations (id int); CREATE TABLE migration_events (id int)")
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), MetaData())
    assert sorted(item.name for _, item in found) == ["migration_events", "migrations"]
