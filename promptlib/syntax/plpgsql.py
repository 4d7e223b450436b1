"""The SQL that the body of a DO block runs, as far as its text says. Pure.

No grammar: a statement begins where its first word stands at the beginning, or behind a word that
opens a block. Of EXECUTE, what stands in one literal can be read; what is put together cannot.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from promptlib.syntax.tokens import TokenReader, split_tokens, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.tokens import Token

# Behind these a statement of PL/pgSQL begins.
_OPENING = ("BEGIN", "THEN", "ELSE", "LOOP")
_EXECUTE = "EXECUTE"
_BEHIND_QUERY = ("INTO", "USING")
_STATEMENTS = frozenset(
    (
        *("ALTER", "CALL", "CLUSTER", "COMMENT", "COMMIT", "CREATE", "DELETE", "DROP", _EXECUTE),
        *("GRANT", "INSERT", "LOCK", "MERGE", "REFRESH", "REINDEX", "REVOKE", "ROLLBACK"),
        *("TRUNCATE", "UPDATE", "VACUUM", "WITH"),
    )
)
_CALLED_BY_TRIGGERS = ("FUNCTION", "PROCEDURE")
_DOUBLED_QUOTES = re.compile(rb"''([^']*)''")
_PLACEHOLDER = re.compile(rb"%(?=(?:\d+\$)?[IsL])")


class InnerStatement(NamedTuple):
    """A statement inside of a block.

    Attributes:
        tokens: of the statement, with their places in the file.
        text: what it says, in as many bytes as it takes in the file.
    """

    tokens: Sequence[Token]
    text: bytes


def is_block(statement: Sequence[Token]) -> bool:
    """Whether a statement is a DO block."""
    return bool(statement) and statement[0].word == "DO"


def block_statements(source: bytes, statement: Sequence[Token]) -> Iterator[InnerStatement]:
    """Yield the statements of a DO block's body; of another statement, nothing.

    Args:
        source: the content of the file.
        statement: its tokens.
    """
    for body in block_bodies(source, statement):
        for line in split_tokens(body, ";"):
            piece = _first_statement(line)
            if piece and piece[0].word == _EXECUTE:
                yield from _executed_literal(source, piece)
            elif piece:
                yield InnerStatement(piece, source[piece[0].start : end_of(source, piece)])


def block_bodies(source: bytes, statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the tokens of what stands in the strings of a DO block."""
    if is_block(statement):
        for token in statement:
            if token.is_string:
                yield tokenize(source, token.start, token.end)


def runs_dynamic_sql(source: bytes, statement: Sequence[Token]) -> bool:
    """Whether a DO block runs what its text does not say."""
    return any(
        token.word == "CALL"
        or (token.word == _EXECUTE and following.word not in _CALLED_BY_TRIGGERS)
        for body in block_bodies(source, statement)
        for token, following in pairwise(body)
    )


def only_refuses(source: bytes, statement: Sequence[Token]) -> bool:
    """Whether a statement is a DO block that raises an exception and does nothing else."""
    return any(map(_only_raises, block_bodies(source, statement)))


def _only_raises(body: Sequence[Token]) -> bool:
    match [line for line in split_tokens(body, ";") if line]:
        case [[begin, verb, what, *_], [end]]:
            words = [begin.word, verb.word, end.word]
            return words == ["BEGIN", "RAISE", "END"] and (
                what.word == "EXCEPTION" or what.is_string
            )
    return False


def _first_statement(line: Sequence[Token]) -> Sequence[Token]:
    """What of a line up to a semicolon may be a statement of SQL."""
    for at, token in enumerate(line):
        if token.word in _STATEMENTS and (not at or line[at - 1].word in _OPENING):
            return line[at:]
    return ()


def _executed_literal(source: bytes, piece: Sequence[Token]) -> Iterator[InnerStatement]:
    """The statements in the literal of EXECUTE, or of EXECUTE format(...)."""
    reader = TokenReader(piece[1:])
    literal = reader.parenthesised()[:1] if reader.take("FORMAT") else reader.until(*_BEHIND_QUERY)
    if len(literal) == 1 and literal[0].is_string:
        start = literal[0].start
        text = _literal_text(source[start : literal[0].end])
        for each in filter(None, split_tokens(tokenize(text, 0, len(text)), ";")):
            said = text[each[0].start : end_of(text, each)]
            yield InnerStatement([_shifted(token, start) for token in each], said)


def end_of(source: bytes, statement: Sequence[Token]) -> int:
    """The offset behind a statement, and behind the dollar quote that it may end with."""
    end = statement[-1].end
    if statement[-1].is_string and source[end : end + 1] == b"$":
        return source.index(b"$", end + 1) + 1
    return end


def _literal_text(literal: bytes) -> bytes:
    """What a literal says, in as many bytes; what format() fills in becomes a name."""
    if literal.startswith(b"'"):
        literal = b" " + literal[1:-1] + b" "
    single = _DOUBLED_QUOTES.sub(rb" '\1' ", literal)
    return _PLACEHOLDER.sub(b"_", single)


def _shifted(token: Token, by: int) -> Token:
    return token._replace(start=token.start + by, end=token.end + by)
