"""Conditions as the server spells them, but for how conjunctions are nested. Pure.

It keeps the parentheses that somebody wrote into `p AND (q AND r)`, which mean nothing.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from promptlib.syntax.lexemes import ESCAPE_STRING, QUOTED_NAME, STRING

_TOKEN = re.compile(rf"{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}|[()]|\w+|[^\s\w()]+")
_WORDS = {"AND", "OR"}
_OTHERS = {"CASE", "WHERE", ","}  # beside these, the words may divide something else

_Part: TypeAlias = "str | list[_Part]"


def flatten_condition(text: str) -> list[_Part]:
    """The tokens of a condition, each pair of parentheses as a list, without needless ones."""
    stack: list[list[_Part]] = [[]]
    for piece in _TOKEN.findall(text):
        if piece == "(":
            stack.append([])
        elif piece == ")" and len(stack) > 1:
            inside = stack.pop()
            stack[-1].append(_flatten(inside))
        else:
            stack[-1].append(piece)
    return _flatten(stack[0])


def _flatten(parts: list[_Part]) -> list[_Part]:
    """Take away parentheses between which the same word divides as around them."""
    word = _divider(parts)
    if not word:
        return parts
    flat: list[_Part] = []
    for before, part, behind in zip([word, *parts], parts, [*parts[1:], word], strict=False):
        is_alone = before == behind == word
        flat += part if isinstance(part, list) and is_alone and _divider(part) == word else [part]
    return flat


def _divider(parts: list[_Part]) -> str:
    """The word that divides the parts of a condition; nothing, if it is none or has both."""
    words = {part for part in parts if isinstance(part, str)}
    found = words & _WORDS
    return found.pop() if len(found) == 1 and not words & _OTHERS else ""
