"""ddl: what statements make, drop, rename and move, as far as their text says."""

from __future__ import annotations

import pytest

from promptlib.syntax.ddl import (
    NamedObject,
    ObjectChange,
    may_be_same_name,
    object_changes,
)
from promptlib.syntax.tokens import tokenize


def _changes(sql: str) -> list[ObjectChange]:
    content = sql.encode()
    return [*object_changes(tokenize(content, 0, len(content)))]


def _told(sql: str) -> list[str]:
    """The changes as a reader would write them down."""
    return [
        " ".join(
            filter(
                None,
                (
                    change.verb,
                    str(change.object),
                    f"({change.guard.lower()})" if change.guard else "",
                    f"-> {'.'.join(change.to)}" if change.to else "",
                    "cascade" if change.cascades else "",
                ),
            )
        )
        for change in _changes(sql)
    ]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("CREATE TABLE a (i int)", "make table a"),
        ("create unlogged table if not exists S.a ()", "make table s.a (if not exists)"),
        ('CREATE TABLE "S"."A b" (i int)', "make table S.A b"),
        ("CREATE TABLE a PARTITION OF b DEFAULT", "make table a of b"),
        ("CREATE TABLE a (i int) INHERITS (s.b)", "make table a of s.b"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s.a (b)", "make index i of s.a"),
        ("CREATE INDEX ON a (b)", "make unnamed index of a"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "make view v (or replace)"),
        ("CREATE RECURSIVE VIEW v (n) AS SELECT 1", "make view v"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "make materialized view v"),
        ("CREATE SEQUENCE q OWNED BY s.a.i", "make sequence q of s.a"),
        ("CREATE OR REPLACE FUNCTION s.f(int) RETURNS int", "make function s.f (or replace)"),
        ("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a", "make trigger t of a"),
        ("CREATE POLICY p ON a USING (true)", "make policy p of a"),
        ("CREATE RULE r AS ON INSERT TO a DO NOTHING", "make rule r of a"),
        ("CREATE STATISTICS s ON i, j FROM a", "make statistics s of a"),
        ("CREATE SCHEMA AUTHORIZATION joe", "make schema joe"),
        ("CREATE TYPE mood AS ENUM ('a')", "make type mood"),
        ("CREATE OPERATOR s.=== (LEFTARG = box)", "make operator s.==="),
        (
            "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS",
            "make operator class c",
        ),
        ("CREATE CAST (int AS a) WITHOUT FUNCTION", "make cast int as a"),
        ("CREATE TRUSTED LANGUAGE l", "make language l"),
        ("CREATE FOREIGN DATA WRAPPER w", "make foreign data wrapper w"),
        ("CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)", "make text search configuration c"),
        ("DROP TABLE a", "drop table a"),
        ("DROP TABLE IF EXISTS a CASCADE", "drop table a (if exists) cascade"),
        ("DROP INDEX CONCURRENTLY s.i", "drop index s.i"),
        ("DROP TRIGGER t ON s.a", "drop trigger t of s.a"),
        ("DROP FUNCTION f(int, text), g", "drop function f|drop function g"),
        ("ALTER TABLE a RENAME TO b", "rename table a -> b"),
        ("ALTER TABLE s.a RENAME TO b", "rename table s.a -> s.b"),
        ("ALTER TABLE a SET SCHEMA s", "rename table a -> s.a"),
        ("ALTER VIEW IF EXISTS v RENAME TO w", "rename view v (if exists) -> w"),
        ("ALTER TABLE a RENAME i TO j", "rename column i of a -> j"),
        ("ALTER TABLE a RENAME CONSTRAINT c TO d", "rename constraint c of a -> d"),
        ("ALTER TABLE ONLY a ADD COLUMN IF NOT EXISTS i int", "make column i of a (if not exists)"),
        (
            "ALTER TABLE a ADD i int, DROP j CASCADE",
            "make column i of a|drop column j of a cascade",
        ),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (i > 0)", "make constraint c of a"),
        ("ALTER TABLE a ADD UNIQUE (i, j)", "make unnamed constraint of a"),
        (
            "ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX i",
            "drop index i (if exists)|make constraint c of a",
        ),
        (
            "ALTER TABLE a ADD PRIMARY KEY USING INDEX i",
            "drop index i (if exists)|make constraint i of a",
        ),
        ("ALTER TABLE a ATTACH PARTITION s.b DEFAULT", "move table s.b -> a"),
        ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", "move table b"),
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'x'", "make value of mood (if not exists)"),
        ("ALTER TYPE c ADD ATTRIBUTE i int", "make column i of c"),
        ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)", "make constraint c of d"),
        ("ALTER SEQUENCE q OWNED BY a.i", "move sequence q -> a"),
    ],
)
def test_what_a_statement_does(sql: str, told: str) -> None:
    assert "|".join(_told(sql)) == told


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT 1", "INSERT INTO a VALUES (1)", "", "CREATE", "DROP", "ALTER SYSTEM SET a = 1"),
        *("CREATE TEMP TABLE a ()", "CREATE LOCAL TEMPORARY VIEW v AS SELECT 1"),
        *("CREATE TABLE pg_temp.a ()", "CREATE USER MAPPING FOR joe SERVER s"),
        *("ALTER TABLE a ALTER i TYPE bigint", "ALTER DOMAIN d DROP NOT NULL"),
        *("ALTER INDEX i SET (fillfactor = 70)", "COMMENT ON TABLE a IS 'x'"),
    ],
)
def test_what_leaves_all_objects_as_they_are(sql: str) -> None:
    assert _told(sql) == []


def test_where_an_object_is_named_and_what_it_mentions() -> None:
    sql = "CREATE VIEW  v AS SELECT t.i FROM s.t"
    (change,) = _changes(sql)
    assert sql[change.object.offset :].startswith("v AS")
    assert {"s", "t", "i"} <= change.object.mentions


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a",), ("a",), True),
        (("s", "a"), ("a",), True),
        (("s", "a"), ("s", "a"), True),
        (("s", "a"), ("t", "a"), False),
        (("a",), ("b",), False),
        ((), ("a",), False),
        ((), (), False),
    ],
)
def test_names_without_a_schema_may_be_in_any(
    one: tuple[str, ...], other: tuple[str, ...], *, same: bool
) -> None:
    assert may_be_same_name(one, other) is same
    assert may_be_same_name(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (NamedObject("TABLE", ("a",)), NamedObject("VIEW", ("a",)), True),
        (NamedObject("FUNCTION", ("a",)), NamedObject("PROCEDURE", ("a",)), True),
        (NamedObject("TABLE", ("a",)), NamedObject("TYPE", ("a",)), False),
        (NamedObject("TRIGGER", ("t",), ("a",)), NamedObject("TRIGGER", ("t",), ("b",)), False),
        (NamedObject("INDEX", ("i",), ("a",)), NamedObject("INDEX", ("i",)), True),
    ],
)
def test_kinds_that_share_their_names(one: NamedObject, other: NamedObject, *, same: bool) -> None:
    assert one.is_same(other) is same
    assert other.is_same(one) is same


def test_which_objects_share_their_names_with_tables() -> None:
    assert NamedObject("SEQUENCE", ("a",)).is_relation
    assert not NamedObject("TYPE", ("a",)).is_relation
