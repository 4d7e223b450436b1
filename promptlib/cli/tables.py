"""Facts in columns that stand below each other, as wide as the terminal is."""

from __future__ import annotations

import itertools

from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import cut_middle, paint, printable_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BETWEEN = "  "
_LEAST = 12  # letters of a cell that is cut
_LEADING = 3  # columns that are never dropped


def align_columns(rows: Sequence[Sequence[str]], colours: Mapping[str, str]) -> list[str]:
    """Lines whose columns stand below each other.

    Args:
        rows: all of the same length.
        colours: of whole cells, by their text; none where there is no colour.
    """
    if not "".join(itertools.chain.from_iterable(rows)).isprintable():
        rows = [[*map(printable_line, row)] for row in rows]
    widths = _widths(rows)
    if colours:
        padded = ([*map(str.ljust, row, widths)] for row in rows)
        rows = [[_painted(each, colours) for each in row] for row in padded]
    line = _BETWEEN.join(f"%-{width}s" for width in widths)  # faster than to pad each cell
    return [(line % (*row,)).rstrip() for row in rows]


def fit_columns(
    rows: Sequence[Sequence[str]], width: int, elastic: int, *needed: int
) -> list[list[str]]:
    """The columns that a terminal has room for: dropped from the right, one of them cut.

    Args:
        rows: all of the same length.
        width: of the terminal; 0: as wide as need be.
        elastic: the column whose cells are cut in the middle, and which is never dropped.
        needed: others that are never dropped.
    """
    if not rows or not width:
        return [[*row] for row in rows]
    widths = _widths(rows)
    kept = [*range(len(widths))]
    least = min(widths[elastic], _LEAST)
    while _total(widths, kept) - widths[elastic] + least > width:
        droppable = [each for each in kept[_LEADING:] if each not in (elastic, *needed)]
        if not droppable:
            break
        kept.remove(droppable[-1])
    room = max(width - _total(widths, kept) + widths[elastic], least)
    return [
        [cut_middle(row[each], room) if each == elastic else row[each] for each in kept]
        for row in rows
    ]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[each] for each in kept) + len(_BETWEEN) * (len(kept) - 1)


def _painted(padded: str, colours: Mapping[str, str]) -> str:
    cell = padded.rstrip()
    return paint(cell, colours[cell]) + padded[len(cell) :] if cell in colours else padded
