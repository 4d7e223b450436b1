"""sql/ as a whole: find, order and read migrations."""

from __future__ import annotations

import io
import os
from datetime import datetime

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
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TypeVar

    from promptlib.files.parser import Migration

    _Item = TypeVar("_Item")

    _Result = TypeVar("_Result")

_DIGITS = 14
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

        return parse_migration(self.version, self.name, self.path, content)


def read_content(where: str | Path) -> bytes:
    """What is in a file.

    Raises:
        MigrationFileError: when it cannot be read.
    """
    try:
        with io.FileIO(where) as file:
            return file.readall()
    except OSError as error:
        raise MigrationFileError(
            f"cannot be read: {error.strerror}", place=display_path(where)
        ) from error


def list_migrations(folder: Path | str) -> list[MigrationFile]:
    """List the migrations of a folder, oldest first, by their names.

    Raises:
        MigrationFileError: naming every file with a wrong name or another's version, and what is
            none.
        ConfigurationError: when the folder cannot be listed.
    """
    found, problems = survey_folder(folder)
    if problems:
        raise combine_errors(problems)
    return found


def survey_folder(folder: Path | str) -> tuple[list[MigrationFile], list[PromptlibError]]:
    """List the migrations of a folder, oldest first, and what is wrong with its other files.

    Raises:
        ConfigurationError: when the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            candidates = sorted(
                (entry for entry in entries if is_candidate(entry.name)), key=lambda e: e.name
            )
    except OSError as error:
        raise ConfigurationError(
            f"the migrations cannot be listed: {error.strerror}",
            "set sql_location in alembic.ini to the folder that holds them",
            place=display_path(folder),
        ) from error
    found: dict[str, MigrationFile] = {}
    return _collect_problems(
        lambda entry: _require_new_version(found, _migration_of_entry(entry)), candidates
    )


def parse_all(found: Iterable[MigrationFile]) -> list[Migration]:
    """Parse every file.

    Raises:
        MigrationFileError: naming every file that is refused.
    """
    migrations, problems = _collect_problems(MigrationFile.read, found)
    if problems:
        raise combine_errors(problems)
    return migrations


def _collect_problems(
    function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> tuple[list[_Result], list[PromptlibError]]:
    """What a function makes of each item, and why it refuses the others."""
    results, problems = [], []
    for item in items:
        try:
            results.append(function(item))
        except PromptlibError as problem:
            problems.append(problem)
    return results, problems


def file_from_name(where: str, name: str) -> MigrationFile:
    """Know a migration by its file's name, the last part of where it is.

    Raises:
        MigrationFileError: when that is not the name of one.
    """
    version, between, title = name[:_DIGITS], name[_DIGITS : _DIGITS + 1], name[_DIGITS + 1 : -4]
    is_named = _is_number(version) and between == "_" and title and _LETTERS.issuperset(title)
    if is_named and name[-4:].lower() == ".sql" and is_version(version):
        return MigrationFile(version, title, where)
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
    return _is_number(text) and text[8:10] < "24"  # which newer Pythons take for an hour


def _is_number(text: str) -> bool:
    return len(text) == _DIGITS and text.isascii() and text.isdigit()


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
    """Where a migration's file is, or was; `*` stands for a name that nobody knows."""
    from pathlib import Path

    return Path(folder) / f"{version}_{name or '*'}.sql"


def is_candidate(name: str) -> bool:
    """Whether a file of this name is taken for one of ours."""
    return name[-4:].lower() == ".sql" and not name.startswith(".")


def _migration_of_entry(entry: os.DirEntry[str]) -> MigrationFile:
    file = file_from_name(entry.path, entry.name)
    require_file(entry, "a migration")
    return file


def require_file(entry: os.DirEntry[str], expected: str) -> None:
    """Refuse what is no file, such as a folder, a dead link or a pipe.

    Raises:
        MigrationFileError: saying that it is not what was expected.
    """
    if not _ask(entry.is_file):
        what = "a folder" if _ask(entry.is_dir) else "no file, or a link to none"
        place = display_path(entry.path)
        raise MigrationFileError(
            f"this is {what}, not {expected}", "remove or rename it", place=place
        )


def _ask(question: Callable[[], bool]) -> bool:
    """The answer about a file; no, where a link leads in a circle or to what may not be seen."""
    try:
        return question()
    except OSError:
        return False


def _require_new_version(found: dict[str, MigrationFile], file: MigrationFile) -> MigrationFile:
    earlier = found.setdefault(file.version, file)
    if earlier is not file:
        raise MigrationFileError(
            f"{display_path(earlier.path)} has the same version",
            "rename the one that ran nowhere yet to a newer version",
            place=display_path(file.path),
        )
    return file
