"""schema: what statements have made, and what nothing has dropped since."""

from __future__ import annotations

import pytest

from promptlib.lint.schema import Schema, table_actions
from promptlib.syntax.ddl import NamedObject
from promptlib.syntax.tokens import split_tokens, tokenize


def _schema(sql: str, *, temporary: bool = False) -> Schema:
    made, source = Schema(), sql.encode()
    for statement in filter(None, split_tokens(tokenize(source, 0, len(source)), ";")):
        made.apply(statement)
        if temporary:
            made.add_temporary(statement)
    return made


@pytest.mark.parametrize(
    ("sql", "is_there"),
    [
        ("CREATE TABLE a (i int)", True),
        ("CREATE TABLE s.a (i int)", True),
        ("CREATE VIEW a AS SELECT 1", True),
        ("CREATE TABLE b (i int); ALTER TABLE b RENAME TO a", True),
        ("CREATE TABLE a (i int); ALTER TABLE a SET SCHEMA s", True),
        ("CREATE TABLE a (i int); DROP TABLE a; CREATE TABLE a (i int)", True),
        ("", False),
        ("CREATE TABLE b (i int)", False),
        ("CREATE TYPE a AS (i int)", False),
        ("CREATE TABLE a (i int); DROP TABLE a", False),
        ("CREATE TABLE a (i int); ALTER TABLE a RENAME TO b", False),
        ("CREATE TABLE s.a (i int); DROP SCHEMA s CASCADE", False),
        ("CREATE TABLE t.a (i int); DROP SCHEMA s CASCADE", True),
        ("CREATE TEMP TABLE a (i int)", False),
        ("ALTER TABLE; DROP TABLE; CREATE TABLE; ALTER TABLE a RENAME", False),
    ],
)
def test_tables(sql: str, *, is_there: bool) -> None:
    assert _schema(sql).has_table(("a",)) is is_there


@pytest.mark.parametrize(
    ("sql", "is_there"),
    [
        ("CREATE INDEX i ON a (b)", True),
        ("CREATE INDEX i ON a (b); ALTER TABLE a RENAME TO c; DROP TABLE a", True),
        ("CREATE INDEX i ON a (b); ALTER TABLE a RENAME TO c; DROP TABLE c", False),
        ("CREATE INDEX i ON a (b); ALTER TABLE a DROP b", False),
        ("CREATE INDEX i ON a (b); ALTER TABLE a DROP c", True),
        ("CREATE INDEX i ON a (b); DROP TABLE s.a", False),
    ],
)
def test_what_goes_with_a_table(sql: str, *, is_there: bool) -> None:
    assert _schema(sql).has(NamedObject("INDEX", ("i",))) is is_there


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP TABLE a AS SELECT 1",
        "CREATE LOCAL TEMPORARY TABLE IF NOT EXISTS a (i int)",
        "CREATE OR REPLACE TEMP RECURSIVE VIEW a (i) AS SELECT 1",
        "CREATE TABLE pg_temp.a (i int)",
    ],
)
def test_temporary_ones_are_there_for_those_who_ask(sql: str) -> None:
    assert _schema(sql, temporary=True).has_table(("a",))
    assert not _schema(sql).has_table(("a",))


def test_partitioned_tables() -> None:
    made = _schema(
        "CREATE TABLE s.p (i int) PARTITION BY RANGE (i); CREATE TABLE q PARTITION OF p DEFAULT;"
        "CREATE TABLE r PARTITION OF p DEFAULT PARTITION BY LIST (i); CREATE TABLE t (i int);"
        "CREATE TABLE x (i int) PARTITION BY HASH (i); ALTER TABLE x RENAME TO y;"
        "CREATE TABLE z (i int) PARTITION BY HASH (i); DROP TABLE z"
    )
    names = ("p", "q", "r", "t", "x", "y", "z")
    assert [name for name in names if made.is_partitioned((name,))] == ["p", "r", "y"]


