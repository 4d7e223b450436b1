"""A statement as words, names and symbols, to read what it says. Pure.

Where statements begin and end is left to statements.py, what they mean to those who ask.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.syntax.lexemes import (
    DOLLAR_QUOTE,
    ESCAPE_STRING,
    GAP,
    QUOTED_NAME,
    STRING,
    WORD,
    byte_pattern,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.statements import Statement

ObjectName = tuple[str, ...]  # the parts of a name, the schema first
_LEXEME = byte_pattern(
    rf"{GAP}|(?P<word>{WORD})|(?P<quoted>{QUOTED_NAME})|(?P<string>{ESCAPE_STRING}|{STRING})"
    rf"|(?P<tag>{DOLLAR_QUOTE})(?P<body>[\s\S]*?)(?P=tag)"
    r"|[0-9][0-9A-Za-z_.]*+|[-+*/<>=~!@#%^&|`?]++|[\s\S]"
)
_STRINGS = ("string", "tag", "body")


class Token(NamedTuple):
    """A piece of a statement.

    Attributes:
        word: in capitals, where it is a word without quotes.
        name: as PostgreSQL understands it, where it may be one: `a`, `A` and `"a"` are `a`.
        symbol: where it is one, or a number.
        start: offset of its first character; of a string in dollar quotes, that of what is inside.
        end: offset behind its last.
    """

    word: str
    name: str
    symbol: str
    start: int
    end: int

    @property
    def is_string(self) -> bool:
        """Whether it is a string, in whatever quotes."""
        return not self.name and not self.symbol


def tokenize(source: bytes, start: int, end: int) -> list[Token]:
    """The tokens of a piece of text, without comments and white space."""
    found = (_token(match) for match in _LEXEME.finditer(source, start, end))
    return [token for token in found if token]


def tokenize_statement(source: bytes, statement: Statement) -> list[Token]:
    """The tokens of a statement, but for the semicolon that ends it."""
    return tokenize(source, statement.head, statement.end - statement.closed)


def _token(match: re.Match[bytes]) -> Token | None:
    kind, text = match.lastgroup, match[0].decode()
    if kind == "word":
        return Token(text.upper(), match[0].lower().decode(), "", *match.span())
    if kind == "quoted":
        return Token("", text[1:-1].replace('""', '"'), "", *match.span())
    if kind in _STRINGS:
        return Token("", "", "", *match.span("body" if match["tag"] else 0))
    if text[0].isspace() or text.startswith(("--", "/*")):
        return None
    return Token("", "", text, *match.span())


def words_outside_parentheses(tokens: Sequence[Token]) -> list[str]:
    """The words outside of parentheses."""
    reader, words = TokenReader(tokens), list[str]()
    while reader.next:
        words.append(reader.word)
        if not reader.parenthesised():
            reader.step()
    return words


def split_tokens(tokens: Sequence[Token], symbol: str = ",") -> Iterator[list[Token]]:
    """Cut at a symbol that stands outside of parentheses."""
    depth, piece = 0, list[Token]()
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.symbol, 0)
        if token.symbol == symbol and not depth:
            yield piece
            piece = []
        else:
            piece.append(token)
    yield piece


class TokenReader:
    """Reads tokens from left to right.

    Args:
        tokens: all of them.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def rest(self) -> Sequence[Token]:
        """What is not read yet."""
        return self._tokens[self._position :]

    @property
    def next(self) -> Token | None:
        """The token that comes next, or None at the end."""
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    @property
    def offset(self) -> int:
        """Where the next token begins, or the last one ends."""
        return self.next.start if self.next else self._tokens[-1].end

    @property
    def word(self) -> str:
        """The word that comes next, or nothing."""
        return self.next.word if self.next else ""

    def step(self) -> None:
        """Go beyond one token."""
        self._position += 1

    def take(self, *words: str) -> bool:
        """Go beyond these words, if all of them come next, in this order."""
        following = self._tokens[self._position : self._position + len(words)]
        if [token.word for token in following] != [*words]:
            return False
        self._position += len(words)
        return True

    def take_any(self, *words: str) -> str:
        """Go beyond one of these words, if it comes next, and give it."""
        word = self.word
        return word if word in words and self.take(word) else ""

    def take_symbol(self, symbol: str) -> bool:
        """Go beyond a symbol, if it comes next."""
        if not self.next or self.next.symbol != symbol:
            return False
        self._position += 1
        return True

    def name(self) -> ObjectName:
        """Go beyond a name, with its schema if it has one; nothing, where none comes next."""
        parts = []
        while self.next and self.next.name:
            parts.append(self.next.name)
            self._position += 1
            if not self.take_symbol("."):
                break
        return tuple(parts)

    def parenthesised(self) -> Sequence[Token]:
        """Go beyond a pair of parentheses, if one comes next, and give what is inside."""
        first, depth = self._position, 0
        while self.next and (depth or self.next.symbol == "("):
            depth += {"(": 1, ")": -1}.get(self.next.symbol, 0)
            self._position += 1
            if not depth:
                break
        return self._tokens[first + 1 : self._position - 1] if self._position > first else ()

    def until(self, *words: str) -> Sequence[Token]:
        """Go up to the first of these words outside of parentheses, and give what is before it."""
        first = self._position
        while self.next and self.word not in words:
            if not self.parenthesised():
                self._position += 1
        return self._tokens[first : self._position]

    def skip_to(self, *words: str) -> bool:
        """Go beyond the first of these words outside of parentheses; to the end, without one."""
        self.until(*words)
        return bool(self.take_any(*words))

    def operator(self) -> ObjectName:
        """Go beyond an operator, with its schema if it has one."""
        parts = []
        while self.next and self.next.symbol not in ("(", ","):
            parts.append(self.next.name or self.next.symbol)
            self._position += 1
        return tuple(part for part in parts if part != ".")
