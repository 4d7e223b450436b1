"""locks: which tables a statement locks, and which statements take the longer, the more rows."""

from __future__ import annotations

import pytest

from promptlib.lint.locks import is_slow, listed_names, locked_tables, named_tables
from promptlib.syntax.tokens import Token, tokenize


def _tokens(sql: str) -> list[Token]:
    return tokenize(sql.encode(), 0, len(sql))


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("ALTER TABLE a ADD b int", {"a"}),
        ("ALTER TABLE a VALIDATE CONSTRAINT b, ADD c int", {"a"}),
        ("ALTER TABLE a VALIDATE CONSTRAINT b", set()),
        ("ALTER TABLE p ATTACH PARTITION q DEFAULT", set()),
        ("ALTER TABLE a RENAME TO b", {"a"}),
        ("CREATE INDEX i ON a (b)", {"a"}),
        ("CREATE INDEX CONCURRENTLY i ON a (b)", set()),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)", set()),
        ("CREATE TRIGGER t AFTER DELETE ON a EXECUTE FUNCTION f()", {"a"}),
        ("DROP POLICY p ON a", {"a"}),
        ("DROP TABLE a, b", {"a", "b"}),
        ("CREATE TABLE q PARTITION OF p DEFAULT", {"p"}),
        ("CREATE TABLE a (i int)", set()),
        ("TRUNCATE TABLE ONLY a, b RESTART IDENTITY CASCADE", {"a", "b"}),
        ("LOCK a IN SHARE MODE", {"a"}),
        ("LOCK a IN ROW SHARE MODE", set()),
        ("CLUSTER a USING i", {"a"}),
        ("REINDEX TABLE a", {"a"}),
        ("REINDEX TABLE CONCURRENTLY a", set()),
        ("UPDATE a SET b = 1", set()),
        ("SELECT 1 FROM a", set()),
        ("DROP VIEW v", set()),
    ],
)
def test_tables_that_others_wait_for(sql: str, tables: set[str]) -> None:
    assert {".".join(table) for table in locked_tables(_tokens(sql))} == tables


@pytest.mark.parametrize(
    "sql",
    [
        *("UPDATE a SET b = 1", "DELETE FROM a", "INSERT INTO a SELECT * FROM b"),
        *("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "CLUSTER a", "REINDEX TABLE a"),
        *("REFRESH MATERIALIZED VIEW v", "CREATE UNIQUE INDEX i ON a (b)"),
        *(
            "CREATE MATERIALIZED VIEW v AS SELECT 1",
            "CREATE TABLE a AS TABLE b",
            "ALTER TABLE a ADD CHECK (b > 0)",
        ),
        *(
            "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d",
            "ALTER TABLE a ADD UNIQUE (b)",
        ),
        *("ALTER TABLE a ALTER b SET NOT NULL", "ALTER TABLE a ALTER b SET DATA TYPE text"),
        *("ALTER TABLE a VALIDATE CONSTRAINT c", "ALTER TABLE a ADD b bigserial"),
        "ALTER TABLE a ADD b int GENERATED ALWAYS AS IDENTITY",
        *("ALTER TABLE a SET LOGGED", "ALTER TABLE a ADD b int, SET TABLESPACE s"),
    ],
)
def test_what_takes_longer_with_more_rows(sql: str) -> None:
    assert is_slow(_tokens(sql))


@pytest.mark.parametrize(
    "sql",
    [
        *("INSERT INTO a VALUES (1)", "CREATE TABLE a (i int)", "CREATE VIEW v AS SELECT 1"),
        "CREATE TABLE a (LIKE b)",
        *("CREATE INDEX CONCURRENTLY i ON a (b)", "ALTER TABLE a ADD CHECK (b > 0) NOT VALID"),
        *(
            "ALTER TABLE a ADD UNIQUE USING INDEX i",
            "ALTER TABLE a ADD b int DEFAULT 1",
            "DROP TABLE a",
        ),
        *("ALTER TABLE a ALTER b SET DEFAULT 1", "ALTER TABLE a ALTER b DROP NOT NULL"),
        *("LOCK a", "TRUNCATE a", "SELECT 1", "ALTER TABLE a SET (fillfactor = 70)"),
    ],
)
def test_what_takes_a_moment(sql: str) -> None:
    assert not is_slow(_tokens(sql))


def test_tables_by_name() -> None:
    assert [*named_tables(_tokens("VACUUM (FULL) a (b), ONLY s.c"))] == [("a",), ("s", "c")]
    assert [*named_tables(_tokens("CLUSTER"))] == []
    assert listed_names([("a",)]) == "a"
    assert listed_names([("a",), ("s", "b"), ("c",)]) == "a, s.b and c"
