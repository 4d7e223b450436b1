"""tool_tables: which tool's a table is, by its columns."""

from __future__ import annotations

import pytest

from promptlib.ledger.tool_tables import TOOL_TABLES


@pytest.mark.parametrize(
    ("name", "columns", "tools"),
    [
        ("schema_migrations", ["version"], ["dbmate", "rails"]),
        ("schema_migrations", ["version", "dirty"], ["golang-migrate"]),
        ("goose_db_version", ["id", "version_id", "is_applied", "tstamp"], ["goose"]),
        ("goose_db_version", ["id", "name"], []),
        ("pgmigrations", ["id", "name", "run_on"], ["node-pg-migrate"]),
    ],
)
def test_a_table_is_known_by_its_columns(name: str, columns: list[str], tools: list[str]) -> None:
    found = [each.tool for each in TOOL_TABLES if each.name == name and each.has(columns)]
    assert found == tools
