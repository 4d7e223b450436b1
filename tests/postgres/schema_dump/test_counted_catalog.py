"""Whose things are, and who may use them, does not count; all else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.postgres.url import parse_url
from promptlib.schema_dump.counted_catalog import read_counted

if TYPE_CHECKING:
    from support.databases import Database

pytestmark = pytest.mark.servers("newest")


def test_what_counts(database: Database) -> None:
    target = parse_url(database.url, "the test")
    database.query("CREATE TABLE t (i int)")
    before = read_counted(target)
    database.query("GRANT SELECT ON t TO PUBLIC; ALTER TABLE t OWNER TO pg_monitor")
    assert read_counted(target) == before
    database.query("COMMENT ON TABLE t IS 'words'")
    assert read_counted(target) != before
