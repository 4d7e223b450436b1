"""How SQL is spelled: names, definitions and blocks, and the dialect that SQLAlchemy writes."""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql

from promptlib.syntax.lexemes import STRING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Connection, Dialect

_CAST_ARRAY = re.compile(rf"(ARRAY\[(?:{STRING}::character varying(?:, )?)+\])::text\[\]")


@functools.cache
def plain_dialect() -> Dialect:
    """PostgreSQL's SQL as text, where a percent sign and a backslash stand for themselves."""
    made: Any = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    made._backslash_escapes = False  # noqa: SLF001 - what SQLAlchemy 2.0 asks a server
    found: Dialect = made
    return found


def ddl_compiler() -> Any:
    """What writes parts of a table's definition."""
    kind: Any = plain_dialect().ddl_compiler
    return kind(plain_dialect(), None)


def quote_name(name: str, schema: str | None = None) -> str:
    """A name as SQL has it."""
    quote = plain_dialect().identifier_preparer.quote
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def respelled(text: str) -> str:
    """A definition that the server has spelled, so that it will spell it in the same way again.

    `varchar IN (...)` becomes an array of varchar that is cast to text[]; where that is said of an
    array, the server casts its elements instead.
    """
    return _CAST_ARRAY.sub(r"\1", text)


def do_block(body: str) -> str:
    """An anonymous block, whatever names are in it."""
    tags = (f"${'_' * length}$" for length in itertools.count())
    tag = next(tag for tag in tags if tag not in body)
    return f"DO {tag}\n{body}\n{tag}"


def driver_cursor(connection: Connection) -> Cursor:
    """A cursor of the driver's, which takes SQL as it is written."""
    driver: Any = connection.connection.driver_connection
    cursor: Cursor = driver.cursor()
    return cursor
