"""One deploy on one connection: what to run for a migration, how, and what to remember of it.

In which order migrations run, and what the version table says, is Alembic's.
"""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - a field of a dataclass
from typing import TYPE_CHECKING

import psycopg2

from promptlib import attempts, migration, outside, runner
from promptlib.errors import PromptlibError, shown
from promptlib.records import DOWN, UP, Tables
from promptlib.runner import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg2.extensions import connection as Connection

    from promptlib.ledger import HalfDone, Ledger, Row
    from promptlib.lock import Lock
    from promptlib.migration import Migration
    from promptlib.settings import Settings
    from promptlib.watcher import Watcher

_log = logging.getLogger(__name__)


@dataclass
class Deploy:
    """A deploy that holds the lock.

    Args:
        connection: what migrations run on.
        connect: opens another one to the same database.
        settings: how to behave.
        ledger: what the database remembers, read after the lock was taken.
        migrations: the files, by version.
        folder: where they are.
        lock: the lock, if it is held on a connection of its own.
        watcher: looks at what takes its time.
        external: whether the connection's transaction is a caller's.
    """

    connection: Connection
    connect: Callable[[], Connection]
    settings: Settings
    ledger: Ledger
    migrations: Mapping[str, Migration]
    folder: Path
    lock: Lock | None
    watcher: Watcher
    external: bool
    _attempt: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)

    @property
    def tables(self) -> Tables:
        """The ledger's tables."""
        return Tables(self.ledger.schema)

    @property
    def seconds(self) -> float:
        """How long the section that runs has taken."""
        return time.perf_counter() - self._began

    def half_done(self, version: str = "") -> HalfDone | None:
        """The section that must be finished or undone before anything else runs."""
        return next((each for each in self.ledger.half_done if version in ("", each.version)), None)

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
        if row is None and not (half and half.is_open):
            return None
        if found and (row is None or row.checksum == found.up.checksum):
            return Step(version, DOWN, found.down, found.path)
        if row is None:
            raise PromptlibError(
                "was cut off halfway, and its file is gone",
                "restore it",
                place=f"{shown(self.folder)}/{version}_*.sql",
            )
        return self._kept(row, found)

    def _kept(self, row: Row, found: Migration | None) -> Step:
        """The DOWN section that the ledger keeps."""
        name = row.name.replace(" ", "_")
        path = found.path if found else self.folder / f"{row.version}_{name}.sql"
        why = "was edited after it ran here" if found else "is gone"
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT down_sql FROM {self.tables.migrations} WHERE id = %s", (row.version,)
            )
            (text,) = cursor.fetchone() or (None,)
        if not text:
            raise PromptlibError(
                f"{why}, and the ledger has no DOWN section of it", "restore it", place=shown(path)
            )
        _log.warning("%s: %s: running the DOWN section that the ledger keeps", shown(path), why)
        # Lines are counted from the marker on: in the ledger there is no more of the file.
        return Step(row.version, DOWN, migration.parse_section(text), path)

    def run(self, step: Step, title: str) -> None:
        """Run a section in the connection's transaction, again where others stand in the way.

        Raises:
            PromptlibError: nothing of it is left, and its failure is recorded.
        """
        self._begin(title)
        settings = {**self.settings.of_server, **step.section.settings}
        if self.external:
            self._execute("SAVEPOINT promptlib_section")

        def attempt() -> None:
            runner.run(
                self.connection,
                step,
                settings,
                self.watcher,
                external=self.external,
                tolerated=outside.TOLERATED[step.direction] if self._undoes(step) else (),
            )

        def undo(error: BaseException) -> None:
            with contextlib.suppress(psycopg2.Error):
                if self.external:
                    self._execute("ROLLBACK TO SAVEPOINT promptlib_section")
                else:
                    self.connection.rollback()
            said = str(error) or "interrupted"
            outside.note(self.connect, self.tables.failed(step.version, step.direction, said))

        attempts.made(attempt, self.settings.attempts, self.watcher, undo)

    def run_outside(self, step: Step, title: str) -> None:
        """Run a section outside a transaction, from where an earlier run was cut off.

        Args:
            step: what to run; the connection is in autocommit.
            title: what to call it.

        Raises:
            PromptlibError: what took effect is recorded.
        """
        self._begin(title)
        half = self.half_done(step.version)
        this = outside.OutsideRun(
            *(self.connection, self.connect, step, self.settings, self.watcher, self.tables, half),
            undoes=self._undoes(step),
        )
        try:
            self._attempt = this.run()
        except BaseException as error:
            if sql := this.failed(error):
                outside.note(self.connect, sql)
            raise

    def record(self, step: Step) -> None:
        """Remember that a section ran, in the transaction that changes the version."""
        started = f"clock_timestamp() - interval '{1000 * self.seconds:.3f} ms'"
        version = step.version
        if step.direction == DOWN:
            sql = self.tables.taken_back(version, started, self._attempt)
        elif version in self.ledger.rows:  # an UP that undid half of a DOWN
            again = self.tables.ended(self._attempt, "done")
            sql = again if self._attempt else self.tables.declared(version, UP, "done")
        else:
            sql = self.tables.applied(self.migrations[version], started, self._attempt)
        self._execute(sql)

    def _begin(self, title: str) -> None:
        if self.lock:
            self.lock.require()
        self.watcher.title = title
        self._attempt, self._began = 0, time.perf_counter()

    def _undoes(self, step: Step) -> bool:
        """Whether the section undoes what the other one did in part."""
        half = self.half_done(step.version)
        if not half or not half.is_open:
            return False
        applied = step.version in self.ledger.rows
        # A DOWN of what was never wholly applied stays one, however often it is begun.
        return half.direction != step.direction or applied != (step.direction == DOWN)

    def _execute(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
