"""The text of one file -> a frozen Migration. Reads no directory and knows no database."""

from __future__ import annotations

import codecs
import itertools
import os
import re

from promptlib.core.durations import is_duration
from promptlib.core.errors import (
    LexicalError,
    MigrationFileError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.section import Section
from promptlib.files.transaction_control import refuse_commands, transaction_command
from promptlib.syntax.lexemes import NAME, WHITE, byte_pattern
from promptlib.syntax.statements import Marker, Statements, bare_words, line_and_column, scan_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promptlib.syntax.statements import Statement

# To know at a glance that a statement is neither of those, as most are.
_SUSPECT = byte_pattern(rf"(?i:COPY)(?!{NAME})|\xef\xbb\xbf")
_PIECE = 1 << 20  # bytes: what is decoded at once, to see whether it can be
_CLIENT = {"STDIN", "STDOUT"}
_INSTEAD_OF_COPY = {
    "FROM": "write INSERT statements instead, as pg_dump --inserts does",
    "TO": "take it out: nobody reads what a migration writes",
}
_SHAPE = "a migration has a line `-- UP`, its SQL, a line `-- DOWN`, its SQL"
# What each option of a marker may be.
MARKER_OPTIONS: dict[str, Callable[[str], bool]] = {
    "transaction": {"true", "false"}.__contains__,
    "lock_timeout": is_duration,
    "data_loss": {"accepted"}.__contains__,
}


class Migration(NamedTuple):
    """A file in sql/: its version (14 digits), name (as in the file's name), path and sections."""

    version: str
    name: str
    where: str
    up: Section
    down: Section

    @property
    def path(self) -> Path:
        """The file."""
        from pathlib import Path  # noqa: PLC0415 - which a deploy does without

        return Path(self.where)


def parse_migration(version: str, name: str, path: Path | str, content: bytes) -> Migration:
    """Read a migration.

    Args:
        version: 14 digits.
        name: the rest of the file's name.
        path: where the content came from, for errors.
        content: UTF-8, with or without byte order mark, with LF or CRLF.

    Raises:
        MigrationFileError: with path, line and remedy, for whatever the file format refuses.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    _require_text(path, content)
    try:
        return Migration(version, name, os.fspath(path), *read_sections(content))
    except LexicalError as error:
        raise combine_errors(_placed(path, content, error)) from None


def _placed(path: Path | str, content: bytes, error: LexicalError) -> Iterator[MigrationFileError]:
    for each in (error, *error.others):
        assert isinstance(each, LexicalError)
        where = place_in_file(path, content, each.offset)
        yield MigrationFileError(each.what, each.remedy, place=where)


def parse_repeatable(path: Path, content: bytes) -> Section:
    """Read a file that has no sections: all of it is one.

    Args:
        path: where the content came from, for errors.
        content: as of a migration.

    Raises:
        MigrationFileError: with path, line and remedy, for whatever the file format refuses.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    _require_text(path, content)
    try:
        return Section(content, 0, len(content), _statements_without_markers(content))
    except LexicalError as error:
        raise combine_errors(_placed(path, content, error)) from None


def _statements_without_markers(text: bytes) -> Statements:
    statements = Statements()
    controls: list[tuple[Statements, int]] = []
    for item in scan_sql(text):
        if isinstance(item, Marker):
            what = f"a repeatable file has no `-- {item.word}`"
            raise LexicalError(what, "leave the line out: all of the file is one", item.start)
        if _SUSPECT.match(text, item.head):
            _check_statement(text, item)
        if transaction_command(text, item):
            controls.append((statements, len(statements)))
        statements.append(item)
    if controls:
        raise refuse_commands(text, controls)
    if not statements:
        raise LexicalError("no statement is in it", "write one, or remove the file", 0)
    return statements


def parse_section(text: str) -> Section:
    """Read one section alone, its marker line included, as the ledger keeps it.

    Raises:
        LexicalError: when it is none.
    """
    source, statements, markers = text.encode(), Statements(), list[Marker]()
    for item in scan_sql(source):
        if not isinstance(item, Marker):
            statements.append(item)
        elif markers:
            raise LexicalError("a second marker", "", item.start)
        else:
            markers.append(item)
    if not markers or not statements:
        raise LexicalError("no marker with SQL behind it", "", 0)
    return _make_section(source, markers[0], len(source), statements)


def place_in_file(path: Path | str, text: bytes, offset: int) -> str:
    """Where a character of a file is: `path:line:column`."""
    line, column = line_and_column(text, offset)
    return f"{display_path(path)}:{line}:{column}"


def _require_text(path: Path | str, content: bytes) -> None:
    """Refuse what is not UTF-8, and a NUL byte: PostgreSQL takes none, in whatever quotes."""
    what, remedy, broken = "this is not UTF-8", "save the file as UTF-8", _not_utf8(content)
    if broken < 0:
        what, remedy, broken = "this is a NUL byte", "remove it", content.find(0)
    if broken >= 0:
        raise MigrationFileError(what, remedy, place=place_in_file(path, content, broken))


def _not_utf8(content: bytes) -> int:
    """Where some bytes are not UTF-8, or -1. Decoded at once, they would take their room again."""
    if content.isascii():
        return -1
    decoder = codecs.getincrementaldecoder("utf-8")()
    begun = 0
    try:
        for at in range(0, len(content), _PIECE):
            begun = at - len(decoder.getstate()[0])  # a letter may have been cut
            decoder.decode(content[at : at + _PIECE], final=at + _PIECE >= len(content))
    except UnicodeDecodeError as error:
        return begun + error.start
    return -1


def read_sections(text: bytes) -> tuple[Section, Section]:
    """Read both sections of a migration: its text in UTF-8, without byte order mark.

    Raises:
        LexicalError: for what the file format refuses.
    """
    markers: list[Marker] = []
    statements: list[Statements] = []
    controls: list[tuple[Statements, int]] = []
    for item in scan_sql(text):
        if isinstance(item, Marker):
            _check_order(item, markers)
            markers.append(item)
            statements.append(Statements())
        else:
            if _SUSPECT.match(text, item.head):
                _check_statement(text, item)
            if not markers:
                raise _sql_before_up(text[: item.head], item.head)
            if transaction_command(text, item):
                controls.append((statements[-1], len(statements[-1])))
            statements[-1].append(item)
    if controls:
        raise refuse_commands(text, controls)
    match markers:
        case [up, down]:
            return (
                _make_section(text, up, down.start, statements[0]),
                _make_section(text, down, len(text), statements[1]),
            )
        case _:
            raise _missing_marker("DOWN" if markers else "UP", text)


def _sql_before_up(before: bytes, head: int) -> LexicalError:
    """The error for a statement that no marker stands before."""
    error = LexicalError("SQL stands before `-- UP`", "move it below that line", head)
    return _mistaken_marker("UP", before) or error


def _missing_marker(word: str, text: bytes) -> LexicalError:
    """The error for a marker that is not there."""
    last = max(0, len(text.rstrip(WHITE)) - 1)
    error = LexicalError(f"the line `-- {word}` is missing", _SHAPE, last)
    return _mistaken_marker(word, text) or error


def _mistaken_marker(word: str, text: bytes) -> LexicalError | None:
    """The error for a line that may have been meant for a marker, if there is one."""
    line = rf"^[ \t]*--[ \t]*{word}\b".encode()
    alike = re.search(line, text, re.IGNORECASE | re.MULTILINE)
    if not alike:
        return None
    what, remedy = f"this is no `-- {word}` line", "write options as name:value, nothing else"
    return LexicalError(what, remedy, text.index(b"--", alike.start()))


def _check_order(marker: Marker, before: list[Marker]) -> None:
    if marker.word in [earlier.word for earlier in before]:
        raise LexicalError(f"a second `-- {marker.word}`", _SHAPE, marker.start)
    if marker.word == "DOWN" and not before:
        raise LexicalError("`-- DOWN` stands before `-- UP`", _SHAPE, marker.start)


def _check_statement(text: bytes, statement: Statement) -> None:
    """Refuse what would take the connection out of promptlib's hands."""
    if text.startswith(codecs.BOM_UTF8, statement.head):
        what = "this is a byte order mark, which does not show"
        raise LexicalError(what, "delete the line and write it again", statement.head)
    words = bare_words(text, statement)
    end = _client_end(words) if next(words) == "COPY" else ""
    if end:
        what = "COPY cannot read from or write to the client here"
        raise LexicalError(what, _INSTEAD_OF_COPY[end], statement.head)


def _client_end(words: Iterator[str]) -> str:
    """The first FROM or TO of a COPY, if it leads to the client; else nothing."""
    for word, following in itertools.pairwise(words):
        if word in _INSTEAD_OF_COPY:
            return word if following in _CLIENT else ""
    return ""


def _make_section(text: bytes, marker: Marker, end: int, statements: Statements) -> Section:
    if not statements:
        raise LexicalError(
            f"no statement follows `-- {marker.word}`",
            "write one; where there is nothing to do, `SELECT 1;` says so",
            marker.start,
        )
    options = _read_options(marker)
    return Section(
        text,
        marker.end,
        end,
        statements,
        transactional=options.get("transaction") != "false",
        lock_timeout=options.get("lock_timeout"),
        data_loss_accepted="data_loss" in options,
    )


def _read_options(marker: Marker) -> dict[str, str]:
    """Read the options of a marker.

    Raises:
        LexicalError: for one that is unknown, given twice, or cannot have its value.
    """
    found: dict[str, str] = {}
    for option in marker.options.lower().split():
        name, value = option.split(":", 1)
        allowed = MARKER_OPTIONS.get(name)
        if not allowed or (name == "data_loss" and marker.word == "DOWN"):
            raise LexicalError(
                f"`-- {marker.word}` has no option `{name}`", _known_options(marker), marker.start
            )
        if name in found or not allowed(value):
            problem = "is given twice" if name in found else f"cannot be `{value}`"
            raise LexicalError(f"option `{name}` {problem}", _known_options(marker), marker.start)
        found[name] = value
    return found


def _known_options(marker: Marker) -> str:
    accepted = " and data_loss:accepted" if marker.word == "UP" else ""
    return f"the options are transaction:false, lock_timeout:30s (or ms, min){accepted}"
