"""Take the data out of a server's CONTEXT: a stack of frames, each in the server's language.

What no language translates tells the frames apart: `SQL`, line numbers, colons and quotes.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.masking import MASK, TOKEN, mask_sql
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    import re

# The quotes of every language; French has a blank inside of its own.
OPEN = r'(?:«[ \u00a0\u202f]?|["»„“”「」『』\uff02])'
CLOSE = r'(?:[ \u00a0\u202f]?»|["«“”「」『』\uff02])'
NOT_QUOTE = r'[^"«»„“”「」『』\uff02]'

_HEAD = r'[^\n"«»„“”「」『』\uff02:\uff1a]'
_SQL = rf"(?>(?!SQL){_HEAD})*+SQL{_HEAD}*+"
_FRAME = lazy_pattern(
    # A place in data, and behind it the data: COPY t, line 3, column a: "x".
    r"(?P<place>(?>(?!SQL)[^\n0-9])*+[0-9](?>(?!SQL)[^\n:\uff1a])*+[:\uff1a]\s?)(?P<data>[^\n]*)"
    # SQL function "f" statement 1
    rf"|(?P<function>{_SQL}{OPEN}[^\s\"«»]+{CLOSE}{NOT_QUOTE}*?[\w)](?=\n|\Z))"
    # SQL statement "SELECT 1"
    rf"|(?P<sql>{_SQL}[:\uff1a]?\s?{OPEN})"
    # remote SQL command: SELECT 1
    rf"|(?P<remote>{_SQL}[:\uff1a])"
    # unnamed portal with parameters: $1 = 'x'
    r"|(?P<other>[^\n]*)"
)
_END_OF_SQL = lazy_pattern(rf"{CLOSE}(?=\n{_HEAD}*(?:SQL|PL/|COPY|JSON)|\Z)")
# From the first quote to the last: what is quoted may hold quotes itself.
QUOTED = lazy_pattern(rf"(?P<open>{OPEN})[\s\S]*(?P<close>{CLOSE})")
_STRING = lazy_pattern(r"(?<!\w)E?'(?:[^']|'')*(?:'|\Z)")


def is_written(sql: str, written: str) -> bool:
    """Whether some SQL that a function ran is part of a statement of the author's, as it stands.

    PL/pgSQL runs `PERFORM f(1)` as `SELECT f(1)`.
    """
    return sql.removeprefix("SELECT ") in written


def mask_quoted(text: str) -> str:
    """Mask from the first quote to the last."""
    return QUOTED.sub(_mask_quotes, text)


def _mask_quotes(found: re.Match[str]) -> str:
    blank = found["open"][1:]
    return f"{found['open']}{MASK}{blank}{found['close'].strip()}"


def mask_context(text: str, written: str = "", *, with_quoted: bool = False) -> str:
    """Mask the values in a CONTEXT.

    Args:
        text: as the server sent it.
        written: a statement, as its author wrote it: numbers in parts of it stay.
        with_quoted: whether what is quoted may be data where no frame is known, and not a name.
    """
    pieces = []
    position = 0
    while position < len(text):
        frame = _FRAME.match(text, position)
        assert frame  # the last branch matches any line
        if with_quoted and frame["other"]:
            shown, position = _mask_from_quote(text, frame.start("other"), frame.end())
        else:
            shown, position = _mask_frame(text, frame, written)
        end = text[position : position + 1]  # a line's, or the text's
        pieces.append(shown + end)
        position += len(end)
    return "".join(pieces)


def _mask_frame(text: str, frame: re.Match[str], written: str) -> tuple[str, int]:
    """What is shown of a frame, and where it ends."""
    if place := frame["place"]:
        start = frame.start("data")
        if QUOTED.match(text, start):
            shown, end = _mask_from_quote(text, start, frame.end())
            return place + shown, end
        return place + MASK, frame.end()
    if head := frame["sql"] or frame["remote"]:
        close, end = _end_of_sql(text, frame.end()) if frame["sql"] else (len(text), len(text))
        sql = text[frame.end() : close]
        shown = mask_sql(sql, with_numbers=not is_written(sql, written))[0]
        return head + shown + text[close:end], end
    return _STRING.sub(f"'{MASK}'", frame[0]), frame.end()


def _mask_from_quote(text: str, start: int, end: int) -> tuple[str, int]:
    """Mask what is quoted from a line on.

    What looks like the end of the data may be inside of it, so that is the last one.
    """
    quoted = QUOTED.search(text, start)
    if not quoted or quoted.start() >= end:
        return text[start:end], end
    return text[start : quoted.start()] + mask_quoted(quoted[0]), quoted.end()


def _end_of_sql(text: str, position: int) -> tuple[int, int]:
    """Where the quote behind some SQL begins and ends, which is none inside of a literal."""
    close = _END_OF_SQL.search(text, position)
    while close:
        token = TOKEN.search(text, position)
        if not token or close.start() <= token.start() or token[0].startswith("--"):
            return close.span()
        position = token.end()
        if quote := token["dollar"]:
            found = text.find(quote, position)
            position = found + len(quote) if found >= 0 else len(text)
        if close.start() < position:
            close = _END_OF_SQL.search(text, position)
    return len(text), len(text)
