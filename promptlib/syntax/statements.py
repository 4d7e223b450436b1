"""The lexical shape of PostgreSQL text: where statements end and which comments are markers.

Follows the rules of PostgreSQL's own lexer and of psql (src/backend/parser/scan.l,
src/fe_utils/psqlscan.l), with standard_conforming_strings on. What the statements and markers
mean is left to whoever reads them. Texts are UTF-8, and offsets count bytes: so a file of some
hundred megabytes takes its own room and hardly more, whatever letters are in it.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from promptlib.core.errors import LexicalError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.syntax.lexemes import (
    BLOCK_COMMENT,
    DOLLAR,
    DOLLAR_QUOTE,
    ESCAPE_STRING,
    GAP,
    NAME,
    QUOTED_NAME,
    SPACE,
    STRING,
    WHITE,
    WORD,
    byte_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import overload

_PLAIN_COMMENT = r"--(?![ \t]*+(?i:up|down)(?![^ \t\n\r]))[^\n\r]*+"
_QUOTED = rf"{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}|{_PLAIN_COMMENT}|{BLOCK_COMMENT}"
_SINGLE = rf"-(?!-)|/(?!\*)|{DOLLAR}"
_TEXT = r"[^'\"$\-/();\\]*+"
_MARKED = rf"{_QUOTED}|{_SINGLE}"
# Each run stops at the next character that may mean something.
_INNERMOST = rf"\({_TEXT}(?>(?:{_MARKED}){_TEXT})*+\)"
_INNER = rf"\({_TEXT}(?>(?:{_MARKED}|{_INNERMOST}){_TEXT})*+\)"
_PLAIN_RUN = rf"{_TEXT}(?>(?:{_MARKED}|{_INNER}){_TEXT})*+"
_FLAT_RUN = rf"{_TEXT}(?>(?:{_MARKED}){_TEXT})*+"
# Inside CREATE FUNCTION the words of `BEGIN ATOMIC ... END` count; `AS end` and `t.end` do not.
_INSIDE = rf"(?>{SPACE}++|{_PLAIN_COMMENT}|{BLOCK_COMMENT})++"  # a gap that no marker is in
_ROUTINE_RUN = (
    r"(?>[\x00-\x1f !#%&*+,0-9:<=>?@\[\]^`{|}~\x7f]++"
    rf"|\.(?>{_INSIDE})?+(?>{WORD})?+|(?<!{NAME})(?i:as){_INSIDE}{WORD}"
    rf"|(?!(?i:begin|case|end)(?!{NAME})){WORD}|{_QUOTED}|{_SINGLE})*+"
)
_CREATE_ROUTINE = (
    rf"(?i:create){GAP}(?>(?i:or){GAP}(?i:replace){GAP})?+(?i:function|procedure)(?!{NAME})"
)
_BEFORE = rf"{SPACE}*+(?P<start>)(?>{_INSIDE})?+"
_HEAD = r"(?P<head>(?!--|/\*|;|\Z)"
_CLOSED = r"(?P<closed>;)?"
_BEGINNING = byte_pattern(
    rf"{_BEFORE}{_HEAD}(?:(?={_CREATE_ROUTINE})(?P<routine>{_ROUTINE_RUN})|{_PLAIN_RUN}))?{_CLOSED}"
)
_PLAIN = byte_pattern(_PLAIN_RUN)
_ROUTINE = byte_pattern(_ROUTINE_RUN)
# For texts that are read sooner than those are compiled: parentheses come one by one, and there are
# no bodies.
_FLAT_BEGINNING = byte_pattern(rf"{_BEFORE}{_HEAD}(?P<routine>(?!))?{_FLAT_RUN})?{_CLOSED}")
_FLAT = byte_pattern(_FLAT_RUN)
_SHORT = 8192  # bytes
_BODY = b"atomic"
_ATOMIC = byte_pattern(rf"begin{GAP}atomic(?!{NAME})", re.IGNORECASE)
_COMMENT = byte_pattern(
    r"--(?>[ \t]*+(?P<word>(?i:up|down))"
    r"(?P<options>(?>[ \t]++\w++:[^ \t\n\r]++)*+)[ \t]*+(?![^\n\r]))?+[^\n\r]*+"
)
_TOKEN = byte_pattern(
    rf"(?P<word>{WORD})|[()]|{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}|{GAP}"
    rf"|(?P<quote>{DOLLAR_QUOTE})[\s\S]*?(?P=quote)"
)
# What pg_dump writes around its text since 2025: nothing in it is for the server.
_RESTRICTION = re.compile(rb"\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t]*(?=[\r\n]|\Z)")
_EDGE = re.compile(rb"/\*|\*/")
_DOLLAR_QUOTE = byte_pattern(DOLLAR_QUOTE)
_WORD = byte_pattern(WORD)
_OFFSETS = 3  # of a statement
_LONGEST_COMMAND = 100  # bytes of it that are shown
_INSTEAD = {
    **dict.fromkeys(("\\c", "\\connect"), "take it out: migrations run in one database"),
    "\\.": "write INSERT statements instead, as pg_dump --inserts does",
}


class Statement(NamedTuple):
    """One statement, as offsets into the text.

    `start` is its first character, comments before it included; `head` the first character of
    its first word; `end` lies behind its semicolon, or behind its last character if it has none.
    """

    start: int
    head: int
    end: int
    closed: bool


class Statements(Sequence[Statement]):
    """Statements of one text in little room: 24 bytes each, where objects take some 200."""

    def __init__(self) -> None:
        self._offsets = array("Q")
        self._last_closed = True  # nothing follows one that has no semicolon

    def append(self, statement: Statement) -> None:
        """Put a statement behind the others."""
        self._offsets.extend(statement[:_OFFSETS])
        self._last_closed = statement.closed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statements) and self._offsets == other._offsets

    __hash__ = None  # type: ignore[assignment] # they may be added to

    def __len__(self) -> int:
        return len(self._offsets) // _OFFSETS

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: int) -> Statement: ...
        @overload
        def __getitem__(self, index: slice) -> Sequence[Statement]: ...

    def __getitem__(self, index: int | slice) -> Statement | Sequence[Statement]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self[number] for number in numbers]
        first = _OFFSETS * numbers
        closed = self._last_closed or numbers < len(self) - 1
        start, head, end = self._offsets[first : first + _OFFSETS]
        return Statement(start, head, end, closed)


class Marker(NamedTuple):
    """A line comment alone on its line that says `UP` or `DOWN`, with its options as written."""

    start: int
    end: int
    word: str
    options: str


def scan_sql(text: bytes) -> Iterator[Statement | Marker]:
    r"""Yield the statements and markers of a text, in order, as far as it can be read.

    A marker ends the statement before it, as the end of the text does. Inside parentheses and
    `BEGIN ATOMIC` bodies, where no statement can end, a marker is a comment. Lines of pg_dump's
    with `\restrict` and `\unrestrict` belong to no statement.

    Raises:
        LexicalError: for a quote, comment, parenthesis or body that never ends, and for a psql
            command. What stands before the error has been yielded by then.
    """
    return _Scanner(text).items()


def blank_restrictions(text: bytes, statements: Iterable[Statement]) -> bytes:
    """A text with blanks for what pg_dump wrote around it, which no statement holds."""
    if b"restrict" not in text:
        return text
    shown, between = bytearray(text), 0
    for start, end in (*((each.start, each.end) for each in statements), (len(text), 0)):
        for found in _RESTRICTION.finditer(text, between, start):
            shown[slice(*found.span())] = b" " * len(found[0])
        between = end
    return bytes(shown)


def bare_words(text: bytes, statement: Statement) -> Iterator[str]:
    """Yield a statement's words in capitals, but those in quotes, comments and parentheses."""
    depth = 0
    for found in _TOKEN.finditer(text, statement.head, statement.end):
        depth = max(0, depth + {b"(": 1, b")": -1}.get(found[0], 0))
        if not depth and found["word"]:
            yield found["word"].decode().upper()


