"""sql/ as a whole, with the folders in it: find, order and read migrations."""

from __future__ import annotations

import io
import os
from datetime import datetime
from operator import attrgetter

from promptlib.core.errors import (
    ConfigurationError,
    MigrationFileError,
    PromptlibError,
    UnknownVersionError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import STATUS, Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from promptlib.files.parser import Migration

    Seen = Callable[[Sequence[os.DirEntry[str]]], None]

REPEATABLE_FOLDER = "repeatable"  # the folder in it that has files of another kind
# How lines begin that say more of a file than its name does: see origin.py and replaced.py.
IMPORTED, REPLACES = b"-- imported from ", b"-- replaces: "
_DIGITS = 14
_PIECE = 1 << 16  # bytes, which few files have
_REMOVE_LINK = "remove it, or let it lead to a folder of migrations elsewhere"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class MigrationFile(NamedTuple):
    """A migration's file, known by its name alone: nothing has been read."""

    version: str
    name: str
    where: str

    @property
    def path(self) -> Path:
        """The file: made when it is asked for, as there are thousands."""
        from pathlib import Path

        return Path(self.where)

    def read(self) -> Migration:
        """Parse the file.

        Raises:
            MigrationFileError: for whatever the file format refuses, and for a file that cannot be
                read.
        """
        return self.parse(self.content())

    def content(self) -> bytes:
        """What is in the file.

        Raises:
            MigrationFileError: when it cannot be read.
        """
        return read_content(self.where)

    def parse(self, content: bytes) -> Migration:
        """Read the migration in a content of this file.

        Raises:
            MigrationFileError: for whatever the file format refuses.
        """
        from promptlib.files.parser import parse_migration

        return parse_migration(self.version, self.name, self.where, content)


def read_content(where: str | Path) -> bytes:
    """What is in a file.

    Raises:
        MigrationFileError: when it cannot be read.
    """
    try:
        file = os.open(where, os.O_RDONLY | os.O_CLOEXEC)  # FileIO asks the system twice as much
        try:
            content = os.read(file, _PIECE)
            if not content or not os.read(file, 1):
                return content
            with io.FileIO(file, closefd=False) as whole:
                whole.seek(0)
                return whole.readall()
        finally:
            os.close(file)
    except OSError as error:
        raise MigrationFileError(
            f"cannot be read: {error.strerror}", place=display_path(where)
        ) from error


def list_migrations(folder: Path | str, seen: Seen | None = None) -> list[MigrationFile]:
    """List the migrations of a folder, oldest first, by their names.

    Args:
        folder: where they are.
        seen: called with what is named like one, before it is looked at more closely.

    Raises:
        MigrationFileError: naming every file with a wrong name or another's version, and what is
            none.
        ConfigurationError: when the folder cannot be listed.
    """
    found, problems = survey_folder(folder, seen)
    if problems:
        raise combine_errors(problems)
    return found


def survey_folder(
    folder: Path | str, seen: Seen | None = None
) -> tuple[list[MigrationFile], list[PromptlibError]]:
    """List the migrations of a folder, oldest first, and what is wrong with its other files.

    Args:
        folder: where they are.
        seen: as for `list_migrations`.

    Raises:
        ConfigurationError: when the folder cannot be listed.
    """
    walk = _Walk(os.fspath(folder))
    candidates = sorted(walk.candidates(), key=attrgetter("path"))
    candidates.sort(key=attrgetter("name"))  # faster than by both: mostly they are in order now
    if seen:
        seen(candidates)
    found: dict[str, MigrationFile] = {}
    problems: list[PromptlibError] = []
    for entry in candidates:
        try:
            file = _migration_of_entry(entry, folder)
            if (earlier := found.setdefault(file.version, file)) is not file:
                raise _same_version(file, earlier)
        except PromptlibError as problem:
            problems.append(problem)
    return [*found.values()], walk.problems + problems


class _Walk:
    """A way through a folder and those below it, each listed once, whatever links lead where.

    Args:
        folder: the topmost.

    Attributes:
        problems: links that lead nowhere, or to what would count twice.
    """

    def __init__(self, folder: str) -> None:
        self.problems: list[PromptlibError] = []
        self._top = folder
        self._waiting = [folder]
        self._counted: list[str] = []  # what links led to, and the topmost itself

    def candidates(self) -> Iterator[os.DirEntry[str]]:
        """Yield what is named like a migration."""
        while self._waiting:
            folder = self._waiting.pop()
            for entry in _entries(folder, is_top=folder == self._top):
                name = entry.name
                if is_candidate(name):
                    yield entry
                elif name[0] != "." and (name != REPEATABLE_FOLDER or folder != self._top):
                    self._look_into(entry)

    def _look_into(self, entry: os.DirEntry[str]) -> None:
        try:
            if entry.is_symlink():
                self._follow(entry)
            elif entry.is_dir():
                self._waiting.append(entry.path)
        except PromptlibError as problem:
            self.problems.append(problem)

    def _follow(self, entry: os.DirEntry[str]) -> None:
        """Go where a link leads, if that is a folder that does not count already."""
        if not os.path.exists(entry.path):
            raise MigrationFileError(
                "this link leads nowhere", _REMOVE_LINK, place=display_path(entry.path)
            )
        if not entry.is_dir():
            return
        real = os.path.realpath(entry.path)
        self._counted = self._counted or [os.path.realpath(self._top)]
        if any(_is_within(real, each) for each in self._counted):
            return
        if any(_is_within(each, real) for each in self._counted):
            raise MigrationFileError(
                "this link leads to a folder around migrations that count already",
                _REMOVE_LINK,
                place=display_path(entry.path),
            )
        self._counted.append(real)
        self._waiting.append(entry.path)


def _is_within(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(f"{folder.rstrip(os.sep)}{os.sep}")


def _entries(folder: str, *, is_top: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [*entries]
    except OSError as error:
        where = "set sql_location in alembic.ini to the folder that holds them"
        raise ConfigurationError(
            f"the migrations cannot be listed: {error.strerror}",
            where if is_top else "make the folder readable: what is below sql_location counts",
            place=display_path(folder),
        ) from error


def parse_all(found: Iterable[MigrationFile]) -> list[Migration]:
    """Parse every file.

    Raises:
        MigrationFileError: naming every file that is refused.
    """
    migrations, problems = [], []
    for file in found:
        try:
            migrations.append(file.read())
        except PromptlibError as problem:
            problems.append(problem)
    if problems:
        raise combine_errors(problems)
    return migrations


def file_from_name(where: str, name: str) -> MigrationFile:
    """Know a migration by its file's name, the last part of where it is.

    Raises:
        MigrationFileError: when that is not the name of one.
    """
    version, between, title = name[:_DIGITS], name[_DIGITS : _DIGITS + 1], name[_DIGITS + 1 : -4]
    is_named = between == "_" and title and _LETTERS.issuperset(title)
    if is_named and name[-4:].lower() == ".sql" and is_version(version):
        return MigrationFile(version, title, where)
    is_named = is_named and is_candidate(name) and version.isascii() and version.isdigit()
    raise MigrationFileError(
        "no such date and time" if is_named else "not the name of a migration",
        "rename it to YYYYMMDDHHMMSS_name.sql, the name in a-z, 0-9 and _",
        place=display_path(where),
    )


def is_version(text: str) -> bool:
    """Whether a text is 14 digits of a real date and time."""
    try:
        datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    except ValueError:
        return False
    # Newer Pythons take 24 for an hour, and more than digits.
    return text[8:10] < "24" and len(text) == _DIGITS and text.isascii() and text.isdigit()


def resolve_version(known: Iterable[str], text: str) -> str:
    """The one of some versions that begins with a text.

    Raises:
        UnknownVersionError: when there is none, or there are several.
    """
    found = [each for each in known if text and each.startswith(text)]
    if text in found or len(found) == 1:
        return text if text in found else found[0]
    more = "write more of it: " if found else ""
    raise UnknownVersionError(
        f"{len(found) or 'no'} migrations have a version that begins with {text!r}",
        Remedy(f"{more}{{}} shows them all", STATUS),
    )


def migration_path(folder: Path | str, version: str, name: str) -> Path:
    """Where a migration's file belongs, or was; `*` stands for a name that nobody knows."""
    from pathlib import Path

    return Path(folder) / f"{version}_{name or '*'}.sql"


def is_candidate(name: str) -> bool:
    """Whether a file of this name is taken for one of ours."""
    return name[-4:].lower() == ".sql" and not name.startswith(".")


def _migration_of_entry(entry: os.DirEntry[str], top: Path | str) -> MigrationFile:
    try:
        file = file_from_name(entry.path, entry.name)
    except MigrationFileError as error:
        if entry.path == os.path.join(top, entry.name):
            raise
        out = f"or move it out of {display_path(top)}: what is in its folders counts"
        raise error.but(remedy=f"{error.remedy}, {out}") from None
    require_file(entry, "a migration")
    return file


def require_file(entry: os.DirEntry[str], expected: str) -> None:
    """Refuse what is no file, such as a folder, a dead link or a pipe.

    Raises:
        MigrationFileError: saying that it is not what was expected.
    """
    try:
        is_file = entry.is_file()
    except OSError:  # a link leads in a circle, or to what may not be seen
        is_file = False
    if not is_file:
        what = "a folder" if os.path.isdir(entry.path) else "no file, or a link to none"
        raise MigrationFileError(
            f"this is {what}, not {expected}", "remove or rename it", place=display_path(entry.path)
        )


def _same_version(file: MigrationFile, earlier: MigrationFile) -> MigrationFileError:
    return MigrationFileError(
        f"{display_path(earlier.path)} has the same version",
        "rename the one that ran nowhere yet to a newer version",
        place=display_path(file.path),
    )
