"""What tells whether a section was edited: SHA-256, whatever its line endings. Pure.

Of a text of any size nothing is copied.
"""

from __future__ import annotations

import hashlib

from promptlib.syntax.lexemes import WHITE

_CR, _LF = b"\r\n"


def trimmed_span(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Where a piece of text begins and ends without the white space around it."""
    while start < end and text[start] in WHITE:
        start += 1
    while start < end and text[end - 1] in WHITE:
        end -= 1
    return start, end


def text_checksum(text: bytes, start: int, end: int) -> str:
    """The checksum of a piece of text, as if its lines ended with LF."""
    found = hashlib.sha256()
    with memoryview(text) as view:
        while (at := text.find(_CR, start, end)) >= 0:
            found.update(view[start:at])
            found.update(b"\n")
            start = at + (2 if at + 1 < end and text[at + 1] == _LF else 1)
        found.update(view[start:end])
    return found.hexdigest()
