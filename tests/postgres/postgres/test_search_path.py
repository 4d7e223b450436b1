"""SQL of ours does not look its names up where others may have made some."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.postgres.search_path import TRUSTED_PATH, resolved_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from support.databases import Database

_SHOWN = "SELECT pg_catalog.current_setting('search_path')"
_PATHS = ["", 'it\'s, "A, b%", public', "public, pg_catalog", '"$user", public']


@pytest.fixture
def cursor(database: Database) -> Iterator[Cursor]:
    """In a transaction, on a search_path where a stranger's function comes before the server's."""
    database.query(
        "CREATE SCHEMA mine; CREATE TABLE mine.t ();"
        " CREATE FUNCTION mine.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$;"
    )
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        with connection.cursor() as made:
            made.execute("SET search_path = mine, pg_catalog")
            yield made
        connection.rollback()


def test_the_trusted_path_ends_with_the_transaction(cursor: Cursor) -> None:
    cursor.execute(f"{TRUSTED_PATH} SELECT lower('A')")
    assert cursor.fetchone() == ("a",)
    cursor.execute("COMMIT; SELECT lower('A')")
    assert cursor.fetchone() == ("trapped",)


def test_names_are_looked_up_apart_and_the_query_sees_the_session_s_path(cursor: Cursor) -> None:
    query = "SELECT lower(x), to_regclass('t')::text, current_schema() FROM unnest(ARRAY[%s]) x"
    for value in ("A", "%B"):
        cursor.execute(resolved_apart(query), (value,))
        assert cursor.fetchall() == [(value.lower(), "t", "mine")]
    cursor.execute("SELECT lower('A')")
    assert cursor.fetchone() == ("trapped",)


@pytest.mark.parametrize("path", _PATHS)
def test_any_path_comes_back(cursor: Cursor, path: str) -> None:
    cursor.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))
    cursor.execute(resolved_apart("SELECT 1"))
    assert cursor.fetchall() == [(1,)]
    cursor.execute(_SHOWN)
    assert cursor.fetchone() == (path,)
