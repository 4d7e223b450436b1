"""`promptlib import`: every tool's folder makes the same schema."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib import Migrator, StatementError
from promptlib.files.file_set import write_together
from promptlib.importing.folder import plan_folder
from promptlib.importing.tool_list import TOOLS
from promptlib.postgres.catalog import read_catalog
from support.imports import SAMPLES, write
from support.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support.servers import Server


def test_every_tool_makes_the_same_schema(server: Server, tmp_path: Path) -> None:
    catalogs = {}
    for tool in TOOLS:
        database = server.create()
        folder = tmp_path / tool.name
        planned = plan_folder(tool, SAMPLES / tool.name, folder / "sql")
        write_together(planned.changes)
        write(folder, {"alembic.ini": "[alembic]\nsql_location = %(here)s/sql\n"})
        with Migrator(database.url, config=str(folder / "alembic.ini")) as migrator:
            migrator.migrate()
            with contextlib.closing(database.connect()) as connection:
                catalogs[tool.name] = read_catalog(connection)
            if tool.name == "alembic":
                migrator.rollback(to="base")
                assert database.value("SELECT to_regclass('users') IS NULL") is True
            else:
                with pytest.raises(StatementError, match="this migration has no way back"):
                    migrator.rollback()
        server.drop(database.name)
    assert any("users_lower_email" in str(key) for key in catalogs["dbmate"])
    for name, catalog in catalogs.items():
        assert catalog == catalogs["dbmate"], name


def test_the_command_shows_asks_and_writes_nothing_twice(tmp_path: Path) -> None:
    project = Project.copy(tmp_path)
    write(tmp_path, {"from/1_a.up.sql": "A;", "from/2_b.up.sql": "SELECT 'b;"})
    command = ("import", "golang-migrate", "from")
    refused = project.promptlib(*command, "--yes", ok=False)
    assert refused.returncode == 2
    assert "from/2_b.up.sql:1:8: this quote is never closed" in refused.stderr
    assert refused.stderr.endswith("so nothing was written; say --partial to write the other 1\n")
    unasked = project.promptlib(*command, "--partial", ok=False)
    assert unasked.stderr.endswith("so nothing was changed; say --yes to go on\n")
    shown = project.promptlib(*command, "--partial", "--dry-run")
    assert "  1_a.up.sql  sql/20000101000001_a.sql\n" in shown.stderr
    assert [*(tmp_path / "sql").iterdir()] == []
    written = project.promptlib(*command, "--partial", "--yes")
    assert "wrote 1 migration\n" in written.stderr
    assert "first promptlib adopt, where golang-migrate has run them" in written.stdout
    assert [each.name for each in (tmp_path / "sql").iterdir()] == ["20000101000001_a.sql"]
    again = project.promptlib(*command, "--partial", "--yes")
    assert "sql/20000101000001_a.sql  is there already" in again.stderr
    assert again.stderr.endswith("nothing is new\n")
