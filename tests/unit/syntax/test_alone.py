"""Statements that no transaction takes, by their text."""

from __future__ import annotations

import pytest

from promptlib.syntax.alone import AloneStatement, Effect, read_alone
from promptlib.syntax.statements import Statement, scan_sql

_READ = {
    "CREATE INDEX CONCURRENTLY x ON t (i)": (Effect.MAKES_INDEX, "INDEX", ("x",), ("t",), True),
    'create unique index concurrently if not exists "X""y" on only A."B" using gin (i)': (
        *(Effect.MAKES_INDEX, "INDEX", ('X"y',), ("a", "B"), True),
    ),
    "CREATE INDEX CONCURRENTLY x ON ONLY (s.t) (i)": (
        *(Effect.MAKES_INDEX, "INDEX", ("x",), ("s", "t"), True),
    ),
    "CREATE INDEX CONCURRENTLY ON t (i)": (Effect.MAKES_INDEX, "INDEX", (), ("t",), True),
    "/* a */ DROP INDEX CONCURRENTLY IF EXISTS s.x CASCADE": (
        *(Effect.DROPS_INDEX, "INDEX", ("s", "x"), (), True),
    ),
    "REINDEX INDEX CONCURRENTLY x": (Effect.REBUILDS_INDEXES, "INDEX", ("x",), (), True),
    "REINDEX (VERBOSE, CONCURRENTLY) TABLE s.t": (
        *(Effect.REBUILDS_INDEXES, "TABLE", ("s", "t"), (), True),
    ),
    "REINDEX SCHEMA CONCURRENTLY s": (Effect.REBUILDS_INDEXES, "SCHEMA", ("s",), (), True),
    "REINDEX (CONCURRENTLY OFF) TABLE t": (Effect.REPEATABLE, "", (), (), False),
    "REINDEX DATABASE d": (Effect.REPEATABLE, "", (), (), False),
    "ALTER TABLE IF EXISTS p DETACH PARTITION s.q CONCURRENTLY": (
        *(Effect.DETACHES_PARTITION, "TABLE", ("s", "q"), ("p",), True),
    ),
    "ALTER TABLE ONLY p DETACH PARTITION q CONCURRENTLY": (
        *(Effect.DETACHES_PARTITION, "TABLE", ("q",), ("p",), True),
    ),
    "ALTER TABLE s.p * DETACH PARTITION q CONCURRENTLY": (
        *(Effect.DETACHES_PARTITION, "TABLE", ("q",), ("s", "p"), True),
    ),
    "ALTER TABLE p DETACH PARTITION q": (Effect.UNKNOWN, "", (), (), False),
    "ALTER TABLE p DETACH PARTITION q FINALIZE": (Effect.UNKNOWN, "", (), (), False),
    "ALTER TABLE t ADD i int": (Effect.UNKNOWN, "", (), (), False),
    "CREATE DATABASE d OWNER o": (Effect.MAKES, "DATABASE", ("d",), (), False),
    "DROP DATABASE IF EXISTS d WITH (FORCE)": (Effect.DROPS, "DATABASE", ("d",), (), False),
    "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p": (
        *(Effect.MAKES, "SUBSCRIPTION", ("s",), (), False),
    ),
    "DROP TABLESPACE t": (Effect.DROPS, "TABLESPACE", ("t",), (), False),
    "VACUUM (FULL) t": (Effect.REPEATABLE, "", (), (), False),
    "ALTER SYSTEM SET work_mem = '1MB'": (Effect.REPEATABLE, "", (), (), False),
    "CREATE INDEX x ON t (i)": (Effect.UNKNOWN, "", (), (), False),
    "DROP INDEX x": (Effect.UNKNOWN, "", (), (), False),
    "CREATE TABLE database (i int)": (Effect.UNKNOWN, "", (), (), False),
    "DO $$ BEGIN COMMIT; END $$": (Effect.UNKNOWN, "", (), (), False),
    "CALL p()": (Effect.UNKNOWN, "", (), (), False),
}


@pytest.mark.parametrize("text", _READ)
def test_read(text: str) -> None:
    source = f"{text};".encode()
    (statement,) = scan_sql(source)
    assert isinstance(statement, Statement)
    assert read_alone(source, statement) == AloneStatement(*_READ[text])
