"""What a migration replaces: comment lines before its UP section, which `promptlib squash` writes.

`-- replaces: VERSION CHECKSUM` is a migration whose UP section had that checksum; `... and all
before it` one that had replaced all older ones itself.
"""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import REPLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptlib.files.parser import Migration

_HEAD = re.compile(rb"(?:[ \t\r]*(?:--(?![ \t]*up[ \t]*(?:\r?\n|\Z))[^\n]*)?\n)*", re.IGNORECASE)
_LINE = re.compile(
    rb"^-- replaces: (?P<version>[0-9]{14}) (?P<checksum>[0-9a-f]{64})"
    rb"(?P<whole> and all before it)?[ \t\r]*$",
    re.MULTILINE,
)


class ReplacedMigrations(NamedTuple):
    """What a migration replaces.

    Attributes:
        single: checksums of UP sections by version.
        whole: the same, of migrations that had replaced all that are older.
    """

    single: Mapping[str, str]
    whole: Mapping[str, str]

    @property
    def versions(self) -> set[str]:
        """All that are replaced."""
        return {*self.single, *self.whole}

    def differing(self, ran: Mapping[str, str]) -> list[str]:
        """Those that did not run as they are replaced, oldest first.

        Args:
            ran: the checksums of what ran, by version.
        """
        done = [each for each, checksum in self.whole.items() if ran.get(each) == checksum]
        newest = max(done, default="")
        return sorted(
            each
            for each, checksum in self.single.items()
            if each > newest and ran.get(each) != checksum
        )

    def lines(self) -> Iterator[str]:
        """The comments that say so."""
        for version, checksum in sorted(self.single.items()):
            yield f"-- replaces: {version} {checksum}"
        for version, checksum in sorted(self.whole.items()):
            yield f"-- replaces: {version} {checksum} and all before it"


NOTHING = ReplacedMigrations({}, {})


def read_replaced(content: bytes) -> ReplacedMigrations:
    """What the file says that it replaces; mostly nothing.

    Args:
        content: of the file.
    """
    if REPLACES not in content:
        return NOTHING
    head = _HEAD.match(content)
    found = [*_LINE.finditer(head[0])] if head else []
    single, whole = (
        {
            each["version"].decode(): each["checksum"].decode()
            for each in found
            if bool(each["whole"]) is is_whole
        }
        for is_whole in (False, True)
    )
    return ReplacedMigrations(single, whole)


def join_replaced(migrations: Iterable[Migration]) -> ReplacedMigrations:
    """What one migration says that replaces several, and what those had replaced."""
    single: dict[str, str] = {}
    whole: dict[str, str] = {}
    for each in migrations:
        earlier = read_replaced(each.up.source)
        single |= earlier.single
        whole |= earlier.whole
        (whole if earlier.versions else single)[each.version] = each.up.checksum
    return ReplacedMigrations(single, whole)
