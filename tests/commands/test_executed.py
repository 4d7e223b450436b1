"""`promptlib executed`: what ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import ONE

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_ROW = ["version", "name", "state", "executed_at", "execution_ms", "executed_by", "checksum"]


def test_a_migration_of_which_nobody_knows_when_it_ran(three: Project, database: Database) -> None:
    three.alembic("stamp", ONE)
    line = three.promptlib("executed").stdout.split()
    assert line == [ONE, "make", "a", "-", "-", "-"]
    (row,) = three.document("executed")["executed"]
    assert [row[key] for key in _ROW[3:6]] == [None] * 3
    database.query("DROP TABLE migrations, migration_events")
    assert three.document("status")["unknown"] == 1
    assert three.document("executed")["executed"] == []
    assert three.document("history")["events"] == []
