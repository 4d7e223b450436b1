"""One deploy on one connection: how a section runs, and what is remembered of it.

In which order migrations run, and what the version table says then, is Alembic's.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg2

from promptlib.core.durations import duration_seconds
from promptlib.core.errors import PromptlibError, display_path
from promptlib.engine.resumable import TOLERATED, ResumableRun, record_apart, wait_for_orphan
from promptlib.engine.retries import retry
from promptlib.engine.runner import run_section
from promptlib.engine.session_settings import changes_settings
from promptlib.engine.transactions import Chain, Nested
from promptlib.ledger.tables import DOWN, UP, LedgerSql, Ran, is_moved_elsewhere
from promptlib.plan.states import require_unchanged
from promptlib.postgres.errors import explain_server_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import connection as Connection

    from promptlib.config.settings import Settings
    from promptlib.engine.runner import Step
    from promptlib.engine.sections import Sections
    from promptlib.engine.watcher import Watcher
    from promptlib.ledger.lock import DeployLock
    from promptlib.ledger.moves import Move

_LOST = "08"  # the class of SQLSTATEs of connections, of which no server can tell
_TOO_LATE = (_LOST, "57")  # a cancel, or the end of the session: what may come behind a commit


@dataclass
class Deploy:
    """A deploy that holds the lock.

    Args:
        connection: what migrations run on.
        connect: opens another one to the same database.
        settings: how to behave.
        sections: what is to be run.
        lock: the lock, if it is held on a connection of its own.
        watcher: looks at what takes its time.
        external: whether the connection's transaction is a caller's.
    """

    connection: Connection
    connect: Callable[[], Connection]
    settings: Settings
    sections: Sections
    lock: DeployLock | None
    watcher: Watcher
    external: bool
    _began: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.tables = LedgerSql(self.sections.ledger.schema)
        usual = self.settings.of_section({})
        self._within: Chain | Nested = (
            Nested(self.connection) if self.external else Chain(self.connection, usual)
        )

    @property
    def seconds(self) -> float:
        """How long the section that ran last took."""
        return time.perf_counter() - self._began

    def run(self, step: Step, title: str, move: Move | None) -> None:
        """Run a section in a transaction, again where others stand in the way, and commit it.

        Args:
            step: what to run.
            title: what to call it.
            move: how Alembic's version changes with it, if it does.

        Raises:
            PromptlibError: nothing of it is left, and its failure is recorded.
        """
        self._begin(step, title)
        settings = self.settings.of_section(step.section.settings)
        tolerated = TOLERATED[step.direction] if self.sections.undoes(step) else ()
        began = time.perf_counter()

        def attempt() -> None:
            nonlocal began
            began = time.perf_counter()
            sets = changes_settings(step.section)
            pid = self._within.begin(None if sets else settings)
            on = self.connection, step, settings, self.watcher
            pid = run_section(*on, external=self.external, tolerated=tolerated, pid=pid)
            self._end(step, Ran(_ago(time.perf_counter() - began), 0, move), pid)

        def undo(error: BaseException) -> None:
            self._undo()
            said, started = str(error) or "interrupted", _ago(time.perf_counter() - began)
            attempted, there = (step.version, step.direction), self._was_applied(step)
            sql = self.tables.failed(attempted, started, said, there=there)
            record_apart(self.connect, sql)

        retry(attempt, self.settings.attempts, self.watcher, undo)
        self._within.release()

    def run_outside(self, step: Step, title: str, move: Move | None) -> None:
        """Run a section outside a transaction, from where an earlier run was cut off.

        Args:
            step: what to run.
            title: what to call it.
            move: how Alembic's version changes with it, if it does.

        Raises:
            PromptlibError: what took effect is recorded.
        """
        self._begin(step, title)
        half = self.sections.half_done(step.version)
        this = ResumableRun(
            *(self.connection, self.connect, step, self.settings, self.watcher, self.tables, half),
            undoes=self.sections.undoes(step),
        )
        try:
            with self._autocommit():
                attempt = this.run()
        except BaseException as error:
            if sql := this.failed(error):
                record_apart(self.connect, sql)
            raise
        try:
            self._end(step, Ran(_ago(self.seconds), attempt, move))
        except BaseException as error:
            self._undo()
            said = str(error) or "interrupted"
            record_apart(self.connect, self.tables.ended(attempt, "running", said))
            raise

    @contextlib.contextmanager
    def _autocommit(self) -> Iterator[None]:
        self._within.begin()
        self.connection.autocommit = True
        try:
            yield
        finally:
            with contextlib.suppress(psycopg2.Error):  # the connection may be lost
                self.connection.autocommit = False

    def _undo(self) -> None:
        """Take back what was not committed."""
        with contextlib.suppress(psycopg2.Error):  # the connection may be lost
            self._within.undo()

    def _was_applied(self, step: Step) -> bool:
        return step.version in self.sections.ledger.rows

    def _is_committed(self, step: Step, error: psycopg2.Error) -> bool:
        """Whether the error came up behind the commit, and the ledger says so."""
        if self.external or not (error.pgcode or _LOST).startswith(_TOO_LATE):
            return False
        sql = f"SELECT FROM {self.tables.migrations} WHERE id = %s"
        refused = contextlib.suppress(psycopg2.Error, PromptlibError)
        with refused, contextlib.closing(self.connect()) as other, other.cursor() as cursor:
            cursor.execute(sql, (step.version,))
            return bool(cursor.rowcount) != self._was_applied(step)
        return False  # as far as anybody knows

    def commit(self) -> None:
        """Commit what others wrote, and leave the connection in no transaction of ours."""
        self._within.commit()

    def _end(self, step: Step, ran: Ran, pid: int = 0) -> None:
        """Remember a section and commit it.

        Raises:
            PromptlibError: when it cannot be committed, for a rule that is checked then.
        """
        if step.direction == DOWN:
            sql = self.tables.taken_back(step.version, ran)
        elif self._was_applied(step):  # an UP that undid half of a DOWN
            sql = self.tables.done(step.version, UP, ran)
        else:
            sql = self.tables.applied(self.sections.migrations[step.version], ran)
        try:
            with self.watcher.statement(pid):
                self._within.end(sql, pid)
        except psycopg2.Error as error:
            if not self._is_committed(step, error):
                # A traceback would show the driver's error, and with it the data that it quotes.
                raise _explained(error, step, ran) from None
            self._undo()  # what has begun behind the commit

    def _begin(self, step: Step, title: str) -> None:
        if self.lock:
            self.lock.require()
        limit = step.section.lock_timeout or self.settings.lock_timeout
        self.watcher.section(title, duration_seconds(limit))
        half = self.sections.half_done(step.version)
        if half and half.direction == step.direction:
            require_unchanged(half, step.section, step.path)
        if half and half.outcome == "running":
            self._within.commit()  # to wait in no transaction
            with contextlib.closing(self.connect()) as other, other.cursor() as cursor:
                other.autocommit = True
                wait = self.settings.deploy_wait
                wait_for_orphan(cursor, half, self.tables.events, wait, step.path)
        self._began = time.perf_counter()


def _explained(error: psycopg2.Error, step: Step, ran: Ran) -> PromptlibError:
    """Why a section could not be committed."""
    place = display_path(step.path)
    if ran.move and is_moved_elsewhere(error.diag):
        return PromptlibError(
            f"alembic_version is not at {ran.move.before or 'base'} any more: something else than "
            "this deploy has changed it",
            "see where the database stands with promptlib status, then run it again",
            place=place,
        )
    return explain_server_error(error, place)


def _ago(seconds: float) -> str:
    """A time in the past, as an SQL expression."""
    return f"clock_timestamp() - interval '{1000 * seconds:.3f} ms'"
