"""Whether a file still is what ran, told without reading its SQL. Pure.

A file is taken apart at the two lines that look like markers. Where both parts have the checksums
of sections that ran, they are those sections, which were parsed then. Of any other file nothing is
said here: migration.py has the last word.
"""

from __future__ import annotations

import re

from promptlib.files.checksum import text_checksum, trimmed_span

_LINE = rb"[ \t]*(?:--(?![ \t]*(?:up|down)(?![^ \t\n]))[\t -~]*)?\n"
_MARKER = rb"[ \t]*--[ \t]*%s[ \t]*\n"
# Options would have to be read, and a CR ends a line, too: such files are not taken apart.
_FILE = re.compile(
    rb"(?>%s)*+%s(?P<up>[^\r]*?)\n%s(?P<down>[^\r]*)" % (_LINE, _MARKER % b"up", _MARKER % b"down"),
    re.IGNORECASE,
)


def is_as_it_ran(content: bytes, up: str, down: str) -> bool:
    """Whether a file has just these sections.

    Args:
        content: of the file.
        up: the checksum of the UP section that ran, as in Section.checksum.
        down: that of its DOWN section.
    """
    found = _FILE.fullmatch(content)
    return found is not None and [_checksum(found, "up"), _checksum(found, "down")] == [up, down]


def _checksum(found: re.Match[bytes], part: str) -> str:
    return text_checksum(found.string, *trimmed_span(found.string, *found.span(part)))
