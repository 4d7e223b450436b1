"""docs/speed.md: as its template is now, whatever the figures; benchmarks/compare.py makes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = r"\|[^\n]+\|\n\|---[-|:]*\|(?:\n\|[^\n]+\|)*"
_WORDS = {"server": r"PostgreSQL \S+", "runs": r"\d+"}


def test_the_page_is_what_its_template_makes(root: Path) -> None:
    template = (root / "benchmarks" / "speed.template.md").read_text("utf-8")
    page = (root / "docs" / "speed.md").read_text("utf-8")
    names = re.findall(r"\{(\w+)\}", template)
    parts = [re.escape(each.format()) for each in re.split(r"\{\w+\}", template)]
    found = [_WORDS.get(name, _TABLE) for name in names]
    pattern = "".join(part + each for part, each in zip(parts, [*found, ""], strict=True))
    assert re.fullmatch(pattern, page), "benchmarks/compare.py --page docs makes it anew"


@pytest.mark.parametrize("name", ["number", "network"])
def test_its_plots_are_there(root: Path, name: str) -> None:
    page = (root / "docs" / "speed.md").read_text("utf-8")
    assert f"(speed-{name}.svg)" in page
    drawn = (root / "docs" / f"speed-{name}.svg").read_text("utf-8")
    assert drawn.startswith("<svg ")
    assert "promptlib" in drawn
