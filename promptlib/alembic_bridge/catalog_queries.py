"""What SQLAlchemy and Alembic ask the catalog for, asked so that nobody else's objects answer.

They name functions and tables of pg_catalog in full, and no operator.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from promptlib.postgres.search_path import resolved_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_OF_THE_CATALOG = re.compile(r"\s*SELECT\b.*\bpg_(?:catalog|class)\b", re.DOTALL | re.IGNORECASE)
# What is written as a constant is looked up with the query's own names, and not when it runs.
_CONSTANT = re.compile(r"\bCAST\((%\(\w+\)s) AS regclass\)", re.IGNORECASE)
_EVENT = "before_cursor_execute"


@contextlib.contextmanager
def catalog_queries_apart(connection: Connection) -> Iterator[None]:
    """Look up on the trusted path what queries of the catalog name, as long as the block lasts."""
    event.listen(connection, _EVENT, _apart, retval=True)
    try:
        yield
    finally:
        event.remove(connection, _EVENT, _apart)


def _apart(  # what SQLAlchemy passes
    _connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object
) -> tuple[str, Any]:
    if _OF_THE_CATALOG.match(statement):
        statement = resolved_apart(_CONSTANT.sub(r"pg_catalog.to_regclass(\1)", statement))
    return statement, parameters
