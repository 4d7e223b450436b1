"""How SQL is spelled: names, definitions and blocks, and the dialect that SQLAlchemy writes."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateSchema

from promptlib.syntax.lexemes import STRING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.sql.compiler import DDLCompiler

_CAST_ARRAY = re.compile(rf"(ARRAY\[(?:{STRING}::character varying(?:, )?)+\])::text\[\]")


@functools.cache
def plain_dialect() -> Dialect:
    """PostgreSQL's SQL as text, where a percent sign and a backslash stand for themselves."""
    dialect: Dialect = registry.load("postgresql")(paramstyle="named")
    vars(dialect).update(_backslash_escapes=False)  # what SQLAlchemy 2.0 asks a server
    return dialect


def ddl_compiler() -> DDLCompiler:
    """What writes parts of a table's definition."""
    # It is made to write one statement; its methods write parts of any.
    return plain_dialect().ddl_compiler(plain_dialect(), CreateSchema("any"))


def quote_name(name: str, schema: str | None = None) -> str:
    """A name as SQL has it."""
    quote = plain_dialect().identifier_preparer.quote
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def stable_spelling(text: str) -> str:
    """A definition that the server has spelled, so that it will spell it in the same way again.

    `varchar IN (...)` becomes an array of varchar that is cast to text[]; where that is said of an
    array, the server casts its elements instead.
    """
    return _CAST_ARRAY.sub(r"\1", text)


def on_one_line(text: str) -> str:
    """A text for a terminal, whatever is in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def driver_cursor(connection: Connection) -> Cursor:
    """A cursor of the driver's, which takes SQL as it is written."""
    driver = connection.connection.driver_connection
    assert driver
    cursor: Cursor = driver.cursor()
    return cursor
