"""What the first line of an imported migration says of where it came from.

So a database that the other tool migrated can be matched when that tool's folder is long gone.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from promptlib.core.light import NamedTuple
from promptlib.files.directory import IMPORTED

_LINE = re.compile(
    IMPORTED + rb"(?P<tool>[a-z-]+): (?P<versions>[\x21-\x7e]+(?: [\x21-\x7e]+)*)\r?\n"
)
_PLAIN = "+!#$&'(*),/:;=?@[]"


class Origin(NamedTuple):
    """Where a migration came from.

    Attributes:
        tool: as it is named on the command line.
        versions: what that tool's table calls it; of a baseline, all that it stands for.
    """

    tool: str
    versions: tuple[str, ...]


def origin_line(origin: Origin) -> bytes:
    """The first line of a migration that was imported."""
    versions = " ".join(quote(each, safe=_PLAIN) for each in origin.versions)
    return IMPORTED + f"{origin.tool}: {versions}\n".encode()


def read_origin(content: bytes) -> Origin | None:
    """Where a migration came from, or nothing: it was written here."""
    found = _LINE.match(content)
    if not found:
        return None
    versions = found["versions"].decode().split(" ")
    return Origin(found["tool"].decode(), tuple(map(unquote, versions)))
