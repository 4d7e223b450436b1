"""Parameters in the SQL of a model: where text() has a colon, SQLAlchemy sees one.

Nobody gives it a value: it would be NULL in the migration, or end in an error of SQLAlchemy's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, CheckConstraint, ClauseElement
from sqlalchemy.sql import visitors

from promptlib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table


def refuse_parameters(table: Table) -> None:
    """Refuse SQL of a model that waits for a value.

    Raises:
        ConfigurationError: naming the first.
    """
    for place, sql in _texts(table):
        for part in visitors.iterate(sql) if isinstance(sql, ClauseElement) else ():
            if isinstance(part, BindParameter) and part.required:
                raise ConfigurationError(
                    f'the model\'s {place} says ":{part.key}" in text(), which SQLAlchemy takes for'
                    " a parameter",
                    f'write "\\:{part.key}"',
                )


def _texts(table: Table) -> Iterator[tuple[str, Any]]:
    """Yield the SQL of a table, each with whose it is."""
    for column in table.columns:
        yield from ((f"{table.name}.{column.name}", sql) for sql in _column_texts(column))
    for rule in table.constraints:
        if isinstance(rule, CheckConstraint):
            yield f"{table.name}.{rule.name or 'CHECK'}", rule.sqltext
        yield f"{table.name}.{rule.name}", getattr(rule, "where", None)
    for index in table.indexes:
        for expression in (*index.expressions, index.dialect_options["postgresql"]["where"]):
            yield f"{table.name}.{index.name}", expression


def _column_texts(column: Column[Any]) -> Iterator[Any]:
    yield getattr(column.server_default, "arg", None)
    yield getattr(column.computed, "sqltext", None)
    yield from (getattr(each, "sqltext", None) for each in column.constraints)
