"""Which section a deploy runs for a migration: its file's, or the one that the ledger keeps."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a field of a dataclass
from typing import TYPE_CHECKING

from promptlib.core.errors import PromptlibError, display_path
from promptlib.engine.runner import Step
from promptlib.files.directory import migration_path
from promptlib.files.parser import parse_section
from promptlib.ledger.tables import DOWN, UP, LedgerSql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2.extensions import connection as Connection

    from promptlib.files.parser import Migration
    from promptlib.ledger.state import HalfDone, Ledger, LedgerRow

_log = logging.getLogger(__name__)


@dataclass
class Sections:
    """The sections of a deploy.

    Args:
        connection: to read from the ledger.
        ledger: what the database remembers, read after the lock was taken.
        migrations: the files, by version.
        folder: where they are.
    """

    connection: Connection
    ledger: Ledger
    migrations: Mapping[str, Migration]
    folder: Path

    def half_done(self, version: str = "") -> HalfDone | None:
        """The section that must be finished or undone before anything else runs."""
        return next((each for each in self.ledger.half_done if version in ("", each.version)), None)

    def undoes(self, step: Step) -> bool:
        """Whether a section undoes what the other one did in part."""
        half = self.half_done(step.version)
        if not half:
            return False
        applied = step.version in self.ledger.rows
        # A DOWN of what was never wholly applied stays one, however often it is begun.
        return half.direction != step.direction or applied != (step.direction == DOWN)

    def up(self, version: str) -> Step:
        """The UP section of a migration."""
        found = self.migrations[version]
        return Step(version, UP, found.up, found.path)

    def down(self, version: str) -> Step | None:
        """The DOWN section of a migration, from the file or the ledger; None if it never ran here.

        Raises:
            PromptlibError: when neither has it.
        """
        found, row = self.migrations.get(version), self.ledger.rows.get(version)
        half = self.half_done(version)
        if row is None and not half:
            return None
        if found and (row is None or row.checksum == found.up.checksum):
            return Step(version, DOWN, found.down, found.path)
        if row is None:
            raise PromptlibError(
                "was cut off halfway, and its file is gone",
                "restore it",
                place=display_path(migration_path(self.folder, version, "")),
            )
        return self._kept(row, found)

    def _kept(self, row: LedgerRow, found: Migration | None) -> Step:
        """The DOWN section that the ledger keeps."""
        gone = migration_path(self.folder, row.version, row.file_name)
        path = found.path if found else gone
        why = "was edited after it ran here" if found else "is gone"
        with self.connection.cursor() as cursor:
            table = LedgerSql(self.ledger.schema).migrations
            cursor.execute(f"SELECT down_sql FROM {table} WHERE id = %s", (row.version,))
            (text,) = cursor.fetchone() or (None,)
        if not text:
            raise PromptlibError(
                f"{why}, and the ledger has no DOWN section of it",
                "restore it",
                place=display_path(path),
            )
        _log.warning(
            "%s: %s: running the DOWN section that the ledger keeps", display_path(path), why
        )
        # Lines are counted from the marker on: in the ledger there is no more of the file.
        return Step(row.version, DOWN, parse_section(text), path)
