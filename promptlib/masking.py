"""Take the data out of what is shown: SQL keeps its names, messages keep their sense."""

from __future__ import annotations

import re

from promptlib import lexemes

MASK = "***"
_LITERAL = re.compile(
    rf"(?P<kept>{lexemes.LINE_COMMENT}|{lexemes.BLOCK_COMMENT}|{lexemes.QUOTED_NAME}"
    rf"|[{lexemes.LETTER}][{lexemes.NAME}]*+(?!')|\$[0-9]+)"
    rf"|(?P<prefix>[eEbBxXnN]|[uU]&)?(?P<string>{lexemes.ESCAPE_STRING}|{lexemes.STRING}|'[\s\S]*)"
    rf"|(?P<dollar>{lexemes.DOLLAR_QUOTE})"
    rf"|(?P<number>[0-9][0-9a-zA-Z_.]*)"
)
# Where the server quotes data. Names of tables, columns and constraints stay.
_VALUES = [
    (re.compile(r"(\)\s*=\s*)\((?:.|\n)*?\)(?= (?:already|is|conflicts|still)|\.|$)"), r"\1(***)"),
    (re.compile(r"(row contains )\((?:.|\n)*\)"), r"\1(***)"),
    (re.compile(r"((?:COPY|JSON data|line \d+)[^\n]*?: ).+"), r"\1***"),
]
_NEAR = re.compile(r"(at or near )\"(?=['0-9$]|[eEbBxXnN]'|[uU]&')(?:.|\n)*\"")
_QUOTED_VALUE = re.compile(
    r"(?P<name>(?:column|constraint|domain|encoding|enum|function|parameter|relation|table|type) )?"
    r'"(?:[^"]|"")*"'
)
_QUERY = re.compile(r'((?:SQL statement|SQL expression|assignment|query) ")((?:.|\n)*?)("(?=\n|$))')
_DATA_EXCEPTION = "22"
_RAISED = "P0001"


def sql(text: str, caret: int = -1) -> tuple[str, int]:
    """Mask the quoted literals and numbers of some SQL.

    Args:
        text: SQL from the beginning of a statement on.
        caret: an offset into it, or -1. A dollar quote that holds it is code and stays readable.

    Returns:
        the masked text and where the caret is in it.
    """
    pieces: list[str] = []
    length = position = 0
    moved = -1
    while found := _LITERAL.search(text, position):
        start, end, shown = _masked(text, found, caret)
        before = text[position:start]
        if position <= caret < start:
            moved = length + caret - position
        elif start <= caret < end:
            moved = length + len(before) + (caret - start if shown == text[start:end] else 0)
        pieces += before, shown
        length += len(before) + len(shown)
        position = end
    if caret >= position:
        moved = length + caret - position
    return "".join([*pieces, text[position:]]), moved


def _masked(text: str, found: re.Match[str], caret: int) -> tuple[int, int, str]:
    """Where a literal or a name begins and ends, and what is shown for it."""
    start, end = found.span()
    if found["kept"]:
        return start, end, found[0]
    if found["string"]:
        return start, end, f"{found['prefix'] or ''}'{MASK}'"
    if found["number"]:
        return start, end, MASK
    close = text.find(found["dollar"], end)
    if close < 0 or end <= caret < close:
        return start, end, found[0]  # goes on inside
    return start, close + (end - start), f"{found['dollar']}{MASK}{found['dollar']}"


def message(text: str, sqlstate: str) -> str:
    """Mask the values in a server's message, detail or hint.

    Args:
        text: as the server sent it.
        sqlstate: the error's SQLSTATE. The text of a RAISE is its author's and stays.
    """
    if sqlstate == _RAISED:
        return text
    text = _NEAR.sub(rf'\1"{MASK}"', text)
    for pattern, replacement in _VALUES:
        text = pattern.sub(replacement, text)
    if sqlstate.startswith(_DATA_EXCEPTION):
        text = _QUOTED_VALUE.sub(lambda found: found[0] if found["name"] else f'"{MASK}"', text)
    return text


def context(text: str) -> str:
    """Mask the values in the server's CONTEXT: a stack of PL/pgSQL lines and statements."""
    text = _QUERY.sub(lambda found: found[1] + sql(found[2])[0] + found[3], text)
    for pattern, replacement in _VALUES:
        text = pattern.sub(replacement, text)
    return text
