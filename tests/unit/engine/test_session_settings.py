"""Which sections may set something that outlives them, told by their text."""

from __future__ import annotations

import pytest

from promptlib.engine.session_settings import changes_settings
from promptlib.files.parser import parse_section

_SETTING = [
    "SET search_path = 'x'",
    "/* why */ Set Local work_mem = '1MB'",
    "RESET ALL",
    "DISCARD ALL",
    "SELECT set_config('work_mem', '1MB', false)",
    "INSERT INTO t SELECT pg_catalog.set_config('work_mem', '1MB', false)",
    "UPDATE t SET a = set_config('work_mem', '1MB', false)",
    "CREATE TABLE t AS SELECT set_config('work_mem', '1MB', false)",
    "DO $$ BEGIN SET ROLE someone; END $$",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SET ROLE someone'",
    "WITH a AS (SELECT 1) SELECT set_config('a.b', 'c', false)",
    "UPDATE t SET a = 1; SET ROLE someone",
]
_SETTING_NOTHING = [
    "SELECT 1",
    "UPDATE t SET a = 1",
    "INSERT INTO t VALUES ('SET ROLE x') ON CONFLICT (a) DO UPDATE SET a = 1",
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    "CREATE TABLE t (a int REFERENCES u ON DELETE SET NULL)",
    "create /* no log */ unlogged table t (a int references u on delete set default)",
    "-- set nothing\nDELETE FROM t",
    "MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 1",
    "CREATE INDEX reset_tokens ON settings (a)",
]


@pytest.mark.parametrize("sql", _SETTING)
def test_what_may_set_something(sql: str) -> None:
    assert changes_settings(parse_section(f"-- UP\n{sql};\n"))


@pytest.mark.parametrize("sql", _SETTING_NOTHING)
def test_what_sets_nothing(sql: str) -> None:
    assert not changes_settings(parse_section(f"-- UP\n{sql};\n"))
