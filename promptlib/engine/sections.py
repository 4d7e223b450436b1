"""Which section a deploy runs for a step: its file's, or the one that the ledger keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.core.errors import (
    LedgerError,
    LexicalError,
    MissingMigrationError,
    display_path,
)
from promptlib.core.events import Event, Kind
from promptlib.engine.runner import Step
from promptlib.engine.undoing import Undoing
from promptlib.files.directory import migration_path
from promptlib.files.parser import parse_section
from promptlib.ledger.tables import DOWN, UP

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.engine.context import DeployContext
    from promptlib.files.parser import Migration
    from promptlib.files.section import Section
    from promptlib.ledger.state import HalfDone, LedgerRow
    from promptlib.plan.status import Status


class Sections:
    """The sections of a deploy.

    Args:
        context: of the deploy.
        status: the database and the files, compared after the lock was taken.
    """

    def __init__(self, context: DeployContext, status: Status) -> None:
        self._context, self._files, self._ledger = context, status.files, status.ledger

    def half_done(self, version: str) -> HalfDone | None:
        """What was cut off of a migration, and must be finished or undone."""
        return next((each for each in self._ledger.half_done if each.version == version), None)

    def is_applied(self, version: str) -> bool:
        """Whether the ledger had a row of a migration when the deploy began."""
        return version in self._ledger.rows

    def undoing(self, step: Step) -> Undoing | None:
        """What a section undoes, where the other one was cut off."""
        half = self.half_done(step.version)
        if not half:
            return None
        # A DOWN of what was never wholly applied stays one, however often it is begun.
        applied = self.is_applied(step.version)
        if half.direction == step.direction and applied == (step.direction == DOWN):
            return None
        found = self._files.get(step.version)
        other = found and (found.up if step.direction == DOWN else found.down)
        known = half.direction != step.direction and other and half.done <= len(other.statements)
        return Undoing(step.section, other, half.done if known else 0)

    def migration(self, version: str) -> Migration:
        """A migration that has a file."""
        return self._files[version]

    def find(self, version: str, direction: str) -> Step:
        """The section of a migration.

        Raises:
            MissingMigrationError: when neither a file nor the ledger has it.
        """
        found = self._files.get(version)
        if direction == UP:
            if found is None:
                raise self._gone(version, "", "was cut off halfway, and its file is gone")
            return Step(version, UP, found.up, found.path)
        row = self._ledger.rows.get(version)
        if found and (row is None or row.checksum == found.up.checksum):
            return Step(version, DOWN, found.down, found.path)
        if row is None:
            raise self._gone(version, "", "was cut off halfway, and its file is gone")
        return self._kept(row, found)

    def _path(self, version: str, name: str) -> Path:
        return migration_path(self._files.folder, version, name)

    def _gone(self, version: str, name: str, what: str) -> MissingMigrationError:
        return MissingMigrationError(
            what, "restore it", place=display_path(self._path(version, name))
        )

    def _kept(self, row: LedgerRow, found: Migration | None) -> Step:
        """The DOWN section that the ledger keeps."""
        path = found.path if found else self._path(row.version, row.file_name)
        why = "was edited after it ran here" if found else "is gone"
        with self._context.connection.cursor() as cursor:
            table = self._context.sql.migrations
            cursor.execute(f"SELECT down_sql FROM {table} WHERE id = %s", (row.version,))
            (text,) = cursor.fetchone() or (None,)
        if not text:
            what = f"{why}, and the ledger has no DOWN section of it"
            raise MissingMigrationError(what, "restore it", place=display_path(path))
        said = f"{display_path(path)}: {why}: running the DOWN section that the ledger keeps"
        self._context.progress(Event(Kind.WARNING, said, row.version, DOWN))
        # Lines are counted from the marker on: in the ledger there is no more of the file.
        return Step(row.version, DOWN, self._parsed(text, path), path)

    def _parsed(self, text: str, path: Path) -> Section:
        try:
            return parse_section(text)
        except LexicalError as error:
            raise LedgerError(
                f"the DOWN section that the ledger keeps is not one of promptlib's: {error.what}",
                f"restore the file, or write its DOWN section into {self._context.sql.migrations}",
                place=display_path(path),
            ) from None
