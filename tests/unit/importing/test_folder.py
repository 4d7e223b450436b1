"""folder: a folder that can be imported, and one that cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.cli.import_view import explain_import
from promptlib.core.errors import ConfigurationError
from promptlib.importing.folder import plan_folder, usual_folder
from promptlib.importing.tool_list import BY_NAME, TOOLS, Tool
from support.imports import SAMPLES, write

if TYPE_CHECKING:
    from pathlib import Path

_NOT_BY_NAME = ("rails", "alembic")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_s_folder_can_be_read_and_no_other(tool: Tool, tmp_path: Path) -> None:
    planned = plan_folder(tool, SAMPLES / tool.name, tmp_path / "sql")
    assert planned.problems == []
    assert len(planned.new) == (1 if tool.name == "rails" else 4)
    assert len({each.path for each in planned.changes}) == len(planned.new)
    (tmp_path / "none").mkdir()
    with pytest.raises(ConfigurationError, match="name the folder"):
        plan_folder(tool, tmp_path / "none", tmp_path / "sql")


# Behind the name of a migration's file, before what its tool knows it by.
_HOSTILE = "_\n-- UP\n\x1b\u202e"


@pytest.mark.parametrize("tool", [each for each in TOOLS if each.name not in _NOT_BY_NAME])
def test_a_name_may_hold_whatever_a_file_system_takes(tool: Tool, tmp_path: Path) -> None:
    """None is passed over for that, and nothing of it gets into a file of ours or onto a line."""
    for path in sorted((SAMPLES / tool.name).rglob("*.*")):
        stem, dot, rest = path.name.partition("." if tool.name != "flyway" else ".sql")
        write(tmp_path / "from", {f"{stem}{_HOSTILE}{dot}{rest}": path.read_bytes()})
    planned = plan_folder(tool, tmp_path / "from", tmp_path / "sql")
    assert len(planned.new) == 4
    assert planned.problems == []
    for each in planned.changes:
        text = f"{each.path.name}\n{each.after.decode()}"
        assert not set(text) & {"\x1b", "\u202e"}
        assert text.count("-- UP\n") + text.count("-- UP ") == 1
    assert len([*explain_import(planned)]) <= 2 + 2 * len(planned.new)


def test_a_folder_is_not_converted_into_itself(tmp_path: Path) -> None:
    write(tmp_path, {"sql/old/1_a.sql": "-- migrate:up\nA;\n"})
    for folder in (tmp_path / "sql", tmp_path / "sql" / "old", tmp_path / "x" / ".." / "sql"):
        with pytest.raises(ConfigurationError, match="this is where the converted migrations go"):
            plan_folder(BY_NAME["dbmate"], folder, tmp_path / "sql")


def test_what_a_tool_passes_over_is_named_where_there_is_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, {"v1_a.sql": "A;", "V1_a.sql": "A;"})
    with pytest.raises(ConfigurationError, match=r"as V1__name.sql \(V1_a.sql is passed over"):
        plan_folder(BY_NAME["flyway"], tmp_path, tmp_path / "sql")


def test_where_a_tool_s_migrations_usually_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="no folder migrations or db/migrations of goose"):
        usual_folder(BY_NAME["goose"], tmp_path)
    (tmp_path / "db" / "migrations").mkdir(parents=True)
    assert usual_folder(BY_NAME["goose"], tmp_path) == tmp_path / "db" / "migrations"
