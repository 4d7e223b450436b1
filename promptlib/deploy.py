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

from promptlib import attempts, directory, duration, migration, outside, plan, runner
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
    _open: Step | None = field(default=None, init=False)  # ran, and is not committed yet
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

    def failed(self, said: str) -> None:
        """Record that the section that ran could not be committed with its version and row."""
        step = self._open
        if step and self._attempt:
            outside.note(self.connect, self.tables.ended(self._attempt, "running", said))
        elif step:
            sql = self.tables.failed(step.version, step.direction, _ago(self.seconds), said)
            outside.note(self.connect, sql)

    def finished(self) -> None:
        """Take note that the section was committed."""
        self._open = None

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
        if row is None and not half:
            return None
        if found and (row is None or row.checksum == found.up.checksum):
            return Step(version, DOWN, found.down, found.path)
        if row is None:
            raise PromptlibError(
                "was cut off halfway, and its file is gone",
                "restore it",
                place=shown(directory.path_of(self.folder, version, "")),
            )
        return self._kept(row, found)

    def _kept(self, row: Row, found: Migration | None) -> Step:
        """The DOWN section that the ledger keeps."""
        gone = directory.path_of(self.folder, row.version, row.file_name)
        path = found.path if found else gone
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

    def run(self, step: Step, title: str, version: str = "") -> int:
        """Run a section in the connection's transaction, again where others stand in the way.

        Args:
            step: what to run.
            title: what to call it.
            version: the SQL that writes Alembic's version, if it does; returned is what it changed.

        Raises:
            PromptlibError: nothing of it is left, and its failure is recorded.
        """
        self._begin(step, title)
        settings = self.settings.of_section(step.section)
        if self.external:
            self._execute("SAVEPOINT promptlib_section")

        tolerated = outside.TOLERATED[step.direction] if self._undoes(step) else ()
        began = time.perf_counter()

        def attempt() -> int:
            nonlocal began
            began = time.perf_counter()
            on = self.connection, step, settings, self.watcher
            runner.run(*on, external=self.external, tolerated=tolerated)
            return self._record(step, version)

        def undo(error: BaseException) -> None:
            with contextlib.suppress(psycopg2.Error):
                if self.external:
                    self._execute("ROLLBACK TO SAVEPOINT promptlib_section")
                else:
                    self.connection.rollback()
            said, started = str(error) or "interrupted", _ago(time.perf_counter() - began)
            sql = self.tables.failed(step.version, step.direction, started, said)
            outside.note(self.connect, sql)

        changed = attempts.made(attempt, self.settings.attempts, self.watcher, undo)
        if self.external:
            self._execute("RELEASE SAVEPOINT promptlib_section")
        self._open = step
        return changed

    def run_outside(self, step: Step, title: str) -> None:
        """Run a section outside a transaction, from where an earlier run was cut off.

        Args:
            step: what to run; the connection is in autocommit.
            title: what to call it.

        Raises:
            PromptlibError: what took effect is recorded.
        """
        self._begin(step, title)
        half = self.half_done(step.version)
        this = outside.OutsideRun(
            *(self.connection, self.connect, step, self.settings, self.watcher, self.tables, half),
            undoes=self._undoes(step),
        )
        try:
            self._attempt = this.run()
            self._open = step
        except BaseException as error:
            if sql := this.failed(error):
                outside.note(self.connect, sql)
            raise

    def record(self) -> None:
        """Remember a section outside a transaction when its version is written."""
        if self._attempt and self._open:
            self._record(self._open)

    def _record(self, step: Step, with_it: str = "") -> int:
        """Remember a section; the number of rows that the last statement of both changed."""
        started, version = _ago(self.seconds), step.version
        if step.direction == DOWN:
            sql = self.tables.taken_back(version, started, self._attempt)
        elif version in self.ledger.rows:  # an UP that undid half of a DOWN
            again = self.tables.ended(self._attempt, "done")
            sql = again if self._attempt else self.tables.declared(version, UP, "done")
        else:
            sql = self.tables.applied(self.migrations[version], started, self._attempt)
        return self._execute(f"{sql}\n{with_it}" if with_it else sql)

    def _begin(self, step: Step, title: str) -> None:
        if self.lock:
            self.lock.require()
        limit = step.section.lock_timeout or self.settings.lock_timeout
        self.watcher.section(title, duration.seconds(limit))
        half = self.half_done(step.version)
        if half and half.direction == step.direction:
            plan.require_unchanged(half, step.section, step.path)
        if half and half.outcome == "running":
            with contextlib.closing(self.connect()) as other, other.cursor() as cursor:
                other.autocommit = True
                wait = self.settings.deploy_wait
                outside.wait_for_orphan(cursor, half, self.tables.events, wait, step.path)
        self._attempt, self._began = 0, time.perf_counter()

    def _undoes(self, step: Step) -> bool:
        """Whether the section undoes what the other one did in part."""
        half = self.half_done(step.version)
        if not half:
            return False
        applied = step.version in self.ledger.rows
        # A DOWN of what was never wholly applied stays one, however often it is begun.
        return half.direction != step.direction or applied != (step.direction == DOWN)

    def _execute(self, sql: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.rowcount


def _ago(seconds: float) -> str:
    """A time in the past, as an SQL expression."""
    return f"clock_timestamp() - interval '{1000 * seconds:.3f} ms'"
