"""The UP or DOWN part of a migration: its statements, its options, its checksum. Pure."""

from __future__ import annotations

import functools

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.checksum import text_checksum, trimmed_span
from promptlib.syntax.statements import blank_restrictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.syntax.statements import Statement


class _Facts(NamedTuple):
    source: bytes
    start: int
    end: int
    statements: Sequence[Statement]
    transactional: bool = True
    lock_timeout: str | None = None
    data_loss_accepted: bool = False


class Section(_Facts):
    """The UP or DOWN part of a migration.

    Attributes:
        source: the content of the whole file in UTF-8, so that offsets lead to lines.
        start: offset behind the marker line.
        end: offset of the next marker, or of the end of the file.
        statements: what to run, in order, as offsets into `source`.
        transactional: whether it runs in one transaction (`transaction:false` says no).
        lock_timeout: how long a statement may wait for a lock, as PostgreSQL writes it.
        data_loss_accepted: whether UP says that it drops values no DOWN can give back.
    """

    def __repr__(self) -> str:
        return f"Section(start={self.start}, end={self.end})"

    @property
    def is_down(self) -> bool:
        """Whether it is a DOWN section: its marker says so."""
        marker = self.source[self.source.rfind(b"--", 0, self.start) : self.start]
        return marker.lstrip(b"- \t")[:4].upper() == b"DOWN"

    @property
    def text(self) -> str:
        """The section as written, without the white space around it."""
        return self.source[slice(*self._bounds)].decode()

    @property
    def _bounds(self) -> tuple[int, int]:
        return trimmed_span(self.source, self.start, self.end)

    @property
    def script(self) -> str:
        """The same without what pg_dump wrote around it, which not every psql takes."""
        text = blank_restrictions(self.source[: self.end], self.statements)
        return text[slice(*self._bounds)].decode().strip()

    @property
    def is_whole_file(self) -> bool:
        """Whether no marker stands before it: it is a repeatable file's."""
        return self.start == 0

    def mentions(self, name: str) -> bool:
        """Whether a name stands anywhere in it."""
        return self.source.find(name.encode(), self.start, self.end) >= 0

    def sql(self, index: int) -> str:
        """A statement as written, comments before it included."""
        return self.text_of(range(index, index + 1)).decode()

    def text_of(self, batch: range) -> bytes:
        """Statements that follow each other, as written, with all that is between them."""
        return self.source[self.statements[batch[0]].start : self.statements[batch[-1]].end]

    @property
    def settings(self) -> dict[str, str]:
        """The PostgreSQL settings that its options ask for."""
        return {"lock_timeout": self.lock_timeout} if self.lock_timeout else {}

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 of the text, whatever its line endings: tells whether a section was edited."""
        return text_checksum(self.source, *self._bounds)

    def checksum_of(self, count: int) -> str:
        """Tell whether the first statements, those that ran already, were edited."""
        there = range(len(self.statements))[:count]
        return functools.reduce(self.checksum_after, there, _checksum(b""))

    def checksum_after(self, before: str, index: int) -> str:
        """Go on from the checksum of the statements before this one."""
        statement = self.statements[index]
        text = self.source[statement.head : statement.end].rstrip(b";")
        return _checksum(before.encode() + text)


def _checksum(text: bytes) -> str:
    return text_checksum(text, 0, len(text))