def line_and_column(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a character, both counted from 1, as editors count them."""
    before = text[text.rfind(b"\n", 0, offset) + 1 : offset]
    # An offset may be that of the last byte of several.
    return text.count(b"\n", 0, offset) + 1, len(before.decode(errors="ignore")) + 1


class _Scanner:
    """The state of one pass over a text."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.parentheses: list[int] = []
        self.bodies: list[int] = []
        is_flat = len(text) <= _SHORT and _BODY not in text.lower()
        self._beginning, self._plain = (_FLAT_BEGINNING, _FLAT) if is_flat else (_BEGINNING, _PLAIN)
        self._begin(0)

    def _begin(self, position: int) -> None:
        """Forget the last statement and look for the next one from here on."""
        self.position = position
        self.start = self.head = -1
        self.run = self._plain

    def items(self) -> Iterator[Statement | Marker]:
        yield from self._advance()
        while self.position < len(self.text):
            if self._here() == b";" and not self.parentheses and not self.bodies:
                yield Statement(self.start, self.head, self.position + 1, closed=True)
                self._begin(self.position + 1)
            elif marker := self._event():
                yield from self._unfinished(marker.start)
                yield marker
                self._begin(marker.end)
            yield from self._advance()
        self._require_closed()
        yield from self._unfinished(len(self.text))

    def _advance(self) -> Iterator[Statement]:
        """Move to the next character that means something here, or to the end of the text.

        Most statements are one run up to their semicolon: these are yielded on the way.
        """
        if self.head >= 0:
            found = self.run.match(self.text, self.position)
            assert found  # these can match nothing
            self.position = found.end()
            return
        while (
            found := self._beginning.match(self.text, self.position)
        ) and found.lastgroup == "closed":
            self.position, head = found.end(), found.start("head")
            if head >= 0:
                start = found.start("start") if self.start < 0 else self.start
                # By position: to name an argument takes a third longer.
                yield Statement(start, head, self.position, True)  # noqa: FBT003
            self.start = -1
        assert found
        self.position, self.head = found.end(), found.start("head")
        self.start = found.start("start") if self.start < 0 else self.start
        self.run = self._plain if found.start("routine") < 0 else _ROUTINE

    def _here(self) -> bytes:
        return self.text[self.position : self.position + 1]

    def _event(self) -> Marker | None:
        match self._here():
            case b";":
                self.position += 1
            case b"(":
                self.parentheses.append(self.position)
                self.position += 1
            case b")":
                del self.parentheses[-1:]
                self.position += 1
            case b"-":
                return self._line_comment()
            case b"/":
                self.position = self._block_comment_end()
            case b"$":
                self.position = self._dollar_quote_end()
            case b"'" | b'"' as quote:
                raise _never_closed("this quote", quote.decode(), self.position)
            case b"\\":
                self._psql_command()
            case _:
                self._keyword()
        return None

    def _unfinished(self, end: int) -> Iterator[Statement]:
        """The statement that a marker or the end of the text ends, if there is one."""
        if self.head >= 0:
            last = self.head + len(self.text[self.head : end].rstrip(WHITE))
            yield Statement(self.start, self.head, last, closed=False)

    def _line_comment(self) -> Marker | None:
        """A comment that begins like a marker; it is one if its line holds nothing else."""
        start, found = self.position, _COMMENT.match(self.text, self.position)
        assert found  # a run stops at no other hyphen
        self.position = found.end()
        if not found["word"] or self.parentheses or self.bodies or not _is_first(self.text, start):
            return None
        word, options = found["word"].decode().upper(), found["options"].decode()
        return Marker(start, found.end(), word, options)

    def _block_comment_end(self) -> int:
        depth = 0
        for edge in _EDGE.finditer(self.text, self.position):
            depth += 1 if edge[0] == b"/*" else -1
            if not depth:
                return edge.end()
        raise _never_closed("this comment", "*/", self.position)

    def _dollar_quote_end(self) -> int:
        quote = _DOLLAR_QUOTE.match(self.text, self.position)
        assert quote  # a run stops at no other dollar sign
        end = self.text.find(quote[0], quote.end())
        if end < 0:
            word = quote[0].decode()
            raise _never_closed(f"the dollar quote {word}", word, self.position)
        return end + len(quote[0])

    def _keyword(self) -> None:
        """BEGIN, CASE or END in a CREATE FUNCTION: does a body begin or end here?"""
        start, word = self.position, _WORD.match(self.text, self.position)
        assert word  # a run stops at no other letter
        self.position = word.end()
        if self.parentheses:
            return
        if word[0].upper() == b"END":
            del self.bodies[-1:]
        elif self.bodies if word[0].upper() == b"CASE" else _ATOMIC.match(self.text, start):
            self.bodies.append(start)

    def _psql_command(self) -> None:
        found = _RESTRICTION.match(self.text, self.position)
        if found and self.head == self.position and _is_first(self.text, self.position):
            self._begin(found.end())
            return
        command, *_ = self.text[self.position : self.position + _LONGEST_COMMAND].split(maxsplit=1)
        name = command.decode(errors="ignore")
        remedy = _INSTEAD.get(name, "write the SQL that it stands for")
        raise LexicalError(f"{name} is a psql command, not SQL", remedy, self.position)

    def _require_closed(self) -> None:
        # A parenthesis that is open hides the END of the body around it.
        if self.parentheses:
            raise _never_closed("this parenthesis", ")", self.parentheses[0])
        if self.bodies:
            raise _never_closed("this body", "END", self.bodies[0])


def _never_closed(what: str, end: str, offset: int) -> LexicalError:
    return LexicalError(f"{what} is never closed", f"close it with {end}", offset)


def _is_first(text: bytes, offset: int) -> bool:
    """Whether only blanks stand before a character on its line."""
    while offset and text[offset - 1] in b" \t":
        offset -= 1
    return not offset or text[offset - 1] in b"\n\r"
