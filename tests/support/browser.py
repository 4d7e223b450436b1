"""A real Chromium, headless: what a page shows."""

from __future__ import annotations

import html
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

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
_HARNESS = """<!DOCTYPE html>
<meta charset="utf-8">
<iframe src="{address}" width="{width}" height="640"></iframe>
<output></output>
<script>
addEventListener("load", () => setTimeout(() => {{
    const view = frames[0], page = view.document;
    document.querySelector("output").textContent = JSON.stringify({expression});
}}));
</script>
"""


def value(
    page: Path, expression: str, *, anchor: str = "", width: int = PHONE, scheme: str = "light"
) -> Any:
    """What an expression of JavaScript gives, about `page` (the document) and `view` (its window).

    Without a Chromium the test is skipped, but not in CI.
    """
    program = programs.required("chromium", "chromium")
    with tempfile.TemporaryDirectory(prefix="promptlib-test-") as folder:
        address = html.escape(f"{page.as_uri()}#{anchor}")
        harness = Path(folder) / "harness.html"
        harness.write_text(
            _HARNESS.format(address=address, width=width, expression=expression), encoding="utf-8"
        )
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
    assert found, f"{expression} gave nothing: {result.stderr}"
    return json.loads(html.unescape(found))
