"""The migrations' files, read: those that are as they ran only when somebody wants them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import PromptlibError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow

_NONE: Mapping[str, Migration] = MappingProxyType({})


class Reading(NamedTuple):
    """What the files hold.

    Attributes:
        changed: the migrations that are not as they ran, by version.
        checksums: of the UP section of every file that can be read, by version.
        broken: why others are refused.
    """

    changed: dict[str, Migration]
    checksums: dict[str, str]
    broken: list[PromptlibError]


def read_files(
    files: Iterable[MigrationFile],
    rows: Mapping[str, LedgerRow],
    known: Mapping[str, Migration] = _NONE,
) -> Reading:
    """Read every file once, and parse those that are not as they ran.

    Args:
        files: which.
        rows: the ledger's, by version.
        known: migrations that were parsed before, by version.
    """
    found = Reading({}, {}, [])
    for file in files:
        row = rows.get(file.version)
        try:
            migration = known.get(file.version) or _read(file, row)
        except PromptlibError as error:
            found.broken.append(error)
            continue
        if migration:
            found.changed[file.version] = migration
            found.checksums[file.version] = migration.up.checksum
        elif row:
            found.checksums[file.version] = row.checksum
    return found


def _read(file: MigrationFile, row: LedgerRow | None) -> Migration | None:
    """Parse a file, unless it is as it ran."""
    return file.read_unless(row.checksum, row.down) if row and row.down else file.read()


class Migrations(Mapping[str, "Migration"]):
    """Every migration by version. Those that are as they ran are parsed when they are asked for.

    Args:
        files: all of them.
        changed: those that have been parsed.
    """

    def __init__(self, files: Iterable[MigrationFile], changed: Mapping[str, Migration]) -> None:
        self._files = {file.version: file for file in files}
        self._parsed = dict(changed)

    def __getitem__(self, version: str) -> Migration:
        if version not in self._parsed:
            self._parsed[version] = self._files[version].read()
        return self._parsed[version]

    def __contains__(self, version: object) -> bool:
        return version in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
