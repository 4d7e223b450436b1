"""Statements that may fail, in a transaction that goes on; and which values a type takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg2

from promptlib.core.printable import on_one_line
from promptlib.postgres.server_words import ServerWords
from promptlib.verify.sample_values import SERVER_DEFAULT

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


def attempt(
    cursor: Cursor, query: str, values: list[object]
) -> tuple[Any, ...] | psycopg2.Error | None:
    """The first row that a query gives, or its error; the transaction goes on in any case.

    Two messages, whatever comes of it. What is rolled back to is released, too: it would be kept,
    with a lock of its own, and each one behind it would stand on top of it.
    """
    try:
        cursor.execute(f"SAVEPOINT promptlib_sample; {query}", values)
        found = cursor.fetchone() if cursor.description else None
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK TO SAVEPOINT promptlib_sample; RELEASE SAVEPOINT promptlib_sample")
        return error
    cursor.execute("RELEASE SAVEPOINT promptlib_sample")
    return found


def message_in_short(error: psycopg2.Error) -> str:
    """What the server said of a statement of ours, on one line and without data."""
    return on_one_line(ServerWords.of(error.diag).masked().primary or str(error))


class Casts:
    """Which values the types of a server take: each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], bool] = {}

    def forget_own(self) -> None:
        """Forget what is known of types that migrations may have changed."""
        self._known = {key: takes for key, takes in self._known.items() if _is_server_s(key[0])}

    def takes(self, cursor: Cursor, type_name: str, value: object) -> bool:
        """Whether a type takes a value.

        Args:
            cursor: in a transaction.
            type_name: as SQL has it, with its schema unless SQL's grammar has the name.
            value: as a text; NULL and the server's default suit every type.
        """
        if value is None or value is SERVER_DEFAULT:
            return True
        key = (type_name, value)
        if key not in self._known:
            cast = f"SELECT CAST(%s AS {type_name.replace('%', '%%')}) IS NULL"
            self._known[key] = not isinstance(attempt(cursor, cast, [value]), psycopg2.Error)
        return self._known[key]


def _is_server_s(type_name: str) -> bool:
    return type_name.startswith("pg_catalog.") or "." not in type_name
