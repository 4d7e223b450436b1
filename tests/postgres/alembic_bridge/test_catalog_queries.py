"""What SQLAlchemy and Alembic ask the catalog is not answered by objects of strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text

from promptlib.alembic_bridge.catalog_queries import catalog_queries_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from support.databases import Database

# What it is called with is text that names columns are compared with.
_TRAP = """
    CREATE TABLE a (i serial PRIMARY KEY, v varchar(3));
    CREATE SCHEMA mine;
    CREATE FUNCTION mine.caught(name, name) RETURNS boolean LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'caught'; END $$;
    CREATE OPERATOR mine.= (FUNCTION = mine.caught, LEFTARG = name, RIGHTARG = name);
"""


def _compare(connection: Connection) -> list[Any]:
    model = MetaData()
    Table("a", model, Column("i", Integer, primary_key=True))
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [each[0] for each in compare_metadata(context, model)]


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        (lambda connection: inspect(connection).get_table_names(), ["a"]),
        (lambda connection: inspect(connection).has_table("a"), True),
        (lambda connection: inspect(connection).get_pk_constraint("a")["name"], "a_pkey"),
        (lambda connection: inspect(connection).get_columns("a")[1]["type"].length, 3),
        (_compare, ["remove_column"]),
    ],
)
def test_the_catalog_is_asked_apart(
    database: Database, ask: Callable[[Connection], Any], found: Any
) -> None:
    database.query(_TRAP)
    with database.engine.connect() as connection:
        connection.execute(text("SET search_path = public, mine, pg_catalog"))
        with catalog_queries_apart(connection):
            assert ask(connection) == found
        asked = "SELECT pg_catalog.current_setting('search_path')"
        assert connection.scalar(text(asked)) == "public, mine, pg_catalog"


def test_others_are_left_as_they_are(database: Database) -> None:
    database.query(_TRAP)
    with database.engine.connect() as connection, catalog_queries_apart(connection):
        connection.execute(text("SET search_path = public, mine, pg_catalog"))
        connection.execute(text("INSERT INTO a (v) VALUES ('pg_')"))
        assert connection.scalar(text("SELECT v FROM a")) == "pg_"
