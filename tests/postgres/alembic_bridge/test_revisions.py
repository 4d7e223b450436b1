"""`alembic revision` writes the next file; `merge` has nothing to do; `edit` opens a file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, TWO, Project

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest")


def test_revision_writes_a_migration_named_by_the_time(three: Project) -> None:
    before = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    said = three.alembic("revision", "-m", "Add a Größe, 2nd!").stdout
    path = max((three.folder / "sql").iterdir())
    assert before <= path.name[:14] <= datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    assert path.name[14:] == "_add_a_grosse_2nd.sql" or path.name[14:] == "_add_a_groe_2nd.sql"
    assert str(path) in said
    assert [line for line in path.read_text().splitlines() if line] == ["-- UP", "-- DOWN"]
    assert three.alembic("heads").stdout == f"{path.name[:14]} (head)\n"


def test_revisions_made_at_once_follow_each_other(three: Project) -> None:
    three.add("20991231235959", "SELECT 1;", name="far_away")
    three.alembic("revision", "-m", "next")
    assert three.alembic("heads").stdout == "21000101000000 (head)\n"


def test_revision_with_a_version_of_ones_own(three: Project) -> None:
    three.alembic("revision", "-m", "mine", "--rev-id", "20260101000000")
    assert (three.folder / "sql" / "20260101000000_mine.sql").exists()
    refused = three.alembic("revision", "-m", "late", "--rev-id", "20200101000000", ok=False)
    assert "20200101000000 cannot be the next version" in refused.stderr


def test_a_prepared_migration_runs_only_once_it_is_written(
    three: Project, database: Database
) -> None:
    three.alembic("revision", "-m", "later")
    result = three.alembic("upgrade", "head", ok=False)
    assert re.match(r"sql/\d{14}_later\.sql:1:1: no statement follows `-- UP`", result.stderr)
    assert database.tables() == set()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["merge", "heads"], "there is nothing to merge: migrations form one line"),
        (["merge", "-m", "x", ONE, TWO], "there is nothing to merge: migrations form one line"),
        (["revision", "-m", "x", "--splice"], "--splice has no meaning here"),
        (["revision", "-m", "x", "--head", ONE], "--head has no meaning here"),
        (["revision", "-m", "x", "--branch-label", "b"], "--branch-label has no meaning here"),
        (["revision", "-m", "x", "--depends-on", ONE], "--depends-on has no meaning here"),
        (["revision", "-m", "???"], "no name can be made of '???'"),
        (["revision"], "no name can be made of ''"),
    ],
)
def test_what_one_line_of_history_cannot_do(
    three: Project, arguments: list[str], expected: str
) -> None:
    result = three.alembic(*arguments, ok=False)
    said = result.stdout + result.stderr
    assert expected in said
    assert said.count("\n") == 1
    assert len(list((three.folder / "sql").iterdir())) == 3


def test_a_folder_that_cannot_be_written(three: Project) -> None:
    ini = three.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/sql", "/proc/self/fdinfo"))
    refused = three.alembic("revision", "-m", "x", ok=False)
    assert re.fullmatch(
        r"/proc/\S+/\d{14}_x\.sql: cannot be written: .*; make the folder writable\n",
        refused.stderr,
    )


def test_edit_opens_the_file(three: Project, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "%s" "$1" > "$0.opened"\n')
    editor.chmod(0o755)
    three.alembic("edit", TWO, EDITOR=str(editor))
    assert (tmp_path / "editor.opened").read_text() == f"{three.folder}/sql/{TWO}_make_b.sql"
