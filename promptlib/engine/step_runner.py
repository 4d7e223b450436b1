"""Runs the steps of a deploy, one after the other, and records each together with what it did.

In which order they run is the plan's, and that nobody else deploys is the deploy's.
"""

from __future__ import annotations

import contextlib
import os
import time

import psycopg2

from promptlib.core.durations import display_duration, duration_seconds
from promptlib.core.errors import ConfigurationError, PromptlibError, display_path
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.batches import split_ahead
from promptlib.engine.results import RanSection
from promptlib.engine.retries import retry
from promptlib.engine.runner import (
    DividedBatchError,
    run_ahead,
    run_excusing,
    run_one_by_one,
    run_section,
    run_together,
)
from promptlib.engine.session_settings import changes_settings
from promptlib.engine.transactions import transaction_kept
from promptlib.ledger.deploys import finish
from promptlib.ledger.repeatable import outdated_repeatable, ran_repeatable, repeatable_name
from promptlib.ledger.tables import DOWN, EQUALS, UP, Ran
from promptlib.plan.refusals import require_unchanged
from promptlib.postgres.driver import driver_errors_explained
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promptlib.engine.context import DeployContext
    from promptlib.engine.runner import Sending, Step
    from promptlib.engine.sections import Sections
    from promptlib.engine.transactions import Chain, Nested
    from promptlib.ledger.lock import DeployLock, SessionLock
    from promptlib.ledger.state import HalfDone
    from promptlib.ledger.tables import Move
    from promptlib.plan.steps import PlannedStep

    Recorded = Callable[[PlannedStep], None]


