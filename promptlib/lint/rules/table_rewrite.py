"""What writes a table anew while nobody can read it: CLUSTER, VACUUM FULL, SET TABLESPACE, others.

Types and defaults that rewrite a table are squawk's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.locks import named_tables, rewrites_rows
from promptlib.lint.migration_text import Complaint
from promptlib.syntax.tokens import TokenReader, split_tokens, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText
    from promptlib.lint.schema import Schema
    from promptlib.syntax.tokens import ObjectName, Token

_ALTERED = (("TABLE",), ("MATERIALIZED", "VIEW"), ("INDEX",))
# Of a partitioned table these say where its next partitions go.
_FOR_LATER = ("SET TABLESPACE", "SET ACCESS METHOD")


def find_table_rewrites(text: MigrationText) -> Iterator[Complaint]:
    """Yield what rewrites a table that was there before UP."""
    for statement, made in text.up_with_schema():
        for what, table in _rewritten(statement.tokens):
            if table and (made.has_table(table) or _is_for_later(text, made, what, table)):
                continue
            named = f" {'.'.join(table)}" if table else " every table"
            yield Complaint(
                statement.offset,
                f"{what} writes{named} anew, and nobody reads or writes meanwhile",
                "leave it to a maintenance window, or to a tool that works beside readers, "
                "such as pg_repack",
                "warning",
            )


def _is_for_later(text: MigrationText, made: Schema, what: str, table: ObjectName) -> bool:
    return what in _FOR_LATER and (made.is_partitioned(table) or text.earlier.is_partitioned(table))


def _rewritten(statement: Sequence[Token]) -> Iterator[tuple[str, ObjectName]]:
    """What a statement does, and the table; an empty one stands for all."""
    words = words_outside_parentheses(statement)
    if words[0] == "CLUSTER":
        yield "CLUSTER", next(named_tables(statement), ())
    elif words[0] == "VACUUM" and _is_full(statement):
        for table in [*named_tables(statement)] or [()]:
            yield "VACUUM FULL", table
    elif words[0] == "ALTER":
        yield from _altered(statement)


def _is_full(statement: Sequence[Token]) -> bool:
    """Whether VACUUM says FULL, in parentheses or before them."""
    reader = TokenReader(statement[1:])
    options = reader.parenthesised()
    off = {"FALSE", "OFF"}
    return reader.word == "FULL" or any(
        option[0].word == "FULL" and off.isdisjoint(token.word for token in option)
        for option in split_tokens(options)
        if option
    )


def _altered(statement: Sequence[Token]) -> Iterator[tuple[str, ObjectName]]:
    reader = TokenReader(statement[1:])
    if not any(reader.take(*kind) for kind in _ALTERED):
        return
    reader.take("IF", "EXISTS")
    reader.take("ONLY")
    is_all = reader.take("ALL", "IN", "TABLESPACE")
    name = reader.name()
    if is_all:
        reader.until("SET")
    for action in split_tokens(reader.rest):
        if what := rewrites_rows(TokenReader(action)):
            yield what, () if is_all else name
