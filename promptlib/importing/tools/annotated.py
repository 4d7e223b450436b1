"""What goose and sql-migrate, which came from it, have in common: `-- +tool Word` comments."""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import Mark

if TYPE_CHECKING:
    from promptlib.importing.source import SourceLine

_SECTIONS = ("up", "down")
_WITHOUT = "notransaction"


def read_annotation(line: SourceLine, tool: str) -> list[str]:
    """The words of a comment for a tool, in lower case; none, where it is not for it."""
    found = re.match(rb"--\s*\+%s\s+(.*)" % tool.encode(), line.text)
    return found[1].decode().lower().split() if found else []


def mark_of_words(words: list[str]) -> Mark | None:
    """What such words say of sections and of the statements in them, which need no marks here."""
    if not words:
        return None
    if words[0] in _SECTIONS:
        return Mark(words[0], _WITHOUT not in words[1:])
    if words == ["no", "transaction"]:
        return Mark(transactional=False, everywhere=True)
    return Mark()
