"""What a text consists of: statements and markers, as offsets.

Texts are UTF-8, and offsets count bytes: so a file of some hundred megabytes takes its own room and
hardly more, whatever letters are in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple, overload

_OFFSETS = 3  # of a statement


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

    def __len__(self) -> int:
        return len(self._offsets) // _OFFSETS

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


def line_and_column(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a character, both counted from 1, as editors count them."""
    before = text[text.rfind(b"\n", 0, offset) + 1 : offset]
    # An offset may be that of the last byte of several.
    return text.count(b"\n", 0, offset) + 1, len(before.decode(errors="ignore")) + 1
