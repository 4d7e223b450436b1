"""The sequences that a model names: those that the database lacks are made.

What a sequence does is not compared, and none is dropped: nothing says whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DefaultClause, Sequence
from sqlalchemy.schema import CreateSequence
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import next_value

from promptlib.autogenerate.compare.introspect import fetch_rows
from promptlib.autogenerate.dialect import plain_dialect, quote_name
from promptlib.autogenerate.operations import Phase, SqlOperation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Column, MetaData

_MISSING = """
SELECT name FROM pg_catalog.unnest(%s::text[]) AS name WHERE pg_catalog.to_regclass(name) IS NULL"""


class SequenceComparison:
    """The sequences of the model that the database lacks.

    Args:
        cursor: on the database.
        models: what it is compared with.
        columns: of those, as far as they are compared.
    """

    def __init__(
        self, cursor: Cursor, models: Iterable[MetaData], columns: Iterable[Column[object]]
    ) -> None:
        # Of a model's own, that of a column's default among them.
        found = [each for model in models for each in model._sequences.values()]
        found += [each for column in columns for each in _sequences_of(column)]
        named = {quote_name(each.name, each.schema): each for each in found if not each.optional}
        missing = {name for (name,) in fetch_rows(cursor, _MISSING, list(named))}
        self.missing = {name: each for name, each in sorted(named.items()) if name in missing}

    def temporary_sequences(self) -> Iterator[str]:
        """Yield what makes them for a moment."""
        for name, sequence in self.missing.items():
            if not sequence.schema:
                yield f"CREATE TEMPORARY SEQUENCE {name}"

    def operations(self) -> Iterator[SqlOperation]:
        """Yield what makes them."""
        for name, sequence in self.missing.items():
            undo = SqlOperation(Phase.DROP_TYPE, f"DROP SEQUENCE {name}")
            sql = str(CreateSequence(sequence).compile(dialect=plain_dialect()))
            yield SqlOperation(Phase.TYPE, sql, undo=undo, diff=("add_sequence", name))


def _sequences_of(column: Column[object]) -> Iterator[Sequence]:
    if isinstance(column.default, Sequence):
        yield column.default
    default = column.server_default
    if isinstance(default, DefaultClause) and not isinstance(default.arg, str):
        for part in visitors.iterate(default.arg):
            if isinstance(part, next_value):
                yield part.sequence
