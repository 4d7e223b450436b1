"""Take the data out of SQL that is shown: it keeps its names, and the numbers of its author."""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import on_one_line
from promptlib.syntax.lexemes import (
    BLOCK_COMMENT,
    DOLLAR_QUOTE,
    ESCAPE_STRING,
    GAP,
    LINE_COMMENT,
    NAME,
    QUOTED_NAME,
    STRING,
    WORD,
    lazy_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"
TOKEN = lazy_pattern(
    rf"(?P<kept>{LINE_COMMENT}|{BLOCK_COMMENT}|{QUOTED_NAME}|(?<!{NAME}){WORD}(?!'))"
    rf"|(?P<prefix>[eEbBxXnN]?)(?P<string>{ESCAPE_STRING}|{STRING}|'[\s\S]*)"
    rf"|(?P<dollar>{DOLLAR_QUOTE})"
    rf"|(?P<number>(?<!{NAME})[0-9][0-9a-zA-Z_.]*+)"
)
_ROOM = 8  # times as long as what is shown, for white space and literals
_DEEPEST = 4  # of quotes in quotes that are shown as code
COMMENTS = ("--", "/*")
_BEFORE_CODE = ("do", "as")
# A body in another language has other lexemes.
_FOREIGN = lazy_pattern(rf"\blanguage{GAP}['\"]?(?!(?:plpg)?sql\b)\w", re.IGNORECASE)


def mask_sql(text: str, caret: int = -1, *, with_numbers: bool = False) -> tuple[str, int]:
    """Mask the quoted literals of some SQL.

    Args:
        text: SQL from the beginning of a statement on.
        caret: an offset into it, or -1. A dollar quote that holds it is code and stays readable, as
            the body of a DO or a function does.
        with_numbers: whether numbers are masked too: those that nobody wrote into a file.

    Returns:
        the masked text and where the caret is in it: before a literal if it was inside of one.
    """
    pieces: list[str] = []
    position, moved = 0, caret
    for start, end, shown in _literals(text, caret, with_numbers=with_numbers):
        pieces += text[position:start], shown
        position = end
        if caret >= end:
            moved += len(shown) - (end - start)
        elif caret > start:
            moved -= caret - start
    return "".join([*pieces, text[position:]]), moved


def summarize_sql(text: str, most: int) -> str:
    """Some SQL on one line, masked and no longer than so many characters."""
    # The rest of a long one would be masked for nothing. A comment must end with its line.
    shown = on_one_line(mask_sql(text[: _ROOM * most])[0])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _literals(text: str, caret: int, *, with_numbers: bool) -> Iterator[tuple[int, int, str]]:
    """Yield where each literal begins and ends, and what is shown for it."""
    position = 0
    ends = [(len(text), len(text))]  # of the code that is being read, and behind its quote
    is_foreign = bool(_FOREIGN.search(text))
    words = _LastWords()
    while ends:
        found = TOKEN.search(text, position, ends[-1][0])
        if not found:
            position = ends.pop()[1]
            continue
        start, position = found.span()
        words.pass_by(text, found)
        if quote := found["dollar"]:
            close, behind = _end_of_quote(text, quote, position)
            is_code = position <= caret <= close or (words.begin_code and not is_foreign)
            if is_code and len(ends) <= _DEEPEST:
                ends.append((close, behind))
            else:
                position = behind
                yield start, behind, quote + MASK + quote
        elif found["string"]:
            yield start, position, f"{found['prefix']}'{MASK}'"
        elif found["number"] and with_numbers:
            yield start, position, MASK


class _LastWords:
    """The words before a token that nothing but white space and comments parts from it."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._end = 0

    def pass_by(self, text: str, token: re.Match[str]) -> None:
        """Take the next token in."""
        if text[self._end : token.start()].strip():
            self._words.clear()
        self._end = token.end()
        kept = token["kept"]
        if kept and kept[:2] not in COMMENTS:
            self._words = [*self._words[-2:], kept.lower()]
        elif not kept and not token["dollar"]:
            self._words.clear()

    @property
    def begin_code(self) -> bool:
        """Whether a dollar quote behind them is the body of a DO or a function."""
        *before, last = self._words or [""]
        return last in _BEFORE_CODE or before == ["do", "language"]


def _end_of_quote(text: str, quote: str, position: int) -> tuple[int, int]:
    """Where a dollar quote is closed, and behind that; the end of the text if it never is."""
    close = text.find(quote, position)
    return (close, close + len(quote)) if close >= 0 else (len(text), len(text))
