"""Whether a section was edited: its SHA-256, whatever its line endings; whether a file has those.

Of a text of any size nothing is copied. Pure.
"""

from __future__ import annotations

import re

from promptlib.core.hashing import sha256
from promptlib.syntax.lexemes import WHITE, lazy_bytes

_CR, _LF = b"\r\n"
_UP, _DOWN = b"-- UP\n", b"\n-- DOWN\n"
DIGEST = 32  # bytes of a SHA-256
_SMALL = 1 << 16  # bytes that may well be copied
_LINE = rb"[ \t]*(?:--(?![ \t]*(?:up|down)(?![^ \t\n]))[\t -~]*)?\n"
_MARKER = rb"[ \t]*--[ \t]*%s[ \t]*\n"
# Options would have to be read, and a CR ends a line, too: such files are not taken apart.
_FILE = lazy_bytes(
    rb"(?>%s)*+%s(?P<up>[^\r]*?)\n%s(?P<down>[^\r]*)" % (_LINE, _MARKER % b"up", _MARKER % b"down"),
    re.IGNORECASE,
)


def trimmed_span(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Where a piece of text begins and ends without the white space around it."""
    while start < end and text[start] in WHITE:
        start += 1
    while start < end and text[end - 1] in WHITE:
        end -= 1
    return start, end


def text_checksum(text: bytes, start: int, end: int) -> str:
    """The checksum of a piece of text, as if its lines ended with LF."""
    found = sha256(end - start)
    with memoryview(text) as view:
        while (at := text.find(_CR, start, end)) >= 0:
            found.update(view[start:at])
            found.update(b"\n")
            start = at + (2 if at + 1 < end and text[at + 1] == _LF else 1)
        found.update(view[start:end])
    return found.hexdigest()


def is_as_it_ran(content: bytes, up: str, down: str) -> bool:
    """Whether a file has just these sections, told without reading its SQL.

    A file is taken apart at the two lines that look like markers. Where both parts have the
    checksums of sections that ran, they are those sections, which were parsed then. Of any other
    file nothing is said here: parser.py has the last word.

    Args:
        content: of the file.
        up: the checksum of the UP section that ran, as in Section.checksum.
        down: that of its DOWN section.
    """
    if plain := plain_digests(content):
        return plain.hex(":", DIGEST) == f"{up}:{down}"
    found = _FILE.fullmatch(content)
    return found is not None and [_checksum(found, "up"), _checksum(found, "down")] == [up, down]


def plain_digests(content: bytes) -> bytes:
    """The SHA-256 of both sections, one behind the other, of a file as most are; else nothing."""
    if not content.startswith(_UP) or len(content) >= _SMALL or b"\r" in content:
        return b""
    before, _, after = content[len(_UP) - 1 :].partition(_DOWN)
    up, down = before.strip(WHITE), after.strip(WHITE)
    return sha256(len(up), up).digest() + sha256(len(down), down).digest()


def _checksum(found: re.Match[bytes], part: str) -> str:
    return text_checksum(found.string, *trimmed_span(found.string, *found.span(part)))
