"""A real Chromium, headless: what a page shows."""

from __future__ import annotations

import html
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from support import programs

PHONE = 360  # CSS pixels: how wide a small one is
_DEADLINE = 120.0  # seconds
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--allow-file-access-from-files"),
    *("--virtual-time-budget=10000", "--dump-dom"),
)
_SCHEMES = {"dark": 0, "light": 1}  # as Chromium counts them
# A window cannot be as narrow as a phone; a frame can.
_FRAME = '<iframe src="{address}" width="{width}" height="640"></iframe>'
_LOOK = """(() => {{
    const view = frames[{number}], page = view.document;
    return {expression};
}})()"""
_HARNESS = """<!DOCTYPE html>
<meta charset="utf-8">
{frames}
<output></output>
<script>
addEventListener("load", () => setTimeout(() => {{
    document.querySelector("output").textContent = JSON.stringify([{looks}]);
}}));
</script>
"""


class Look(NamedTuple):
    """A page, and an expression of JavaScript about `page` (the document) and `view` (its window).

    `width` is in CSS pixels.
    """

    page: Path
    expression: str
    anchor: str = ""
    width: int = PHONE

    @property
    def address(self) -> str:
        """What the frame shows, as HTML."""
        return html.escape(f"{self.page.as_uri()}#{self.anchor}")


def values(*looks: Look, scheme: str = "light") -> list[Any]:
    """What the expressions give, all in one Chromium: to start it takes a second.

    Without a Chromium the test is skipped, but not in CI.
    """
    program = programs.required("chromium", "chromium")
    frames = (_FRAME.format(address=look.address, width=look.width) for look in looks)
    said = (
        _LOOK.format(number=number, expression=look.expression) for number, look in enumerate(looks)
    )
    with tempfile.TemporaryDirectory(prefix="promptlib-test-") as folder:
        harness = Path(folder) / "harness.html"
        text = _HARNESS.format(frames="\n".join(frames), looks=",\n".join(said))
        harness.write_text(text, encoding="utf-8")
        result = subprocess.run(
            [
                *(program, *_OPTIONS, f"--user-data-dir={folder}/profile"),
                *(f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}", harness.as_uri()),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_DEADLINE,
            check=True,
        )
    (found,) = re.findall(r"<output>(.*)</output>", result.stdout, re.DOTALL)
    assert found, f"{looks} gave nothing: {result.stderr}"
    given: list[Any] = json.loads(html.unescape(found))
    return given