class StepRunner:
    """Runs steps on the connection of a deploy that holds the lock.

    Args:
        context: of the deploy.
        sections: what the steps run.
        within: the transactions that they run in.
        lock: the lock, if it is held on a connection of its own.
        recorded: called for each step that moves alembic_version, in its transaction, when all but
            the commit is done.

    Attributes:
        finished: how many steps ran.
        kept: how many statements of the next one stay all the same; None: nobody knows.
    """

    finished = 0
    kept: int | None = 0

    def __init__(
        self,
        context: DeployContext,
        sections: Sections,
        within: Chain | Nested,
        lock: DeployLock | SessionLock | None,
        recorded: Recorded | None = None,
    ) -> None:
        self._context, self._sections, self._within = context, sections, within
        self._lock, self._recorded = lock, recorded
        self._next: PlannedStep | None = None  # behind the last one the deploy is done

    def run_all(self, steps: Sequence[PlannedStep]) -> list[RanSection]:
        """Run steps, one after the other; the last one ends the deploy.

        Raises:
            PromptlibError: as `run` does.
        """
        width, ran = len(str(len(steps))), []
        try:
            for number, step in enumerate(steps, 1):
                self._next = steps[number] if number < len(steps) else None
                self.kept = 0
                seconds = self.run(step, f"{number:>{width}}/{len(steps)}")
                self.finished = number
                if seconds is not None:
                    ran.append(RanSection(step.version, step.direction, seconds))
            self._within.finish()
        finally:
            self._within.stop()
        return ran

    def run(self, planned: PlannedStep, position: str) -> float | None:
        """Run a step, commit it, and tell so.

        Args:
            planned: what to run.
            position: its number among the others, as it is shown.

        Returns:
            how many seconds it took; None, if there was nothing to do but to move on.

        Raises:
            PromptlibError: what it was that kept it from running. Nothing is left of a section in a
                transaction; of the others what took effect is recorded.
        """
        version, direction = planned.version, planned.direction
        if planned.passes_over:
            self._pass_over(planned)
            said = f"{position}  {version} never ran here: passed over"
            self._context.progress(Event(Kind.PASSED_OVER, said, version, direction))
            return None
        step = self._sections.find(version, direction)
        title = f"{position}  {_titled(step)}"
        self._context.progress(Event(Kind.BEGIN, title, version, direction))
        with driver_errors_explained(display_path(step.path)):
            began = self._begin(step, title)
            run = self._run if step.section.transactional else self._run_outside
            run(step, planned, began)
        seconds = time.perf_counter() - began
        said = f"{title}  {display_duration(seconds)}"
        self._context.progress(Event(Kind.STEP, said, version, direction, seconds))
        return seconds

    def _pass_over(self, planned: PlannedStep) -> None:
        """Move alembic_version alone."""
        assert planned.move
        self._within.begin()
        try:
            self._move(planned.move)
            if not self._next:
                self._execute(self._finished)
            self._call(planned)
        except BaseException:
            self._undo()
            raise
        self._within.commit()
        self._within.release()

    def _move(self, move: Move) -> None:
        if self._execute(move.sql(self._context.sql.version)) != 1:
            from promptlib.engine.records import moved_elsewhere

            raise moved_elsewhere(move, "")

    @property
    def _finished(self) -> str:
        """The SQL that records that the deploy is done."""
        return finish(self._context.sql, self._context.sql.deploy, "done")

    def _execute(self, sql: str) -> int:
        with self._context.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.rowcount

    def _call(self, planned: PlannedStep) -> None:
        if self._recorded and planned.move:
            recorded = self._recorded
            with transaction_kept(self._context.connection):
                recorded(planned)

    def _begin(self, step: Step, title: str) -> float:
        """Make sure that the step may run now; when it began."""
        if self._lock:
            self._lock.require()
        limit = step.section.lock_timeout or self._context.settings.lock_timeout
        self._context.watcher.section(title, duration_seconds(limit))
        half = self._sections.half_done(step.version)
        if half and half.direction == step.direction:
            answers = self._context.settings.answers
            said = any(answers(each, step.version) for each in ("rerun", "skip"))
            require_unchanged(half, step.section, step.path, is_answered=said)
        elif half:
            self._require_undoable(step, half)
        return self._started()

    def _started(self) -> float:
        """When what runs next began: now, unless its statements are on their way already."""
        ahead = self._within.ahead
        return ahead.began if ahead else time.perf_counter()

    def _require_undoable(self, step: Step, half: HalfDone) -> None:
        """Refuse to take back what never happened, unless somebody has said that it is right."""
        undoing = self._sections.undoing(step)
        doubtful = undoing.doubtful() if undoing else None
        if doubtful is not None and self._context.settings.allow_data_loss != "on":
            from promptlib.engine.records import refuse_to_undo

            raise refuse_to_undo(half, step, doubtful)

    def _run(self, step: Step, planned: PlannedStep, _began: float) -> None:
        """Run a section in a transaction, again where others stand in the way, and commit it."""
        context = self._context
        settings = context.settings.of_section(step.section.settings)
        undoing = self._sections.undoing(step)
        usual = run_excusing(undoing.excuses) if undoing else run_together
        known = settings if self._within.ahead or not changes_settings(step.section) else None
        following = self._following()  # while the server may be at work
        began = time.perf_counter()

        def section(run: Sending) -> int:
            return run_section(context, step, settings, run, pid=self._within.begin(known))

        def attempt() -> None:
            nonlocal began
            ahead = self._within.ahead
            began = self._started()
            try:
                pid = section(run_ahead(ahead) if ahead else usual)
            except DividedBatchError:
                self._within.undo()
                pid = section(run_one_by_one)
            self._end(step, planned, _ran(began, 0, planned.move), pid, following)

        def undo(error: BaseException) -> None:
            self._undo()
            self._tell_cancellation(error, step)
            said, there = str(error) or "interrupted", self._sections.is_applied(step.version)
            attempted = (step.version, step.direction)
            context.record_apart(context.sql.failed(attempted, _ago(began), said, there=there))

        retry(attempt, context.settings.attempts, context.watcher, context.progress, undo)
        self._within.release()

    def _run_outside(self, step: Step, planned: PlannedStep, began: float) -> None:
        """Run a section outside a transaction, from where an earlier run was cut off."""
        _require_no_caller_s_transaction(self._context, step)
        assert self._lock  # on a connection of its own, for nobody's transaction is open
        from promptlib.engine.resumable import ResumableRun

        half, undoing = self._sections.half_done(step.version), self._sections.undoing(step)
        this = ResumableRun(self._context, step, half, undoing, self._lock)
        try:
            with self._autocommit():
                attempt = this.run()
        except BaseException as error:
            self.kept = this.kept if isinstance(error, PromptlibError) else None
            self._tell_cancellation(error, step)
            if sql := this.failed(error):
                self._context.record_apart(sql)
            raise
        try:
            self._within.begin()
            self._end(step, planned, _ran(began, attempt, planned.move))
        except BaseException as error:
            self.kept = this.kept if isinstance(error, PromptlibError) else None
            self._undo()
            said = str(error) or "interrupted"
            self._context.record_apart(self._context.sql.ended(attempt, "running", said))
            raise

    @contextlib.contextmanager
    def _autocommit(self) -> Iterator[None]:
        self._within.commit()
        self._context.connection.autocommit = True
        try:
            yield
        finally:
            with contextlib.suppress(psycopg2.Error):  # the connection may be lost
                self._context.connection.autocommit = False

    def _undo(self) -> None:
        """Take back what was not committed."""
        with contextlib.suppress(psycopg2.Error):  # the connection may be lost
            self._within.undo()

    def _tell_cancellation(self, error: BaseException, step: Step) -> None:
        if not self._context.connections.external:  # whose transaction is a caller's
            from promptlib.engine.cancellation import tell_cancellation

            connection = self._context.connection
            tell_cancellation(connection, error, is_down=step.direction == DOWN)

    def _end(
        self,
        step: Step,
        planned: PlannedStep,
        ran: Ran,
        pid: int = 0,
        following: Sequence[bytes] = (),
    ) -> None:
        """Remember a section and commit it.

        Raises:
            PromptlibError: when it cannot be committed, for a rule that is checked then.
        """
        sql = self._record_of(step, ran)
        self.kept = None  # until the server has answered
        try:
            with self._context.watcher.statement(pid):
                if self._recorded and planned.move:
                    # Whoever is called may write into the transaction: it does not end before.
                    self._execute("\n".join(sql))
                    self._call(planned)
                    sql = []
                sql += self._context.guard.sql(ran.attempt)
                self._within.end(sql, pid, following if self._is_locked() else ())
        except psycopg2.Error as error:
            if not self._is_committed(step):
                from promptlib.engine.records import explain_uncommitted

                self.kept = 0
                # A traceback would show the driver's error, and with it the data that it quotes.
                raise explain_uncommitted(self._context, error, step, ran.move) from None
            self._undo()  # what has begun behind the commit

    def _is_locked(self) -> bool:
        """Whether the lock is held, as far as is known; the next step says so, where it is not."""
        with contextlib.suppress(PromptlibError):
            if self._lock:
                self._lock.require()
            return True
        return False

    def _following(self) -> list[bytes]:
        """The statements of the next step, if they may begin once this one is committed."""
        following = None if self._recorded else self._next
        if not following or following.passes_over or self._sections.half_done(following.version):
            return []
        with contextlib.suppress(PromptlibError):  # which comes up again when it begins
            return split_ahead(self._sections.find(following.version, following.direction).section)
        return []

    def _record_of(self, step: Step, ran: Ran) -> list[str]:
        """The statements that remember a section, and the deploy's end with its last one."""
        sql = self._context.sql
        outdated = outdated_repeatable(sql, self._sections.outdated_by(step))
        end = "" if self._next else self._finished
        return [*filter(None, (outdated, *self._row_record(step, ran), end))]

    def _row_record(self, step: Step, ran: Ran) -> list[str]:
        sql = self._context.sql
        if found := self._sections.repeatable(step.version):
            return [ran_repeatable(sql, step.version, found.checksum, ran)]
        if step.direction == DOWN:
            return sql.taken_back(step.version, ran, self._sections.replaced(step.version))
        if self._sections.is_applied(step.version):  # an UP that undid half of a DOWN
            return sql.done(step.version, UP, ran)
        return sql.applied(self._sections.migration(step.version), ran)

    def _is_committed(self, step: Step) -> bool:
        """Whether the error came up behind the commit: the ledger says so, and of this deploy."""
        if self._context.connections.external:
            return False
        tables = self._context.sql
        sql = (
            f"SELECT FROM {tables.events} WHERE version {EQUALS} {quote_literal(step.version)}"
            f" AND direction {EQUALS} '{step.direction}' AND deploy_id {EQUALS} {tables.deploy}"
            f" AND outcome {EQUALS} 'done'"
        )
        refused = contextlib.suppress(psycopg2.Error, PromptlibError)
        with (
            refused,
            contextlib.closing(self._context.connect()) as other,
            other.cursor() as cursor,
        ):
            cursor.execute(sql)
            return bool(cursor.rowcount)
        return False  # as far as anybody knows


def _require_no_caller_s_transaction(context: DeployContext, step: Step) -> None:
    """Refuse a section outside a transaction where a caller's is open."""
    if context.connections.external:
        raise ConfigurationError(
            "transaction:false needs a connection without an open transaction",
            "pass an engine, or a connection that has begun nothing",
            place=display_path(step.path),
        )


def _titled(step: Step) -> str:
    if name := repeatable_name(step.version):
        return f"repeatable  {name}"
    word = "upgrade  " if step.direction == UP else "downgrade"
    stem, _ = os.path.splitext(os.path.basename(step.path))
    return f"{word} {step.version}  {stem.partition('_')[2].replace('_', ' ')}"


def _ran(began: float, attempt: int, move: Move | None) -> Ran:
    """How a section ran that has come to its end now."""
    return Ran(_ago(began), attempt, move, f"{1000 * (time.perf_counter() - began):.0f}")


def _ago(began: float) -> str:
    """When something began that a performance counter has seen, as an SQL expression."""
    milliseconds = 1000 * (time.perf_counter() - began)
    ago = f"OPERATOR(pg_catalog.-) interval '{milliseconds:.3f} ms'"
    return f"pg_catalog.clock_timestamp() {ago}"
