"""From another tool's migrations to ours: the same SQL between our markers. Writes nothing."""

from __future__ import annotations

import itertools

from promptlib.core.errors import (
    LexicalError,
    MigrationFileError,
    PromptlibError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import MigrationFile, migration_path
from promptlib.files.new_file import slug_of
from promptlib.files.one_way import NO_WAY_BACK
from promptlib.files.origin import Origin, origin_line
from promptlib.files.parser import parse_repeatable, read_sections
from promptlib.files.repeatable import FOLDER
from promptlib.importing.source import SourceLine, SourceSection
from promptlib.importing.versions import in_order
from promptlib.syntax.alone import is_refused_in_transaction
from promptlib.syntax.statements import Marker, Statement, bare_words, line_and_column, scan_sql
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceMigration

_UP, _DOWN = b"-- UP", b"-- DOWN"
_OUTSIDE = b" transaction:false"
_NOTHING = b"SELECT 1;\n"
_BEGIN = ("BEGIN", "BEGIN WORK", "BEGIN TRANSACTION", "START TRANSACTION")
_ENDINGS = ("", " WORK", " TRANSACTION")
_END = tuple(f"{word}{more}" for word in ("COMMIT", "END") for more in _ENDINGS)


class ConvertedMigration(NamedTuple):
    """One of ours, made of another tool's.

    Attributes:
        file: where it belongs; of a repeatable one without a version.
        content: what it holds.
        source: what it was made of.
        notes: what is not as it was.
    """

    file: MigrationFile
    content: bytes
    source: SourceMigration
    notes: tuple[str, ...]


class ConvertedFolder(NamedTuple):
    """What became of a tool's folder.

    Attributes:
        migrations: ours, in order.
        problems: what cannot be converted, and what to do about it.
        notes: what somebody should know.
    """

    migrations: list[ConvertedMigration]
    problems: list[PromptlibError]
    notes: list[str]


def convert_folder(found: SourceFolder, tool: str, sql: Path) -> ConvertedFolder:
    """Convert a tool's migrations.

    Args:
        found: what its folder holds.
        tool: as it is named on the command line.
        sql: the folder of ours.
    """
    made, problems = list[ConvertedMigration](), [*found.problems]
    versions = in_order(each.version for each in found.migrations)
    for version, source in zip(versions, found.migrations, strict=True):
        name = slug_of(source.title) or tool.replace("-", "_")
        file = MigrationFile(version, name, str(migration_path(sql, version, name)))
        try:
            made.append(_convert(source, tool, file))
        except PromptlibError as problem:
            problems.append(problem)
    for source in found.repeatable:
        try:
            made.append(_convert_repeatable(source, sql))
        except PromptlibError as problem:
            problems.append(problem)
    notes = [f"{display_path(each.source.path)}: {note}" for each in made for note in each.notes]
    return ConvertedFolder(made, problems, [*found.notes, *notes])


def _convert(source: SourceMigration, tool: str, file: MigrationFile) -> ConvertedMigration:
    notes: list[str] = []
    _statements(source.before)
    up, down = _Part(source.up, notes, "UP"), _Part(source.down, notes, "DOWN")
    lines = [
        _ours(origin_line(Origin(tool, source.tool_versions)), source),
        *source.before.lines,
        _ours(up.marker(_UP), source),
        *up.lines,
        *([] if up.has_statements else [_ours(_NOTHING, source)]),
        _ours(down.marker(_DOWN), source),
        *down.lines,
        *([] if down.has_statements else [_ours(NO_WAY_BACK, source)]),
    ]
    content = b"".join(_ended(line.text) for line in lines)
    _require_valid(content, lines)
    return ConvertedMigration(file, content, source, tuple(notes))


def _convert_repeatable(source: SourceMigration, sql: Path) -> ConvertedMigration:
    """One that has no sections and no version: its text is all there is."""
    if not source.up.transactional:
        what = "a repeatable file runs in a transaction, and this one runs in none"
        remedy = "make a migration of it, with promptlib new"
        raise MigrationFileError(what, remedy, place=display_path(source.path))
    parse_repeatable(source.path, source.up.text)
    name = slug_of(source.title) or "repeatable"
    file = MigrationFile("", name, str(sql / FOLDER / f"{name}.sql"))
    note = "it runs in the order of its name; say `-- after: NAME` where it needs another"
    return ConvertedMigration(file, source.up.text, source, (note,))


def _ours(text: bytes, source: SourceMigration) -> SourceLine:
    """A line of our own, for which the file as a whole stands."""
    return SourceLine(source.path, 0, text)


def _ended(line: bytes) -> bytes:
    return line if line.endswith((b"\n", b"\r")) else line + b"\n"


class _Part:
    """A section on its way: its lines, and whether it runs in a transaction.

    Args:
        section: of the tool's; None where there is none.
        notes: takes what is not as it was.
        word: UP or DOWN.
    """

    def __init__(self, section: SourceSection | None, notes: list[str], word: str) -> None:
        section = section or SourceSection()
        text, self.transactional = section.text, section.transactional
        statements = _statements(section)
        own = _own_transaction(text, statements)
        if own:
            notes.append(f"{word} loses its BEGIN and COMMIT, which promptlib says itself")
            statements = statements[1:-1]
        self.lines = _without(section.lines, own)
        self.has_statements = bool(statements)
        if not statements:
            notes.append(_ABOUT_EMPTY[word])
        elif self.transactional and _needs_none(text, statements):
            self.transactional = False
            notes.append(f"{word} gets transaction:false, for a statement that runs in none")

    def marker(self, word: bytes) -> bytes:
        """The line that the section begins with."""
        return word + (b"" if self.transactional else _OUTSIDE) + b"\n"


_ABOUT_EMPTY = {
    "UP": "UP is empty, so it is SELECT 1",
    "DOWN": "there is no DOWN, so a rollback of it is refused until one is written",
}


def _statements(section: SourceSection) -> list[Statement]:
    """Its statements.

    Raises:
        MigrationFileError: where it cannot be read, or a line would be taken for a marker of ours.
    """
    text, found = section.text, list[Statement]()
    try:
        for item in scan_sql(text):
            if isinstance(item, Marker):
                raise _taken_for_marker(item)
            found.append(item)
    except LexicalError as error:
        raise _placed(error, text, section.lines) from None
    return found


def _taken_for_marker(marker: Marker) -> LexicalError:
    what = f"this comment reads as the line `-- {marker.word}` of promptlib"
    return LexicalError(what, "word it otherwise", marker.start)


def _needs_none(text: bytes, statements: Iterable[Statement]) -> bool:
    return any(is_refused_in_transaction(tokenize_statement(text, each)) for each in statements)


def _own_transaction(text: bytes, statements: list[Statement]) -> list[Statement]:
    """The BEGIN that a section begins with and the COMMIT that ends it, if both are there."""
    if len(statements) < 2:  # noqa: PLR2004 - one cannot be both
        return []
    ends = [statements[0], statements[-1]]
    said = [" ".join(itertools.islice(bare_words(text, each), 3)) for each in ends]
    return ends if said[0] in _BEGIN and said[1] in _END else []


def _without(lines: Iterable[SourceLine], left_out: Iterable[Statement]) -> list[SourceLine]:
    """Lines without some statements, and without those that hold nothing else."""
    cuts = sorted(((each.head, each.end) for each in left_out), reverse=True)
    found, offset = [], 0
    for line in lines:
        text = line.text
        for start, end in cuts:
            first, behind = max(0, start - offset), min(len(line.text), end - offset)
            if first < behind:
                text = text[:first] + text[behind:]
        offset += len(line.text)
        if text == line.text or text.strip():
            found.append(line._replace(text=text))
    return found


def _require_valid(content: bytes, lines: list[SourceLine]) -> None:
    """Let nothing pass that promptlib would refuse; the error says where that is in the source."""
    try:
        read_sections(content)
    except LexicalError as error:
        raise _placed(error, content, lines) from None


def _placed(error: LexicalError, text: bytes, lines: Sequence[SourceLine]) -> PromptlibError:
    """An error, and those told with it, where they are in the source."""
    every = [*_each_line(lines)]
    found = []
    for each in (error, *error.others):
        assert isinstance(each, LexicalError)
        number, column = line_and_column(text, each.offset)
        line = every[number - 1]
        place = f"{display_path(line.path)}:{line.number}:{column}"
        place = place if line.number else display_path(line.path)
        found.append(MigrationFileError(each.what, each.remedy, place=place))
    return combine_errors(found)


def _each_line(lines: Iterable[SourceLine]) -> Iterator[SourceLine]:
    """Every line of a text: what is our own may be several at once."""
    for line in lines:
        yield from [line] * max(1, line.text.count(b"\n"))
