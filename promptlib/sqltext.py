"""The lexical shape of PostgreSQL text: where statements end and which comments are markers.

Follows the rules of PostgreSQL's own lexer and of psql (src/backend/parser/scan.l,
src/fe_utils/psqlscan.l), with standard_conforming_strings on. What the statements and markers
mean is left to migration.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.errors import LexicalError
from promptlib.lexemes import (
    BLOCK_COMMENT,
    DOLLAR_QUOTE,
    ESCAPE_STRING,
    GAP,
    LETTER,
    LINE_COMMENT,
    NAME,
    QUOTED_NAME,
    SPACE,
    STRING,
    WHITE,
    WORD,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Statement(NamedTuple):
    """One statement, as offsets into the text.

    `start` is its first character, comments before it included; `head` the first character of
    its first word; `end` lies behind its semicolon, or behind its last character if it has none.
    """

    start: int
    head: int
    end: int
    closed: bool


class Marker(NamedTuple):
    """A line comment alone on its line that says `UP` or `DOWN`, with its options as written."""

    start: int
    end: int
    word: str
    options: str


_MARKER_AHEAD = r"[ \t]*+(?i:up|down)(?![^ \t\n\r])"
_PLAIN_COMMENT = rf"--(?!{_MARKER_AHEAD})[^\n\r]*+"
_QUOTED = rf"{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}|{_PLAIN_COMMENT}|{BLOCK_COMMENT}"
_SINGLE = rf"-(?!-)|/(?!\*)|(?!{DOLLAR_QUOTE})\$"
_TEXT = rf"[^'\"$\-/();\\]++|{_QUOTED}|{_SINGLE}"
# Each run stops at the next character that may mean something.
_BLANK = re.compile(rf"(?:{SPACE}++|{_PLAIN_COMMENT}|{BLOCK_COMMENT})*+")
_RUN = re.compile(rf"(?:{_TEXT}|\((?:{_TEXT})*+\))*+")
# Inside CREATE FUNCTION the words of `BEGIN ATOMIC ... END` count; `AS end` and `t.end` do not.
_ROUTINE_RUN = re.compile(
    rf"(?:[^'\"$\-/();\\{LETTER}.]++"
    rf"|\.{SPACE}*+(?:{WORD})?+|(?<![{NAME}])(?i:as){SPACE}++{WORD}"
    rf"|(?!(?i:begin|case|end)(?![{NAME}])){WORD}|{_QUOTED}|{_SINGLE})*+"
)
_ROUTINE = re.compile(
    rf"(?i:create){GAP}(?:(?i:or){GAP}(?i:replace){GAP})?+(?i:function|procedure)(?![{NAME}])"
)
_ATOMIC = re.compile(rf"(?i:begin){GAP}(?i:atomic)(?![{NAME}])")
_MARKER = re.compile(
    r"--[ \t]*+(?P<word>(?i:up|down))"
    r"(?P<options>(?:[ \t]++\w++:[^ \t\n\r]++)*+)[ \t]*+(?=[\n\r]|\Z)"
)
_TOKEN = re.compile(rf"(?P<word>{WORD})|[()]|{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}|{GAP}")
_WHITE = re.compile(rf"{SPACE}*+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LINE_COMMENT = re.compile(LINE_COMMENT)
_DOLLAR_QUOTE = re.compile(DOLLAR_QUOTE)
_WORD = re.compile(WORD)
_PSQL_COMMAND = re.compile(r"\\\S*")


def location(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both counted from 1, as editors count them."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def scan(text: str) -> Iterator[Statement | Marker]:
    """Yield the statements and markers of a text, in order, as far as it can be read.

    A marker ends the statement before it, as the end of the text does. Inside parentheses and
    `BEGIN ATOMIC` bodies, where no statement can end, a marker is a comment.

    Raises:
        LexicalError: for a quote, comment, parenthesis or body that never ends, and for a psql
            command. What stands before the error has been yielded by then.
    """
    return _Scanner(text).items()


def bare_words(text: str, statement: Statement) -> Iterator[str]:
    """Yield a statement's words in capitals, but those in quotes, comments and parentheses."""
    depth = 0
    for found in _TOKEN.finditer(text, statement.head, statement.end):
        depth = max(0, depth + {"(": 1, ")": -1}.get(found[0], 0))
        if not depth and found["word"]:
            yield found["word"].upper()


