"""What was converted, beside what sql/ has already: what to write, what is there, what differs."""

from __future__ import annotations

import os

from promptlib.core.errors import MigrationFileError, PromptlibError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import list_migrations
from promptlib.files.file_set import FileChange
from promptlib.importing.conversion import ConvertedMigration

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.files.directory import MigrationFile
    from promptlib.importing.conversion import ConvertedFolder


class PlannedImport(NamedTuple):
    """What an import would do.

    Attributes:
        tool: whose migrations they are.
        folder: where those are.
        new: what it writes.
        there: what it wrote before, whose UP is as it would write it now.
        problems: what cannot be converted, or is not as it was.
        notes: what somebody should know.
    """

    tool: str
    folder: Path
    new: list[ConvertedMigration]
    there: list[ConvertedMigration]
    problems: list[PromptlibError]
    notes: list[str]

    @property
    def changes(self) -> list[FileChange]:
        """The files to write."""
        return [FileChange(each.file.path, each.content) for each in self.new]


def plan_import(tool: str, folder: Path, conversion: ConvertedFolder, sql: Path) -> PlannedImport:
    """Compare what was converted with the migrations that are there.

    Args:
        tool: whose migrations they were.
        folder: where those are.
        conversion: what became of them.
        sql: the folder of ours, which need not be there.

    Raises:
        MigrationFileError: for files there that are no migrations.
    """
    files = {each.version: each for each in (list_migrations(sql) if sql.is_dir() else ())}
    new, there, problems = list[ConvertedMigration](), list[ConvertedMigration](), []
    for each in conversion.migrations:
        file = files.get(each.file.version) or each.file
        if not os.path.lexists(file.where):
            new.append(each)
        elif _has_same_up(file, each):
            there.append(each)
        else:
            problems.append(_differs(each, file))
    problems = [*conversion.problems, *problems]
    return PlannedImport(tool, folder, new, there, problems, conversion.notes)


def _has_same_up(file: MigrationFile, made: ConvertedMigration) -> bool:
    """Whether a file runs what would be written; its DOWN may have been mended since."""
    if not file.version:
        return file.content() == made.content
    return file.read().up.checksum == made.file.parse(made.content).up.checksum


def _differs(made: ConvertedMigration, file: MigrationFile) -> PromptlibError:
    return MigrationFileError(
        f"it is not what {display_path(made.source.path)} says now",
        "write the difference as a migration of its own; or, if this ran nowhere yet, remove it, "
        "and import that again",
        place=display_path(file.path),
    )
