"""Sections outside a transaction: one that was cut off goes on behind what took effect.

Each statement is tried in a transaction first, and commits together with the record that it ran.
One that no transaction takes runs alone: what it left is looked up in the catalog, or asked for.
"""

from __future__ import annotations

import contextlib

import psycopg2
from psycopg2 import errorcodes

from promptlib.core.errors import StatementError, display_path
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.aftermath import Outcome
from promptlib.engine.alone import LoneStatement, wait_while_running
from promptlib.engine.forgetting import session_of
from promptlib.engine.records import ask_what_ran, explain_unrecorded, refuse_answer
from promptlib.engine.retries import retry
from promptlib.engine.runner import (
    execute_statement,
    notices_told,
    require_nothing_left,
    require_nothing_set,
    sets_session,
    sqlstate_of,
    tell_excused,
)
from promptlib.engine.session_settings import set_statements, settings_kept
from promptlib.engine.transactions import StatementTransactions
from promptlib.ledger.tables import Begun
from promptlib.plan.refusals import is_as_it_was_cut_off
from promptlib.postgres.errors import REFUSES_TRANSACTION
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.context import DeployContext
    from promptlib.engine.forgetting import OwnSession
    from promptlib.engine.runner import Step
    from promptlib.engine.undoing import Undoing
    from promptlib.ledger.lock import DeployLock, SessionLock
    from promptlib.ledger.state import HalfDone

# SQLSTATEs that leave open how the statement ended.
_LOST = (errorcodes.CLASS_CONNECTION_EXCEPTION, "57P")
_WHERE = """
    SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('session_authorization'),
           pg_catalog.current_setting('role')"""
_OURSELVES = """SELECT pg_catalog.set_config('session_authorization', {}, true),
    pg_catalog.set_config('role', {}, true), pg_catalog.set_config('statement_timeout', '0', true);
"""


