"""Rows of facts as aligned text, with colour where a terminal takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GREEN, YELLOW, RED = "32", "33", "31"
_BETWEEN = "  "


def align_columns(rows: Sequence[Sequence[str]], colours: Mapping[str, str]) -> list[str]:
    """Lines whose columns stand below each other.

    Args:
        rows: all of the same length.
        colours: of whole cells, by their text; none where there is no colour.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _BETWEEN.join(
            [_painted(each, colours) for each in map(str.ljust, row, widths)]
            if colours
            else map(str.ljust, row, widths)
        ).rstrip()
        for row in rows
    ]


def _painted(padded: str, colours: Mapping[str, str]) -> str:
    cell = padded.rstrip()
    return f"\x1b[{colours[cell]}m{cell}\x1b[0m{padded[len(cell) :]}" if cell in colours else padded
