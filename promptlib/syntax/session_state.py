"""What a statement leaves in its session, and ends with that, as far as its text says. Pure."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.tokens import TokenReader, split_tokens, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.tokens import Token

_TEMPORARY = ("TEMP", "TEMPORARY")
_BEFORE = frozenset(("CREATE", "REPLACE", "INTO", "GLOBAL", "LOCAL"))
_CALLERS = ("SELECT", "WITH", "CALL", "DO")
# Where SET means something else.
_OF_TRANSACTIONS = frozenset(("LOCAL", "CONSTRAINTS", "TRANSACTION"))
_ROWS = {"UPDATE", "INSERT", "MERGE", "ALTER", "CREATE"}


def left_in_session(source: bytes, statement: Sequence[Token]) -> str:
    """What a statement leaves there that no simple SET does: in words; empty: nothing.

    Args:
        source: that the statement is in.
        statement: any one.
    """
    if any(map(_makes_temporary, _parts(source, statement))):
        return "a temporary table"
    calls = statement[0].word in _CALLERS
    return "a setting" if calls and any(map(_sets, _parts(source, statement))) else ""


def _parts(source: bytes, statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The statement, and those in the text of a DO block."""
    yield statement
    if statement[0].word == "DO":
        for body in (token for token in statement if token.is_string):
            yield from split_tokens(tokenize(source, body.start, body.end), ";")


def _makes_temporary(part: Sequence[Token]) -> bool:
    words = [token.word for token in part]
    return any(
        (word in _TEMPORARY and not _BEFORE.isdisjoint(words[:at][-1:]))
        or (token.name == "pg_temp" and "CREATE" in words[:at])
        for at, (word, token) in enumerate(zip(words, part, strict=True))
    )


def _sets(part: Sequence[Token]) -> bool:
    words = [token.word for token in part]
    if "SET" in words and _ROWS.isdisjoint(words):
        return _OF_TRANSACTIONS.isdisjoint(words[words.index("SET") + 1 :][:1])
    reader = TokenReader(part)
    while reader.next:
        if reader.take("SET_CONFIG"):
            last = reader.parenthesised()[-1:]
            if not last or last[0].word != "TRUE":
                return True
        else:
            reader.step()
    return False
