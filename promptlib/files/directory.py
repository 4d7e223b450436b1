"""sql/ as a whole: find, order and read migrations."""

from __future__ import annotations

import io
import os
import re
from datetime import datetime
from pathlib import Path

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
    from typing import TypeVar

    from promptlib.files.parser import Migration

    _Item = TypeVar("_Item")

    _Result = TypeVar("_Result")

_NAME = re.compile(r"(?P<version>[0-9]{14})_(?P<name>[a-z0-9_]+)\.sql", re.ASCII)
_VERSION = re.compile(r"[0-9]{8}(?:[01][0-9]|2[0-3])[0-9]{4}")  # newer Pythons take 24 hours


class MigrationFile(NamedTuple):
    """A migration's file, known by its name alone: nothing has been read."""

    version: str
    name: str
    where: str

    @property
    def path(self) -> Path:
        """The file: made when it is asked for, as there are thousands."""
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
            f"cannot be read: {error.strerror}", place=display_path(Path(where))
        ) from error


def list_migrations(folder: Path) -> list[MigrationFile]:
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


def survey_folder(folder: Path) -> tuple[list[MigrationFile], list[PromptlibError]]:
    """List the migrations of a folder, oldest first, and what is wrong with its other files.

    Raises:
        ConfigurationError: when the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            candidates = sorted(
                (entry for entry in entries if _is_candidate(entry.name)), key=lambda e: e.name
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
    match = _NAME.fullmatch(name[:-4] + name[-4:].lower())
    if match and is_version(match["version"]):
        return MigrationFile(match["version"], match["name"], where)
    raise MigrationFileError(
        "not the name of a migration" if not match else "no such date and time",
        "rename it to YYYYMMDDHHMMSS_name.sql, the name in a-z, 0-9 and _",
        place=display_path(Path(where)),
    )


def is_version(text: str) -> bool:
    """Whether a text is 14 digits of a real date and time."""
    try:
        datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    except ValueError:
        return False
    return bool(_VERSION.fullmatch(text))


def resolve_version(known: Iterable[str], text: str) -> str:
    """The one of some versions that begins with a text.

    Raises:
        UnknownVersionError: when there is none, or there are several.
    """
    found = [each for each in known if text and each.startswith(text)]
    if text in found or len(found) == 1:
        return text if text in found else found[0]
    raise UnknownVersionError(
        f"{len(found) or 'no'} migrations have a version that begins with {text!r}",
        Remedy("{} shows them all", STATUS),
    )


def migration_path(folder: Path, version: str, name: str) -> Path:
    """Where a migration's file is, or was; `*` stands for a name that nobody knows."""
    return folder / f"{version}_{name or '*'}.sql"


def _is_candidate(name: str) -> bool:
    return name[-4:].lower() == ".sql" and not name.startswith(".")


def _migration_of_entry(entry: os.DirEntry[str]) -> MigrationFile:
    file = file_from_name(entry.path, entry.name)
    if _ask(entry.is_file):
        return file
    what = "a folder" if _ask(entry.is_dir) else "no file, or a link to none"
    raise MigrationFileError(
        f"this is {what}, not a migration", "remove or rename it", place=display_path(file.path)
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