class _Scanner:
    """The state of one pass over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.parentheses: list[int] = []
        self.bodies: list[int] = []
        self._begin(0)

    def _begin(self, start: int) -> None:
        """Forget the last statement and look for the next one from `start` on."""
        self.start = self.position = start
        self.head: int | None = None
        self.run = _BLANK

    def items(self) -> Iterator[Statement | Marker]:
        while True:
            self._advance()
            if self.position == len(self.text):
                break
            item = self._event()
            if isinstance(item, Marker):
                yield from self._unfinished(item.start)
                self._begin(item.end)
            if item:
                yield item
        self._require_closed()
        yield from self._unfinished(len(self.text))

    def _advance(self) -> None:
        """Move to the next character that means something here."""
        self.position = _end(self.run, self.text, self.position)
        blank = self.text.startswith(("--", "/*", ";"), self.position)
        if self.head is None and not blank and self.position < len(self.text):
            self.head = self.position
            self.run = _ROUTINE_RUN if _ROUTINE.match(self.text, self.head) else _RUN
            self.position = _end(self.run, self.text, self.position)

    def _event(self) -> Statement | Marker | None:
        match self.text[self.position]:
            case ";":
                return self._semicolon()
            case "(":
                self.parentheses.append(self.position)
                self.position += 1
            case ")":
                del self.parentheses[-1:]
                self.position += 1
            case "-":
                return self._line_comment()
            case "/":
                self.position = self._block_comment_end()
            case "$":
                self.position = self._dollar_quote_end()
            case "'":
                raise LexicalError("this quote is never closed", "close it with '", self.position)
            case '"':
                raise LexicalError("this quote is never closed", 'close it with "', self.position)
            case "\\":
                raise self._psql_command()
            case _:
                self._keyword()
        return None

    def _semicolon(self) -> Statement | None:
        self.position += 1
        if self.parentheses or self.bodies:
            return None
        statement = None
        if self.head is not None:
            statement = Statement(self._first(), self.head, self.position, closed=True)
        self._begin(self.position)
        return statement

    def _first(self) -> int:
        return _end(_WHITE, self.text, self.start)

    def _unfinished(self, end: int) -> Iterator[Statement]:
        """The statement that a marker or the end of the text ends, if there is one."""
        if self.head is not None:
            last = self.head + len(self.text[self.head : end].rstrip(WHITE))
            yield Statement(self._first(), self.head, last, closed=False)

    def _line_comment(self) -> Marker | None:
        """A comment that begins like a marker; it is one if its line holds nothing else."""
        start = self.position
        self.position = _end(_LINE_COMMENT, self.text, start)
        found = _MARKER.match(self.text, start)
        line = self.text[_line_start(self.text, start) : start]
        if not found or line.strip(" \t\ufeff") or self.parentheses or self.bodies:
            return None
        return Marker(start, found.end(), found["word"].upper(), found["options"])

    def _block_comment_end(self) -> int:
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self.text, self.position):
            depth += 1 if edge[0] == "/*" else -1
            if not depth:
                return edge.end()
        raise LexicalError("this comment is never closed", "close it with */", self.position)

    def _dollar_quote_end(self) -> int:
        quote = _DOLLAR_QUOTE.match(self.text, self.position)
        assert quote  # the run stops at no other dollar sign
        end = self.text.find(quote[0], quote.end())
        if end < 0:
            raise LexicalError(
                f"the dollar quote {quote[0]} is never closed",
                f"close it with {quote[0]}",
                self.position,
            )
        return end + len(quote[0])

    def _keyword(self) -> None:
        """BEGIN, CASE or END in a CREATE FUNCTION: does a body begin or end here?"""
        start, word = self.position, _WORD.match(self.text, self.position)
        assert word  # the run stops at no other letter
        self.position = word.end()
        if self.parentheses:
            return
        if word[0].upper() == "END":
            del self.bodies[-1:]
        elif self.bodies if word[0].upper() == "CASE" else _ATOMIC.match(self.text, start):
            self.bodies.append(start)

    def _psql_command(self) -> LexicalError:
        end = _end(_PSQL_COMMAND, self.text, self.position)
        command = self.text[self.position : end]
        remedy = "write the SQL that it stands for"
        return LexicalError(f"{command} is a psql command, not SQL", remedy, self.position)

    def _require_closed(self) -> None:
        if self.bodies:
            raise LexicalError("this body is never closed", "close it with END", self.bodies[0])
        if self.parentheses:
            raise LexicalError(
                "this parenthesis is never closed", "close it with )", self.parentheses[0]
            )


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where a run that begins here ends; every pattern that is passed can match nothing."""
    found = pattern.match(text, position)
    return found.end() if found else position


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
