"""`alembic current`, `history`, `heads`, `branches`, `show`: what they say; they change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    from support.databases import Database


def _current(project: Project) -> str:
    return project.alembic("current").stdout


def test_current(three: Project) -> None:
    assert _current(three) == ""
    three.alembic("upgrade", "+1")
    assert _current(three) == f"{ONE}\n"
    three.alembic("upgrade", "head")
    assert _current(three) == f"{THREE} (head)\n"
    three.alembic("downgrade", "-1")
    assert three.alembic("current", "--check-heads", ok=False).returncode


def test_history(three: Project) -> None:
    three.alembic("upgrade", TWO)
    assert three.alembic("history").stdout.splitlines() == [
        f"{TWO} -> {THREE} (head), make c",
        f"{ONE} -> {TWO}, make b",
        f"<base> -> {ONE}, make a",
    ]
    assert f"{ONE} -> {TWO} (current), make b" in three.alembic("history", "-i").stdout
    assert f"Path: {three.folder}/sql/{ONE}_make_a.sql" in three.alembic("history", "-v").stdout
    ranged = three.alembic("history", "-r", f"{TWO}:{THREE}").stdout
    assert [line.split(",")[1] for line in ranged.splitlines()] == [" make c", " make b"]
    assert three.alembic("history", "-r", "current:").stdout.count("\n") == 2


def test_heads_show_and_branches(three: Project) -> None:
    assert three.alembic("heads").stdout == f"{THREE} (head)\n"
    assert three.alembic("branches").stdout == ""
    shown = three.alembic("show", TWO).stdout
    assert shown == (
        f"Rev: {TWO}\nParent: {ONE}\nPath: {three.folder}/sql/{TWO}_make_b.sql\n\n    make b\n\n"
    )


@pytest.mark.parametrize(
    "arguments",
    ["current", "history -i", "history -r :current", "heads", "show head", "show current", "check"],
)
def test_looking_writes_nothing(three: Project, database: Database, arguments: str) -> None:
    three.alembic(*arguments.split(), ok=None)
    assert database.tables() == set()
