"""catalog: what a database consists of, and what differs; verify's tests have every kind."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.postgres.catalog import Catalog, catalog_difference, read_catalog, table_of_key

if TYPE_CHECKING:
    from support.databases import Database

_TABLE = "CREATE TABLE a (i int PRIMARY KEY, t text)"


def _read(database: Database) -> Catalog:
    with contextlib.closing(database.connect()) as connection:
        return read_catalog(connection)


def _changed(database: Database, sql: str) -> list[str]:
    before = _read(database)
    database.query(sql)
    return [*catalog_difference(before, _read(database))]


def test_the_same_database_is_read_as_the_same(database: Database) -> None:
    database.query(_TABLE)
    assert _read(database) == _read(database)


def test_a_table_is_told_without_its_parts(database: Database) -> None:
    (made,) = (line for line in _changed(database, _TABLE) if " table " in line)
    assert made.startswith("+ table public.a")
    lines = _changed(database, "DROP TABLE a")
    assert [line for line in lines if line[2:].startswith(("column", "constraint"))] == []


def test_a_column_that_is_another_now_is_told_with_both(database: Database) -> None:
    database.query(_TABLE)
    assert _changed(database, "ALTER TABLE a ALTER t TYPE varchar(9)") == [
        "- column public.a.t: text",
        "+ column public.a.t: character varying(9)",
    ]


def test_of_a_long_definition_the_lines_that_differ_are_told(database: Database) -> None:
    function = (
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  -- why\n"
        "  RETURN {};\nEND\n$$"
    )
    database.query(function.format(1))
    title, *lines = _changed(database, function.format(2))
    assert title.startswith("  function public.f")
    assert "-     RETURN 1;" in lines
    assert "+     RETURN 2;" in lines
    assert not any("BEGIN" in line for line in lines)


def test_the_planner_s_figures_are_no_part_of_a_schema(database: Database) -> None:
    database.query(_TABLE)
    assert _changed(database, "INSERT INTO a VALUES (1, 'x'); ANALYZE a") == []


def test_rights_go_with_their_column(database: Database) -> None:
    database.query(_TABLE)
    made = "ALTER TABLE a ADD n int; GRANT SELECT (n) ON a TO PUBLIC"
    assert "+ grant on column public.a.n to PUBLIC: SELECT" in _changed(database, made)
    assert not [line for line in _changed(database, "ALTER TABLE a DROP n") if line[0] == "+"]


def test_a_connection_is_as_before(database: Database) -> None:
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = pg_catalog")
        connection.commit()
        for _ in range(2):  # the second time the query is there already
            assert read_catalog(connection)
            assert not connection.autocommit
            with connection.cursor() as cursor:
                cursor.execute("SHOW search_path")
                assert cursor.fetchone() == ("pg_catalog",)
            connection.commit()


@pytest.mark.parametrize(
    ("key", "table"),
    [
        (("column", "public.a.i"), "public.a"),
        (("trigger", "t on public.a"), "public.a"),
        (("table", "public.a"), ""),
        (("function", "public.f on x"), ""),
    ],
)
def test_the_table_that_something_is_a_part_of(key: tuple[str, str], table: str) -> None:
    assert table_of_key(key) == table
