"""Files of what is typed and what is said of it: tests/data/messages, for people to read.

UPDATE_MESSAGES=1 writes what is said now: read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[1] / "data" / "messages"
_BETWEEN, _SAID = "=====\n", "--->\n"


def require_messages(name: str, said: Callable[[str], str]) -> None:
    """Let each text of a file be said something of, and compare that with the file.

    A line of equals signs stands between two of them, and an arrow before what is said.
    """
    cases = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split(_BETWEEN)
    texts = [each.partition(_SAID)[0] for each in cases]
    require_file(name, _BETWEEN.join(f"{each}{_SAID}{said(each)}\n" for each in texts))


def require_file(name: str, text: str) -> None:
    """Compare a text with a file of messages; or write it, where that is asked for."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_MESSAGES"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
