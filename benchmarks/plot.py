"""Lines over a number of things, both axes logarithmic, as SVG."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Scale = Callable[[float], float]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 400, 60, 230, 20, 40
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555")  # told apart by everybody


def svg(lines: dict[str, list[tuple[float, float]]], across_is: str) -> str:
    """Draw each line through its points: a number of something, and seconds."""
    points = [point for line in lines.values() for point in line]
    across = _scale([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
    down = _scale([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
    drawn = [*_axes(points, across, down, across_is)]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = line[-1]
        drawn.append(
            f'<text x="{across(x) + 8:.0f}" y="{_TOP + 16 * number + 10}" fill="{colour}">'
            f"{escape(name)}: {y:.2f} s</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    least, most = math.log(min(values)), math.log(max(values))
    span = (most - least) or 1.0
    return lambda value: start + (math.log(value) - least) / span * (end - start)


def _axes(
    points: Sequence[tuple[float, float]], across: Scale, down: Scale, across_is: str
) -> Iterator[str]:
    floor = _HEIGHT - _BOTTOM
    for x in sorted({x for x, _ in points}):
        yield f'<text x="{across(x):.0f}" y="{floor + 18}" text-anchor="middle">{x:,g}</text>'
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 4}">{escape(across_is)}</text>'
    highest = max(y for _, y in points)
    seconds = 10.0 ** math.floor(math.log10(min(y for _, y in points)))
    while seconds <= highest:
        for value in (seconds, 3 * seconds):
            if _TOP <= down(value) <= floor:
                yield (
                    f'<text x="{_LEFT - 6}" y="{down(value) + 4:.0f}" text-anchor="end">'
                    f"{value:g} s</text>"
                    f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{down(value):.0f}" '
                    f'y2="{down(value):.0f}" stroke="#ddd"/>'
                )
        seconds *= 10
