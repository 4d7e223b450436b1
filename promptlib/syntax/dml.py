"""The commands of a statement that write rows, those inside WITH too. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.syntax.tokens import TokenReader, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.tokens import Token

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
_WRITE = (INSERT, UPDATE, DELETE)
_MAIN = (*_WRITE, "MERGE", "SELECT", "VALUES", "TABLE")


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


def has_where(command: Sequence[Token]) -> bool:
    """Whether a command says which rows it means."""
    return "WHERE" in words_outside_parentheses(command)
