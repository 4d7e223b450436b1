"""The text of one file -> a frozen Migration. Reads no directory and knows no database."""

from __future__ import annotations

import codecs
import functools
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptlib import markers, sqltext
from promptlib.errors import LexicalError, PromptlibError, shown
from promptlib.lexemes import NAME, WHITE, lazily
from promptlib.sqltext import Marker, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# First word -> the second, where the first alone may mean something else.
_TRANSACTION_CONTROL = {
    **dict.fromkeys(("ABORT", "BEGIN", "COMMIT", "END", "RELEASE", "ROLLBACK", "SAVEPOINT"), ""),
    **dict.fromkeys(("START", "PREPARE", "SET"), "TRANSACTION"),
}
# To know at a glance that a statement is none of those, as most are.
_SUSPECT = lazily(rf"(?ai:{'|'.join(_TRANSACTION_CONTROL)}|COPY)(?!{NAME})")
_CLIENT = {"STDIN", "STDOUT"}
_SHAPE = "a migration has a line `-- UP`, its SQL, a line `-- DOWN`, its SQL"


@dataclass(frozen=True, slots=True)
class Section:
    """The UP or DOWN part of a migration.

    Attributes:
        source: the text of the whole file, so that offsets lead to lines.
        start: offset behind the marker line.
        end: offset of the next marker, or of the end of the file.
        statements: what to run, in order, as offsets into `source`.
        transactional: whether it runs in one transaction (`transaction:false` says no).
        lock_timeout: how long a statement may wait for a lock, as PostgreSQL writes it.
        data_loss_accepted: whether UP says that it drops values no DOWN can give back.
    """

    source: str = field(repr=False)
    start: int
    end: int
    statements: tuple[Statement, ...]
    transactional: bool = True
    lock_timeout: str | None = None
    data_loss_accepted: bool = False

    @property
    def text(self) -> str:
        """The section as written, without the white space around it."""
        return self.source[self.start : self.end].strip(WHITE)

    @property
    def settings(self) -> dict[str, str]:
        """The PostgreSQL settings that its options ask for."""
        return {"lock_timeout": self.lock_timeout} if self.lock_timeout else {}

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, whatever its line endings: tells whether a section was edited."""
        return _sha256(self.text)

    def checksum_of(self, count: int) -> str:
        """Tell whether the first statements, those that ran already, were edited."""
        there = range(len(self.statements))[:count]
        return functools.reduce(self.checksum_after, there, _sha256(""))

    def checksum_after(self, before: str, index: int) -> str:
        """Go on from the checksum of the statements before this one."""
        statement = self.statements[index]
        return _sha256(before + self.source[statement.head : statement.end].rstrip(";"))


@dataclass(frozen=True, slots=True)
class Migration:
    """A file in sql/: its version (14 digits), name (as in the file's name), path and sections."""

    version: str
    name: str
    path: Path
    up: Section
    down: Section


def parse(version: str, name: str, path: Path, content: bytes) -> Migration:
    """Read a migration.

    Args:
        version: 14 digits.
        name: the rest of the file's name.
        path: where the content came from, for errors.
        content: UTF-8, with or without byte order mark, with LF or CRLF.

    Raises:
        PromptlibError: with path, line and remedy, for whatever the file format refuses.
    """
    text = _decoded(path, content)
    try:
        return Migration(version, name, path, *_sections(text))
    except LexicalError as error:
        where = place(path, text, error.offset)
        raise PromptlibError(error.what, error.remedy, place=where) from None


def parse_section(text: str) -> Section:
    """Read one section alone, its marker line included, as the ledger keeps it."""
    marker, *statements = sqltext.scan(text)
    assert isinstance(marker, Marker)
    return _section(
        text, marker, len(text), [each for each in statements if isinstance(each, Statement)]
    )


def place(path: Path, text: str, offset: int) -> str:
    """Where a character of a file is: `path:line:column`."""
    line, column = sqltext.location(text, offset)
    return f"{shown(path)}:{line}:{column}"


def _sha256(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(path: Path, content: bytes) -> str:
    """The content as text. PostgreSQL takes no NUL byte, in whatever quotes."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
        what, remedy, broken = "this is a NUL byte", "remove it", text.find("\0")
    except UnicodeDecodeError as error:
        text = content[: error.start].decode()
        what, remedy, broken = "this is not UTF-8", "save the file as UTF-8", len(text)
    if broken < 0:
        return text
    raise PromptlibError(what, remedy, place=place(path, text, broken))


def _sections(text: str) -> tuple[Section, Section]:
    """Cut a text at its markers; LexicalError for what does not belong where it stands."""
    markers: list[Marker] = []
    statements: list[list[Statement]] = []
    for item in sqltext.scan(text):
        if isinstance(item, Marker):
            _check_order(item, markers)
            markers.append(item)
            statements.append([])
        else:
            _check_statement(text, item)
            if not markers:
                raise _misplaced(text[: item.head], item.head)
            statements[-1].append(item)
    if len(markers) < 2:  # noqa: PLR2004 - UP and DOWN
        raise _missing("DOWN" if markers else "UP", text)
    up, down = markers
    return (
        _section(text, up, down.start, statements[0]),
        _section(text, down, len(text), statements[1]),
    )


def _misplaced(before: str, head: int) -> LexicalError:
    """The error for a statement that no marker stands before."""
    error = LexicalError("SQL stands before `-- UP`", "move it below that line", head)
    return _mistaken("UP", before) or error


def _missing(word: str, text: str) -> LexicalError:
    """The error for a marker that is not there."""
    last = max(0, len(text.rstrip(WHITE)) - 1)
    error = LexicalError(f"the line `-- {word}` is missing", _SHAPE, last)
    return _mistaken(word, text) or error


def _mistaken(word: str, text: str) -> LexicalError | None:
    """The error for a line that may have been meant for a marker, if there is one."""
    alike = re.search(rf"^[ \t]*--[ \t]*{word}\b", text, re.IGNORECASE | re.MULTILINE)
    if not alike:
        return None
    what, remedy = f"this is no `-- {word}` line", "write options as name:value, nothing else"
    return LexicalError(what, remedy, text.index("--", alike.start()))


def _check_order(marker: Marker, before: list[Marker]) -> None:
    if marker.word in [earlier.word for earlier in before]:
        raise LexicalError(f"a second `-- {marker.word}`", _SHAPE, marker.start)
    if marker.word == "DOWN" and not before:
        raise LexicalError("`-- DOWN` stands before `-- UP`", _SHAPE, marker.start)


def _check_statement(text: str, statement: Statement) -> None:
    """Refuse what would take the transaction or the connection out of promptlib's hands."""
    if text.startswith("\ufeff", statement.head):
        what = "this is a byte order mark, which does not show"
        raise LexicalError(what, "delete the line and write it again", statement.head)
    if not _SUSPECT.match(text, statement.head):
        return
    words = sqltext.bare_words(text, statement)
    first = next(words)
    if first == "COPY":
        if _is_client_copy(words):
            what = "COPY cannot read from or write to the client here"
            raise LexicalError(what, "write INSERT statements instead", statement.head)
    elif _TRANSACTION_CONTROL[first] in ("", next(words, "")):
        command = f"{first} {_TRANSACTION_CONTROL[first]}".rstrip()
        what = f"{command} is not for a migration: promptlib begins and ends its transaction"
        raise LexicalError(what, "remove it", statement.head)


def _is_client_copy(words: Iterator[str]) -> bool:
    """Whether the first FROM or TO of a COPY leads to the client."""
    for word, following in itertools.pairwise(words):
        if word in ("FROM", "TO"):
            return following in _CLIENT
    return False


def _section(text: str, marker: Marker, end: int, statements: list[Statement]) -> Section:
    if not statements:
        raise LexicalError(
            f"no statement follows `-- {marker.word}`",
            "write one; where there is nothing to do, `SELECT 1;` says so",
            marker.start,
        )
    options = markers.options(marker)
    return Section(
        text,
        marker.end,
        end,
        tuple(statements),
        transactional=options.get("transaction") != "false",
        lock_timeout=options.get("lock_timeout"),
        data_loss_accepted="data_loss" in options,
    )
