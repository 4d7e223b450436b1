"""The ledger's rows in a schema: what ran, and nothing of how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.schema_dump.ledger_rows import ledger_statements, recorded_checksums
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest")


def test_statements_that_make_the_same_ledger(database: Database, tmp_path: Path) -> None:
    """An edited one keeps the checksum of what ran, a foreign row is another program's."""
    found = status(tmp_path, "123", "1234", 3, edited="2", foreign="4")
    database.query("\n".join(ledger_statements(found)))
    rows = database.query("SELECT id, checksum, down_checksum FROM migrations ORDER BY id")
    assert {each: (up, down) for each, up, down in rows} == recorded_checksums(found)
    assert [row[0] for row in rows] == [version(1), version(2), version(3)]
    assert rows[1][1] == "another"
    assert database.query("SELECT version_num FROM alembic_version") == [(version(3),)]
    assert database.value("SELECT count(*) FROM migration_events WHERE outcome = 'stamped'") == 3


def test_a_database_at_base(database: Database, tmp_path: Path) -> None:
    database.query("\n".join(ledger_statements(status(tmp_path, "1", ""))))
    assert database.query("SELECT id FROM migrations") == []
    assert database.query("SELECT version_num FROM alembic_version") == []