_CHECK = "ALTER TABLE a ADD CONSTRAINT c CHECK"


@pytest.mark.parametrize(
    ("sql", "not_null", "says_more", "is_valid"),
    [
        (f"{_CHECK} (b IS NOT NULL)", {"b"}, False, True),
        (f"{_CHECK} (b IS NOT NULL) NOT VALID", {"b"}, False, False),
        (f"{_CHECK} ((b IS NOT NULL AND (d IS NOT NULL)))", {"b", "d"}, False, True),
        (f"{_CHECK} (b IS NOT NULL AND d > 0)", {"b"}, True, True),
        (f"{_CHECK} (b IS NOT NULL OR d > 0)", set(), True, True),
        (f"{_CHECK} (b IS NULL)", set(), True, True),
        (
            f"{_CHECK} (b IS NOT NULL) NOT VALID; ALTER TABLE a VALIDATE CONSTRAINT c",
            {"b"},
            False,
            True,
        ),
        (f"{_CHECK} (b > 0) NOT VALID; ALTER TABLE d VALIDATE CONSTRAINT c", set(), True, False),
        ("CREATE TABLE s.a (b int CHECK (b IS NOT NULL))", {"b"}, False, True),
        (
            "CREATE TABLE z (b int, CONSTRAINT c CHECK (b > 0)); ALTER TABLE z RENAME TO a",
            set(),
            True,
            True,
        ),
    ],
)
def test_checks(sql: str, not_null: set[str], *, says_more: bool, is_valid: bool) -> None:
    (found,) = _schema(sql).checks(("a",))
    assert found.not_null == not_null
    assert (found.says_more, found.is_valid) == (says_more, is_valid)


@pytest.mark.parametrize(
    "sql",
    [
        f"{_CHECK} (b > 0); ALTER TABLE a DROP CONSTRAINT c",
        f"{_CHECK} (b > 0); DROP TABLE a",
        f"{_CHECK} (b > 0); ALTER TABLE a RENAME TO d",
        "ALTER TABLE a ADD UNIQUE (b)",
    ],
)
def test_checks_that_are_not_there(sql: str) -> None:
    assert _schema(sql).checks(("a",)) == []


def test_a_check_is_told_from_another_table_s() -> None:
    made = _schema("ALTER TABLE s.a ADD CHECK (b > 0); ALTER TABLE t.a ADD CHECK (b > 0)")
    assert [each.table for each in made.checks(("s", "a"))] == [("s", "a")]


def test_columns_that_are_set_not_null() -> None:
    made = _schema(
        "ALTER TABLE a ALTER b SET NOT NULL, ALTER COLUMN c SET NOT NULL;"
        "ALTER TABLE a ALTER c DROP NOT NULL; ALTER TABLE d ALTER e SET NOT NULL"
    )
    assert made.not_null_columns(("s", "a")) == {"b"}


def test_what_is_known_of_a_table_goes_with_it() -> None:
    said = "ALTER TABLE a ALTER b SET NOT NULL; ALTER TABLE a ADD CHECK (b > 0)"
    renamed = _schema(f"{said}; ALTER TABLE a RENAME TO s")
    assert (renamed.not_null_columns(("s",)), renamed.not_null_columns(("a",))) == ({"b"}, set())
    assert len(renamed.checks(("s",))) == 1
    gone = _schema(f"{said}; DROP TABLE a")
    assert (gone.not_null_columns(("a",)), gone.checks(("a",))) == (set(), [])


def test_the_actions_of_alter_table() -> None:
    source = b"ALTER FOREIGN TABLE IF EXISTS ONLY s.a * ADD b int, DROP c"
    found = [(table, action.word) for table, action in table_actions(tokenize(source, 0, 99))]
    assert found == [(("s", "a"), "ADD"), (("s", "a"), "DROP")]
    assert [*table_actions(tokenize(b"ALTER INDEX i RENAME TO j", 0, 99))] == []
