"""The migrations' files of one run: listed once, each read once, parsed when somebody needs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

from promptlib.core.errors import (
    ChangedMeanwhileError,
    MigrationFileError,
    PromptlibError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING
from promptlib.files.checksum import is_as_it_ran
from promptlib.files.directory import IMPORTED, REPLACES, list_migrations, migration_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.files.reading_ahead import ReadAhead
    from promptlib.files.repeatable import RepeatableFile
    from promptlib.files.replaced import ReplacedMigrations
    from promptlib.ledger.state import LedgerRow

_ROOM = 8 << 20  # bytes of files that are as they ran
_LENGTH = len(IMPORTED)
_MANY = 2000  # files: for fewer a child takes as much as it saves, or more where all are to run


class MigrationFiles(Mapping[str, "Migration"]):
    """Every migration by version. Those that are as they ran are parsed when they are asked for.

    Args:
        folder: where they are.
        hurried: whether a child process may read them, if there are many, while this one does
            something else: a command's may.

    Attributes:
        where: the folder, as it was given.
        checksums: of the UP section of every file that was read and can be, by version.
        imported: the versions of those that were imported from another tool.
        replaced: what squashed migrations replace, by their versions.
        broken: why others are refused.
    """

    def __init__(self, folder: Path | str, *, hurried: bool = False) -> None:
        self.where = folder
        self._is_hurried = hurried
        self.checksums: dict[str, str] = {}
        self.replaced: dict[str, ReplacedMigrations] = {}
        self.imported: set[str] = set()
        self.broken: list[PromptlibError] = []
        self._parsed: dict[str, Migration] = {}
        self._kept: dict[str, bytes] = {}
        self._room = _ROOM
        self._is_read = False
        self._ahead: ReadAhead | None = None

    @property
    def folder(self) -> Path:
        """Where they are."""
        from pathlib import Path  # noqa: PLC0415 - who only looks does without

        return Path(self.where)

    @cached_property
    def files(self) -> list[MigrationFile]:
        """The files by name, oldest first; none has been read.

        Raises:
            MigrationFileError: for names that are not those of migrations.
        """
        return list_migrations(self.where, self._read_ahead if self._is_hurried else None)

    def _read_ahead(self, candidates: Sequence[os.DirEntry[str]]) -> None:
        if len(candidates) < _MANY:
            return
        from promptlib.files.reading_ahead import read_ahead  # noqa: PLC0415 - most have few

        with suppress(OSError):  # of a link that leads in a circle: the names are looked at next
            self._ahead = read_ahead([each.path for each in candidates if each.is_file()])

    @cached_property
    def repeatable(self) -> list[RepeatableFile]:
        """The repeatable files, in their order; what is wrong with others is in `broken`."""
        if not os.path.isdir(f"{self.where}/repeatable"):  # noqa: PTH112 - most have none
            return []
        from promptlib.files.repeatable import list_repeatable  # noqa: PLC0415 - likewise

        found, problems = list_repeatable(self.folder)
        self.broken += problems
        return found

    @cached_property
    def _by_version(self) -> dict[str, MigrationFile]:
        return {file.version: file for file in self.files}

    @property
    def newest(self) -> str:
        """The version of the newest file, or nothing."""
        return self.files[-1].version if self.files else ""

    def read(self, rows: Mapping[str, LedgerRow]) -> None:
        """Read every file, once, and parse those that are not as they ran.

        Args:
            rows: the ledger's, by version.
        """
        if self._is_read:
            return
        self._is_read = True
        files = self.files
        ahead = self._ahead.checksums() if self._ahead else {}
        for file in files:
            row = rows.get(file.version)
            if row and ahead and ahead.get(file.where) == f"{row.checksum}:{row.down}":
                self.checksums[file.version] = row.checksum
                continue
            try:
                self._take(file, row)
            except PromptlibError as error:
                self.broken.append(error)
        self.broken += self._left_behind()

    def _left_behind(self) -> Iterator[PromptlibError]:
        """Files that a squashed migration replaces, and that are still there, or there again."""
        for version, replaced in self.replaced.items():
            for each in sorted(replaced.versions & self._by_version.keys() - {version}):
                yield MigrationFileError(
                    f"is still there, and {display_path(self._by_version[version].path)} replaces "
                    "it",
                    f"remove it, as this does: promptlib squash --to {version}",
                    place=display_path(self._by_version[each].path),
                )

    def _take(self, file: MigrationFile, row: LedgerRow | None) -> None:
        content = file.content()
        if content[:_LENGTH] == IMPORTED:  # a call for each of thousands would cost
            self.imported.add(file.version)
        if REPLACES in content:
            self._take_replaced(file.version, content)
        if row and row.down and is_as_it_ran(content, row.checksum, row.down):
            self.checksums[file.version] = row.checksum
            self._keep(file.version, content)
        else:
            self._parsed[file.version] = file.parse(content)
            self.checksums[file.version] = self._parsed[file.version].up.checksum

    def _take_replaced(self, version: str, content: bytes) -> None:
        """Take note of what a squashed file stands for."""
        from promptlib.files.replaced import read_replaced  # noqa: PLC0415 - few are squashed

        if (replaced := read_replaced(content)).versions:
            self.replaced[version] = replaced

    def _keep(self, version: str, content: bytes) -> None:
        """Keep what has been read, as long as it is little: to take it back, it is parsed."""
        self._kept[version] = content
        self._room -= len(content)
        while self._room < 0:
            oldest = next(iter(self._kept))
            self._room += len(self._kept.pop(oldest))

    def path(self, version: str, name: str) -> Path:
        """Where a file is; of one that is gone, where it was: `**` is one of several folders.

        Args:
            version: of the migration.
            name: what it was called; empty: nobody knows.
        """
        if there := self._by_version.get(version):
            return there.path
        folders = {each.path.parent for each in self.files} or {self.folder}
        where = folders.pop() if len(folders) == 1 else self.folder / "**"
        return migration_path(where, version, name)

    def require_readable(self) -> None:
        """Refuse what is broken anywhere, before a deploy begins.

        Raises:
            MigrationFileError: naming every file that is.
        """
        if self.broken:
            raise combine_errors(self.broken)

    def add(self, file: MigrationFile) -> None:
        """Take a file for the newest that has just been written."""
        self.files.append(file)
        self._by_version[file.version] = file

    def parse(self, versions: Iterable[str]) -> list[Migration]:
        """These migrations, in this order."""
        return [self[version] for version in versions]

    def __getitem__(self, version: str) -> Migration:
        if version not in self._parsed:
            file, kept = self._by_version[version], self._kept.get(version)
            found = file.parse(file.content() if kept is None else kept)
            if found.up.checksum != self.checksums.get(version, found.up.checksum):
                raise ChangedMeanwhileError(
                    "was edited since it was read, so it did not run",
                    "run it again",
                    place=display_path(found.path),
                )
            self._parsed[version] = found
        return self._parsed[version]

    def __contains__(self, version: object) -> bool:
        return version in self._by_version

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_version)

    def __len__(self) -> int:
        return len(self.files)
