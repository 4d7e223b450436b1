"""What was measured, in the order of the runs: medians, and ratios within one run."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from support.costs import Cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    Where = tuple[str, float]  # what was varied, and how much it was


class Runs:
    """What commands took, by where they ran, what they did, and the tool."""

    def __init__(self) -> None:
        self._found: dict[Where, dict[str, dict[str, list[Cost]]]] = {}

    def add(self, where: Where, what: str, tool: str, cost: Cost) -> None:
        """Remember a run."""
        self._found.setdefault(where, {}).setdefault(what, {}).setdefault(tool, []).append(cost)

    def varied(self, name: str) -> list[float]:
        """How much something was, as it was varied."""
        return [much for varied, much in self._found if varied == name]

    def tools(self, name: str, what: str) -> list[str]:
        """The tools that did something at least once."""
        found = (self._at((name, much), what) for much in self.varied(name))
        return [*dict.fromkeys(tool for each in found for tool in each)]

    def median(self, where: Where, what: str, tool: str) -> Cost | None:
        """What it took, in the middle; None: it was not done there."""
        runs = self._at(where, what).get(tool)
        return Cost(*map(statistics.median, zip(*runs, strict=True))) if runs else None

    def ratio(self, where: Where, what: str, tools: Sequence[str], which: int = 0) -> float | None:
        """What one tool took of what another did, within each run; in the middle.

        Args:
            where: as in `add`.
            what: likewise.
            tools: the two.
            which: the field of the costs.
        """
        one, other = (self._at(where, what).get(tool, []) for tool in tools)
        if not one or not other:
            return None
        return statistics.median(a[which] / b[which] for a, b in zip(one, other, strict=True))

    def _at(self, where: Where, what: str) -> dict[str, list[Cost]]:
        return self._found.get(where, {}).get(what, {})
