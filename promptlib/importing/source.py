"""What another tool's folder holds: its migrations, as lines of their files. Converts nothing."""

from __future__ import annotations

import codecs

from promptlib.core.errors import (
    ConfigurationError,
    MigrationFileError,
    PromptlibError,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SourceLine(NamedTuple):
    """A line of a file, its end included; the first is number 1."""

    path: Path
    number: int
    text: bytes


class SourceSection(NamedTuple):
    """What takes a migration one way.

    Attributes:
        lines: its text, without what marks it for its tool.
        transactional: whether its tool runs it in a transaction.
    """

    lines: tuple[SourceLine, ...] = ()
    transactional: bool = True

    @property
    def text(self) -> bytes:
        """Its SQL."""
        return b"".join(line.text for line in self.lines)


class SourceMigration(NamedTuple):
    """A migration of another tool.

    Attributes:
        tool_versions: what its tool's table calls it; of a baseline, all that it stands for; of a
            repeatable one, nothing.
        version: ours, of 14 digits, made from that alone; empty: it has to follow from its place.
        title: what it does, as its file's name says.
        path: its file, the first of several.
        up: what runs it.
        down: what takes it back, or None.
        before: comments that stand before both.
    """

    tool_versions: tuple[str, ...]
    version: str
    title: str
    path: Path
    up: SourceSection
    down: SourceSection | None = None
    before: SourceSection = SourceSection()


class SourceFolder(NamedTuple):
    """What a tool's folder holds.

    Attributes:
        migrations: those that can be read, in the order in which the tool runs them.
        problems: what cannot be converted, and what to do about it.
        notes: what somebody should know.
        repeatable: those that run whenever their text has changed; they have UP alone, no version.
    """

    migrations: list[SourceMigration]
    problems: list[PromptlibError]
    notes: list[str]
    repeatable: Sequence[SourceMigration] = ()


class Mark(NamedTuple):
    """What a comment tells another tool.

    Attributes:
        begins: `up` or `down`, where it begins a section; empty: it is about the lines around it.
        transactional: whether it lets its section run in a transaction.
        everywhere: whether that is said of both sections.
    """

    begins: str = ""
    transactional: bool = True
    everywhere: bool = False


def list_files(folder: Path, *, below: bool = False) -> list[Path]:
    """The files of a folder, by name; dotfiles are none.

    Args:
        folder: where.
        below: whether those of the folders in it count.

    Raises:
        ConfigurationError: when it cannot be listed.
    """
    try:
        found = [*_walk(folder, below=below)]
    except OSError as error:
        raise ConfigurationError(
            f"the migrations cannot be listed: {error.strerror}",
            "name the folder that holds them, and make it readable",
            place=display_path(error.filename or folder),
        ) from None
    return sorted(each for each in found if not each.name.startswith("."))


def _walk(folder: Path, *, below: bool) -> Iterator[Path]:
    """The files of a folder; one below that cannot be listed is an error, as rglob says nothing."""
    for each in folder.iterdir():
        if each.is_file():
            yield each
        elif below and each.is_dir() and not each.is_symlink():
            yield from _walk(each, below=below)


def read_lines(path: Path) -> list[SourceLine]:
    """The lines of a file.

    Raises:
        MigrationFileError: when it cannot be read, or is no UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MigrationFileError(
            f"cannot be read: {error.strerror}", "make it readable", place=display_path(path)
        ) from error
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = "this is UTF-16" if content.startswith(_UTF16) else "this is not UTF-8"
        raise MigrationFileError(
            what, "save the file as UTF-8", place=f"{display_path(path)}:{line}"
        ) from None
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    return [SourceLine(path, number, text) for number, text in enumerate(lines, 1)]


def read_section(path: Path, *, transactional: bool = True) -> SourceSection:
    """A file that is one section as a whole.

    Raises:
        MigrationFileError: as `read_lines` does.
    """
    return SourceSection(tuple(read_lines(path)), transactional)


class MarkedFile(NamedTuple):
    """A file with both sections; one that nothing begins is None."""

    before: SourceSection
    up: SourceSection | None
    down: SourceSection | None


def split_marked(
    lines: Iterable[SourceLine], read_mark: Callable[[SourceLine], Mark | None]
) -> MarkedFile:
    """Cut a file where its tool does; comments that are for that tool alone are left out.

    Args:
        lines: of the file.
        read_mark: what a line tells the tool, or None.
    """
    found: dict[str, list[SourceLine]] = {"": []}
    outside: set[str] = set()
    section = ""
    for line in lines:
        mark = read_mark(line)
        if not mark:
            found[section].append(line)
            continue
        section = mark.begins or section
        found.setdefault(section, [])
        if not mark.transactional:
            outside |= {"up", "down"} if mark.everywhere else {section}

    def made(name: str) -> SourceSection | None:
        return SourceSection(tuple(found[name]), name not in outside) if name in found else None

    return MarkedFile(made("") or SourceSection(), made("up"), made("down"))


def cannot_convert(path: Path, what: str, remedy: str, line: int = 0) -> PromptlibError:
    """What is wrong with a file, or with a line of it."""
    place = f"{display_path(path)}:{line}" if line else display_path(path)
    return MigrationFileError(what, remedy, place=place)


class Collector:
    """Gathers what a tool's files are, and what is wrong with others."""

    def __init__(self) -> None:
        self.migrations: list[SourceMigration] = []
        self.repeatable: list[SourceMigration] = []
        self.problems: list[PromptlibError] = []
        self.notes: list[str] = []

    def read(self, make: Callable[[], Iterator[SourceMigration]]) -> None:
        """Take what can be read of a file; what has no version is repeatable."""
        try:
            for each in make():
                (self.migrations if each.tool_versions else self.repeatable).append(each)
        except PromptlibError as problem:
            self.problems.append(problem)

    def cannot(self, path: Path, what: str, remedy: str, line: int = 0) -> None:
        """Take note of what cannot be converted."""
        self.problems.append(cannot_convert(path, what, remedy, line))

    def folder(self, order: Callable[[SourceMigration], object]) -> SourceFolder:
        """All of it, in the tool's order; two with one version are one too many."""
        first: dict[str, SourceMigration] = {}
        for each in self.migrations:
            there = first.setdefault(each.tool_versions[-1], each)
            if there is not each:
                self.cannot(
                    each.path,
                    f"{display_path(there.path)} has the same version",
                    "give the one that ran nowhere another version",
                )
        found = sorted(first.values(), key=order)  # type: ignore[arg-type] # the tool knows
        return SourceFolder(found, self.problems, self.notes, self.repeatable)