class ResumableRun:
    """One run of a section outside a transaction.

    Args:
        context: of the deploy, whose connection is in autocommit.
        step: what to run.
        half: what an earlier run of it left, or None.
        undoing: what it undoes, if the other section was cut off.
        lock: that the deploy holds.

    Attributes:
        done: how many statements took effect, as far as that was recorded.
    """

    def __init__(
        self,
        context: DeployContext,
        step: Step,
        half: HalfDone | None,
        undoing: Undoing | None,
        lock: DeployLock | SessionLock,
    ) -> None:
        self._context, self._step = context, step
        self._half = half if half and half.direction == step.direction else None
        is_whole = half is None or half.done >= len(step.section.statements)
        # Of whose next statement nobody knows whether it took effect.
        self._unknown = self._half if half and half.is_unknown and not is_whole else None
        self._undoing, self._lock = undoing, lock
        self._event, self._local = 0, ""
        self.done = self._half.done if self._half else 0
        self._checksum = ""  # of the statements that took effect
        self._is_known = True  # whether the next statement is known not to have taken effect

    def run(self) -> int:
        """Run what is left of the section; the id of its event.

        Raises:
            PromptlibError: for the first statement that fails.
        """
        context = self._context
        with (
            context.connection.cursor() as cursor,
            notices_told(context.connection, context.progress),
            self._session(cursor) as (pid, session),
        ):
            self._transactions = StatementTransactions(
                cursor, self._ourselves, self._local, session
            )
            try:
                self._statements(cursor, pid)
            finally:
                self._transactions.undo()
        return self._event

    def _tell(self, message: str, kind: Kind = Kind.INFO) -> None:
        self._context.progress(Event(kind, message, self._step.version, self._step.direction))

    @contextlib.contextmanager
    def _session(self, cursor: Cursor) -> Iterator[tuple[int, OwnSession | None]]:
        """What the section runs with; behind a pooler, settings would go to other clients.

        Yields:
            the number of the server process, and what takes out of a pooler's session what the
            section leaves there.
        """
        cursor.execute(_WHERE)
        pid, *who = cursor.fetchone() or (0,)
        self._ourselves = _OURSELVES.format(*map(quote_literal, who))
        context, section = self._context, self._step.section
        settings = context.settings.of_section(section.settings)
        if pid == context.connection.info.backend_pid:
            with settings_kept(cursor, section, settings, local=False):
                yield pid, None
            return
        require_nothing_set(self._step)
        self._local = "".join(set_statements(settings, local=True))
        self._tell("behind a pooler what no transaction takes runs without lock_timeout")
        yield pid, session_of(context.connections, is_pooled=True)

    def _statements(self, cursor: Cursor, pid: int) -> None:
        """Run one statement after the other, each with its record."""
        first = self._half.done if self._half else 0
        self._begin(cursor, first, pid)
        for index in range(first):  # what they set went with their session
            if first < len(self._step.section.statements):
                require_nothing_left(self._step, index)
            if sets_session(self._step.section, index):
                execute_statement(cursor, self._step, index, self._context.watcher, pid)
        if self._unknown and self._took_effect(cursor, self._unknown, pid):
            self._transactions.begin()
            self._record(first)
            self._checksum = self._checksum_with(first)
            first += 1
        self._is_known = True
        if first:
            self._tell(
                f"{display_path(self._step.path)}: goes on behind statement {first} of "
                f"{len(self._step.section.statements)}, the last that took effect",
                Kind.RESUMED,
            )
        for index in range(first, len(self._step.section.statements)):
            lone = LoneStatement(self._context, self._step, index, cursor, pid)
            if lone.is_concurrent or not self._in_transaction(cursor, index, pid):
                self._alone(cursor, index, lone)
            self._checksum = self._checksum_with(index)

    def _begin(self, cursor: Cursor, first: int, pid: int) -> None:
        """Record that the section begins; what an earlier run left unknown stays so."""
        unknown, (version, direction, section, _) = self._unknown, self._step
        self._is_known = not unknown
        self._checksum = section.checksum_of(first)
        begun = Begun(version, direction, first, self._checksum, pid, None, None, None)
        if unknown:
            text = self._checksum_with(first)
            begun = begun._replace(alone=first, found=unknown.found, alone_checksum=text)
        try:
            cursor.execute(self._context.sql.began(begun))
        except psycopg2.Error as error:
            raise explain_unrecorded(self._context, error, self._step, None) from None
        (self._event,) = cursor.fetchone() or (0,)

    def _took_effect(self, cursor: Cursor, half: HalfDone, pid: int) -> bool:
        """Whether the statement did at which an earlier run was cut off.

        Raises:
            HalfDoneMigrationError: when no catalog tells, and nobody has said so.
        """
        wait_while_running(self._context, self._step, half.done)
        lone = LoneStatement(self._context, self._step, half.done, cursor, pid)
        answer, outcome = self._answer, lone.outcome(half.found)
        if answer:
            if outcome is not Outcome.UNKNOWN and is_as_it_was_cut_off(half, self._step.section):
                raise refuse_answer(answer, half, self._step)
            return answer == "skip"
        if outcome is Outcome.UNKNOWN and not self._answers("rerunnable"):
            raise ask_what_ran(half, self._step)
        if outcome is Outcome.DONE:
            place = self._step.place(half.done)
            self._tell(f"{place}: took effect in an earlier deploy, as the catalog says")
        elif half.found is not None:
            lone.drop_leftovers(half.found)
        return outcome is Outcome.DONE

    @property
    def _answer(self) -> str:
        """What somebody has said of the statement at which an earlier run was cut off."""
        return next(filter(self._answers, ("skip", "rerun")), "")

    def _answers(self, name: str) -> bool:
        return self._context.settings.answers(name, self._step.version)

    def _in_transaction(self, cursor: Cursor, index: int, pid: int) -> bool:
        """Run a statement together with its record; whether a transaction takes it."""

        def attempt() -> None:
            self._lock.require()
            self._transactions.begin()
            try:
                execute_statement(cursor, self._step, index, self._context.watcher, pid)
            except StatementError as error:
                self._transactions.undo()
                self._excuse(cursor, index, error)
                self._transactions.begin()
            self._record(index)

        settings, context = self._context.settings, self._context
        try:
            retry(attempt, settings.attempts, context.watcher, context.progress, self._undo)
        except StatementError as error:
            if sqlstate_of(error) not in REFUSES_TRANSACTION:
                raise
            return False
        return True

    def _undo(self, _: BaseException) -> None:
        self._transactions.undo()

    def _excuse(self, cursor: Cursor, index: int, error: StatementError) -> None:
        """Go on where there was nothing to undo."""
        if not (self._undoing and self._undoing.excuses(cursor, index, error)):
            raise error
        tell_excused(error, self._context.progress)

    def _record(self, index: int) -> None:
        """Record that a statement took effect, and commit both."""
        try:
            self._transactions.commit(self._went_on(index))
        except psycopg2.Error as error:
            raise explain_unrecorded(self._context, error, self._step, index) from None
        self.done = index + 1

    def _checksum_with(self, index: int) -> str:
        """Of the statements that took effect, and of the one that comes next."""
        return self._step.section.checksum_after(self._checksum, index)

    def _went_on(self, index: int) -> str:
        checksum, sql = self._checksum_with(index), self._context.sql
        went_on = sql.went_on(self._event, self._step.version, index + 1, checksum)
        return "\n".join([went_on, *self._context.guard.sql(self._event)])

    def _alone(self, cursor: Cursor, index: int, lone: LoneStatement) -> None:
        """Run a statement that no transaction takes, and record it then."""
        self._transactions.undo()
        found, text = lone.look(), self._checksum_with(index)
        sql = self._context.sql
        before = sql.begins_alone(self._event, self._step.version, index, found, text)
        try:
            guard = "\n".join(self._context.guard.sql(self._event))
            cursor.execute(f"{self._ourselves}{before}\n{guard}{lone.patience}")
        except psycopg2.Error as error:
            raise explain_unrecorded(self._context, error, self._step, index) from None
        self._is_known = False
        try:
            self._retried(lone, found)
        except StatementError as error:
            self._is_known = lone.give_up(found, error)
            self._excuse(cursor, index, error)
        self._record_alone(cursor, index, lone.impatience)
        self._is_known = True

    def _retried(self, lone: LoneStatement, found: str) -> None:
        def attempt() -> None:
            self._lock.require()
            lone.run(found)

        context = self._context
        most = context.settings.attempts if lone.may_run_again else 1
        retry(attempt, most, context.watcher, context.progress)

    def _record_alone(self, cursor: Cursor, index: int, after: str) -> None:
        """Record what took effect, on another connection where this one no longer can."""
        sql = self._went_on(index)
        try:
            cursor.execute(f"{self._ourselves}{sql}{after}")
        except psycopg2.Error as error:
            context, step = self._context, self._step
            context.record_apart(sql)
            raise explain_unrecorded(context, error, step, index, ran_alone=True) from None
        self.done = index + 1

    @property
    def kept(self) -> int | None:
        """How many statements stay; None where the next one may have taken effect."""
        return self.done if self._is_known else None

    def failed(self, error: BaseException) -> str:
        """The SQL that records how it ended.

        Where the server did not refuse the statement, nobody knows whether it took effect; nor
        where it ran alone, and no catalog tells.
        """
        state = sqlstate_of(error)
        refused = state and not state.startswith(_LOST) and self._is_known
        said = str(error) or "interrupted"
        if not self._event:
            return ""
        return self._context.sql.ended(self._event, "failed" if refused else "running", said)
