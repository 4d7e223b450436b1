"""Repeatable files: views, functions and grants that are kept as they are now, one file each.

They lie in sql/repeatable/NAME.sql, have no sections, and run in one order: by name, but each
behind those that a line `-- after: NAME, NAME` of its head names. When they run is the plan's.
"""

from __future__ import annotations

import codecs
import functools
import os
import re
from pathlib import Path

from promptlib.core.errors import MigrationFileError, PromptlibError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.files.checksum import text_checksum, trimmed_span
from promptlib.files.directory import REPEATABLE_FOLDER, is_candidate, read_content, require_file
from promptlib.files.parser import parse_repeatable, place_in_file
from promptlib.syntax.ddl import object_changes
from promptlib.syntax.lexemes import BLOCK_COMMENT, SPACE, byte_pattern
from promptlib.syntax.statements import bare_words
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.files.section import Section
    from promptlib.syntax.ddl import NamedObject, ObjectChange

FOLDER = REPEATABLE_FOLDER
_NAME = re.compile(r"([a-z0-9_]{1,200})\.sql", re.ASCII)
_HEAD = byte_pattern(rf"(?>{SPACE}++|--[^\n\r]*+|{BLOCK_COMMENT})*+")
_AFTER = byte_pattern(
    r"^[ \t]*--[ \t]*after[ \t]*:(?P<names>[^\n\r]*)", re.IGNORECASE | re.MULTILINE
)
_GRANTS = {"GRANT", "REVOKE"}
_CHANGES = byte_pattern(r"create|alter|drop", re.IGNORECASE)


class RepeatableFile:
    """A file in sql/repeatable/, parsed when somebody needs it.

    Args:
        name: the file's, without `.sql`.
        path: where it is.
        content: what is in it.

    Attributes:
        after: the names of those that it runs behind.

    Raises:
        MigrationFileError: for a name in `after` that can be none.
    """

    def __init__(self, name: str, path: Path, content: bytes) -> None:
        self.name, self.path, self._content = name, path, content
        self.after = tuple(_read_after(path, content))

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 of the text, whatever its line endings: tells whether it was changed."""
        text = self._content.removeprefix(codecs.BOM_UTF8)
        return text_checksum(text, *trimmed_span(text, 0, len(text)))

    @functools.cached_property
    def section(self) -> Section:
        """What is to run.

        Raises:
            MigrationFileError: for whatever the file format refuses.
        """
        return parse_repeatable(self.path, self._content)

    def is_outdated_by(self, section: Section) -> bool:
        """Whether this has to run again behind a section, as far as its text says.

        That is so where the section changes or drops what this makes, or drops what something may
        depend on; and where this grants rights, which a new table lacks.
        """
        return self._grants or any(map(self._is_touched, section_changes(section)))

    def _is_touched(self, change: ObjectChange) -> bool:
        return change.cascades or any(map(change.object.is_same, self._made))

    @functools.cached_property
    def _made(self) -> list[NamedObject]:
        return [each.object for each in section_changes(self.section) if each.verb == "make"]

    @functools.cached_property
    def _grants(self) -> bool:
        source = self.section.source
        first = (next(bare_words(source, each), "") for each in self.section.statements)
        return not _GRANTS.isdisjoint(first)


def section_changes(section: Section) -> Iterator[ObjectChange]:
    """What the statements of a section make, drop and rename."""
    source = section.source
    if not _CHANGES.search(source, section.start, section.end):
        return
    for statement in section.statements:
        yield from object_changes(tokenize_statement(source, statement))


def list_repeatable(folder: Path) -> tuple[list[RepeatableFile], list[PromptlibError]]:
    """The repeatable files beside migrations, in their order, and what is wrong with others.

    Args:
        folder: of the migrations.
    """
    found: dict[str, RepeatableFile] = {}
    problems: list[PromptlibError] = []
    try:
        for entry in _entries(folder / FOLDER):
            try:
                found[entry.name[:-4]] = _read(entry)
            except PromptlibError as problem:
                problems.append(problem)
        if not problems:  # of what is broken nobody knows where it belongs
            return _in_order(found), []
    except PromptlibError as problem:
        problems.append(problem)
    return [*found.values()], problems


def survey_repeatable(folder: Path) -> tuple[list[RepeatableFile], list[PromptlibError]]:
    """The same, with what is wrong in those that can be listed: all are parsed."""
    found, problems = list_repeatable(folder)
    for file in found:
        try:
            _ = file.section
        except PromptlibError as problem:
            problems.append(problem)
    return found, problems


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            candidates = [each for each in entries if is_candidate(each.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise MigrationFileError(
            f"cannot be listed: {error.strerror}",
            "make the folder readable",
            place=display_path(folder),
        ) from error
    return sorted(candidates, key=lambda each: each.name)


def _read(entry: os.DirEntry[str]) -> RepeatableFile:
    path, match = Path(entry.path), _NAME.fullmatch(entry.name)
    if not match:
        raise MigrationFileError(
            "not the name of a repeatable file",
            "rename it to NAME.sql, the name in a-z, 0-9 and _",
            place=display_path(path),
        )
    require_file(entry, "a repeatable file")
    return RepeatableFile(match[1], path, read_content(path))


def _read_after(path: Path, content: bytes) -> Iterator[str]:
    """The names in the comments before the first statement."""
    head = _HEAD.match(content, len(codecs.BOM_UTF8) * content.startswith(codecs.BOM_UTF8))
    for line in _AFTER.finditer(content, 0, head.end() if head else 0):
        for name in line["names"].decode(errors="replace").split(","):
            if not _NAME.fullmatch(f"{name.strip()}.sql"):
                raise MigrationFileError(
                    f"{name.strip()!r} is not the name of a repeatable file",
                    "write the names of files in this folder without .sql, with a comma between",
                    place=place_in_file(path, content, line.start()),
                )
            yield name.strip()


def _in_order(files: dict[str, RepeatableFile]) -> list[RepeatableFile]:
    """Each behind those that it is after, and else by name."""
    ordered: dict[str, RepeatableFile] = {}
    waiting = dict(files)
    for file in files.values():
        if unknown := [name for name in file.after if name not in files]:
            raise MigrationFileError(
                f"is after {unknown[0]}, and there is no {FOLDER}/{unknown[0]}.sql",
                "correct the line `-- after:`",
                place=display_path(file.path),
            )
    while waiting:
        ready = next((each for each in waiting.values() if {*each.after} <= {*ordered}), None)
        if not ready:
            raise _circle(waiting.values())
        ordered[ready.name] = waiting.pop(ready.name)
    return [*ordered.values()]


def _circle(files: Iterable[RepeatableFile]) -> MigrationFileError:
    """The error for files that wait for each other."""
    waiting = {each.name: each for each in files}
    way = [next(iter(waiting))]
    while way[-1] not in way[:-1]:
        way.append(next(name for name in waiting[way[-1]].after if name in waiting))
    circle = way[way.index(way[-1]) :]
    return MigrationFileError(
        f"runs behind itself: {' is after '.join(circle)}",
        "take one of these lines `-- after:` out",
        place=display_path(waiting[circle[0]].path),
    )
