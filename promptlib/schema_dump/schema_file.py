"""The file that holds a project's schema: written whole or not at all, and read for what it says.

Whoever writes it holds a lock on what is not yet the file: so of two the later one wins.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re

from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNFINISHED = ".{}.unfinished"
_ROWS = (
    re.compile(r"    \('([0-9]{14})', '.*', NULL, '([0-9a-f]{64})',"),
    re.compile(r"    \('(repeatable/\w+)', 'up', .*, '([0-9a-f]{64})'\)"),
)


def write_schema_file(path: Path, text: str) -> bool:
    """Write the file; one that is there stays as it is until the other is whole.

    Returns:
        whether it is another one now.

    Raises:
        ConfigurationError: when it cannot be written; what was there is still there.
    """
    place = path.resolve()  # a link stays one
    if place.exists() and not place.is_file():  # as /dev/null, which would be one from then on
        raise ConfigurationError(
            "the schema cannot be written: this is no file",
            "name one; `-` is stdout",
            place=display_path(path),
        )
    try:
        with hold_unfinished(place) as unfinished:
            if _content(place) == text:
                return False
            unfinished.write_text(text, encoding="utf-8", newline="\n")
            with unfinished.open("rb") as written:
                os.fsync(written.fileno())
            if place.exists():
                unfinished.chmod(place.stat().st_mode & 0o777)
            unfinished.replace(place)
    except OSError as error:
        raise ConfigurationError(
            f"the schema cannot be written: {error.strerror}",
            "name a file that can be written to; what was there is still there",
            place=display_path(path),
        ) from None
    return True


def read_schema_file(path: Path) -> str:
    """What is in the file; nothing, if there is none.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    try:
        return _content(path) or ""
    except OSError as error:
        raise ConfigurationError(
            f"the schema cannot be read: {error.strerror}",
            "make it readable",
            place=display_path(path),
        ) from None


def recorded_versions(text: str) -> dict[str, str]:
    """The checksums of the UP sections that a schema says it is made of, by version.

    `repeatable/NAME` stands for that of a repeatable file, and its checksum is of all of it.
    """
    rows = (row.match(line) for line in text.splitlines() for row in _ROWS)
    return {row[1]: row[2] for row in rows if row}


def _content(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def hold_unfinished(path: Path) -> Iterator[Path]:
    """A file beside a path, which nobody else writes; it is gone in the end, or has that name."""
    path = path.with_name(_UNFINISHED.format(path.name))
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                break
        os.close(descriptor)  # who held the lock has given it its name
    try:
        yield path
    finally:
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                path.unlink()
        os.close(descriptor)
