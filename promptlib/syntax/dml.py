"""The commands of a statement that write rows, those inside WITH too. Pure."""

from __future__ import annotations

import itertools

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.tokens import (
    TokenReader,
    split_tokens,
    tokenize,
    words_outside_parentheses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.tokens import Token

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
_WRITE = (INSERT, UPDATE, DELETE)
_MAIN = (*_WRITE, "MERGE", "SELECT", "VALUES", "TABLE")
# What runs code, or writes by other words; a SELECT does, if it calls a function.
_OPAQUE = ("DO", "CALL", "EXECUTE", "COPY", "MERGE")
_QUERY = ("SELECT", "WITH", "VALUES")
_CALCULATES = frozenset(("+", "-", "*", "/", "%", "||"))
# What makes a second INSERT of the same rows do nothing.
_ONLY_MISSING = frozenset((("ON", "CONFLICT"), ("NOT", "EXISTS"), ("NOT", "IN")))


def write_commands(statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The commands INSERT, UPDATE and DELETE that a statement runs, each from its first word on."""
    reader = TokenReader(statement)
    if reader.word in _WRITE:
        yield statement
    elif reader.take("WITH"):
        reader.take("RECURSIVE")
        while reader.name():
            reader.skip_to("AS")
            reader.take("NOT")
            reader.take("MATERIALIZED")
            yield from write_commands(reader.parenthesised())
            if not reader.take_symbol(","):
                break
        reader.until(*_MAIN)  # SEARCH and CYCLE stand before it
        yield from write_commands(reader.rest)


def block_commands(source: bytes, statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The commands INSERT, UPDATE and DELETE in a DO block, each from its first word on.

    Args:
        source: that the statement is in.
        statement: any one.
    """
    if statement[0].word != "DO":
        return
    for body in (token for token in statement if token.is_string):
        for piece in split_tokens(tokenize(source, body.start, body.end), ";"):
            reader = TokenReader(piece)
            reader.until(*_WRITE)
            if reader.next:
                yield reader.rest


def may_write(statement: Sequence[Token]) -> bool:
    """Whether a statement may change rows: it says so, or runs what its text does not show."""
    first = statement[0].word
    if first in _QUERY and any(token.symbol == "(" for token in statement):
        return True
    return first in _OPAQUE or any(write_commands(statement))


def has_where(command: Sequence[Token]) -> bool:
    """Whether a command says which rows it means."""
    return "WHERE" in words_outside_parentheses(command)


def is_idempotent(command: Sequence[Token]) -> bool:
    """Whether a second run leaves the rows as the first one did, as far as the text says."""
    if command[0].word == INSERT:
        words = words_outside_parentheses(command)
        return not _ONLY_MISSING.isdisjoint(itertools.pairwise(words)) or "EXCEPT" in words
    return command[0].word != UPDATE or not _calculates_anew(command)


def _calculates_anew(command: Sequence[Token]) -> bool:
    """Whether an UPDATE makes a column's value of its old one, in rows whatever that is."""
    reader = TokenReader(command)
    reader.skip_to("SET")
    assigned = reader.until("FROM", "WHERE", "RETURNING")
    conditions = {token.name for token in reader.rest}
    for column, *value in filter(None, split_tokens(assigned)):
        for at, token in enumerate(value):
            beside = {
                each.symbol for each in (*value[max(0, at - 1) : at], *value[at + 1 : at + 2])
            }
            is_old = token.name == column.name and column.name not in conditions
            if is_old and not _CALCULATES.isdisjoint(beside):
                return True
    return False
