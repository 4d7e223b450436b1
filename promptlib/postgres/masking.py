"""Take the data out of what is shown: SQL keeps its names, messages keep their sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg2 import errorcodes

from promptlib.syntax.lexemes import (
    BLOCK_COMMENT,
    DOLLAR_QUOTE,
    ESCAPE_STRING,
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
_TOKEN = lazy_pattern(
    rf"(?P<kept>{LINE_COMMENT}|{BLOCK_COMMENT}|{QUOTED_NAME}|(?<!{NAME}){WORD}(?!'))"
    rf"|(?P<prefix>[eEbBxXnN]?)(?P<string>{ESCAPE_STRING}|{STRING}|'[\s\S]*)"
    rf"|(?P<dollar>{DOLLAR_QUOTE})"
    rf"|(?P<number>(?<!{NAME})[0-9][0-9a-zA-Z_.]*+)"
)
_ROOM = 8  # times as long as what is shown, for white space and literals
_DEEPEST = 4  # of quotes in quotes that are shown as code

_WITH_ROW = {errorcodes.NOT_NULL_VIOLATION, errorcodes.CHECK_VIOLATION}
_PARTITION_KEY = "Partition key of "
_ROW = re.compile(r"\([\s\S]*\)")
_KEY = lazy_pattern(r"(\)\s*=\s*)\((?:[\s\S]*?\)(?= conflicts with )|[\s\S]*\))")
_LITERAL = lazy_pattern(
    r"(at or near )\"(?=['0-9$]|[eEbBxXnN]'|[uU]&')[\s\S]*\"|(in ts(?:query|vector): )\"[\s\S]*\""
)
# What an author cannot do without: names of things, and the punctuation that JSON lacks.
_QUOTED = lazy_pattern(
    r"(?P<kept>\b(?:column|constraint|domain|encoding|enum|function|parameter|relation|table|type) "
    r'"[^"\n]*"|"[^\w\s]"(?=[ ,.]))|["«»„“][\s\S]*["«»“”]|(?P<line>line \d+: )[\s\S]*'
)
_FRAME_END = r"(?=\n(?:PL/|SQL |COPY |JSON data, )|\Z)"
_FRAME = lazy_pattern(
    r"^(?P<input>(?:COPY|JSON data)[^\n]*?: )[\s\S]*?" + _FRAME_END + "|"
    r'(?P<before>(?:SQL statement|SQL expression|assignment) ")(?P<sql>[\s\S]*?)"' + _FRAME_END,
    re.MULTILINE,
)


def mask_sql(text: str, caret: int = -1) -> tuple[str, int]:
    """Mask the quoted literals and numbers of some SQL.

    Args:
        text: SQL from the beginning of a statement on.
        caret: an offset into it, or -1. A dollar quote that holds it is code and stays readable.

    Returns:
        the masked text and where the caret is in it: before a literal if it was inside of one.
    """
    pieces: list[str] = []
    position, moved = 0, caret
    for start, end, shown in _literals(text, caret):
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
    shown = " ".join(mask_sql(text[: _ROOM * most])[0].split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _literals(text: str, caret: int) -> Iterator[tuple[int, int, str]]:
    """Yield where each literal begins and ends, and what is shown for it."""
    position = 0
    ends = [(len(text), len(text))]  # of the code that is being read, and behind its quote
    while ends:
        found = _TOKEN.search(text, position, ends[-1][0])
        if not found:
            position = ends.pop()[1]
            continue
        start, position = found.span()
        if quote := found["dollar"]:
            close, behind = _end_of_quote(text, quote, position)
            if position <= caret <= close and len(ends) <= _DEEPEST:
                ends.append((close, behind))
            else:
                position = behind
                yield start, behind, quote + MASK + quote
        elif not found["kept"]:
            yield start, position, MASK if found["number"] else f"{found['prefix']}'{MASK}'"


def _end_of_quote(text: str, quote: str, position: int) -> tuple[int, int]:
    """Where a dollar quote is closed, and behind that; the end of the text if it never is."""
    close = text.find(quote, position)
    return (close, close + len(quote)) if close >= 0 else (len(text), len(text))


def mask_message(text: str, sqlstate: str) -> str:
    """Mask the values in a server's message or detail.

    Args:
        text: as the server sent it.
        sqlstate: the error's SQLSTATE. The text of a RAISE is its author's and stays.
    """
    if sqlstate == errorcodes.RAISE_EXCEPTION:
        return text
    if sqlstate in _WITH_ROW and not text.startswith(_PARTITION_KEY):
        return _ROW.sub(f"({MASK})", text)
    if sqlstate.startswith(errorcodes.CLASS_DATA_EXCEPTION):
        text = _QUOTED.sub(_mask_value, text)
    text = _KEY.sub(rf"\1({MASK})", text)
    return _LITERAL.sub(lambda found: f'{found[1] or found[2]}"{MASK}"', text)


def _mask_value(found: re.Match[str]) -> str:
    if found["line"]:
        return found["line"] + MASK
    return found["kept"] or f'"{MASK}"'


def mask_context(text: str) -> str:
    """Mask the values in the server's CONTEXT: a stack of PL/pgSQL lines and statements."""
    return _FRAME.sub(_mask_frame, text)


def _mask_frame(found: re.Match[str]) -> str:
    if found["input"]:
        return found["input"] + MASK
    return f'{found["before"]}{mask_sql(found["sql"])[0]}"'
