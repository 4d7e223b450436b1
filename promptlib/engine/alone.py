"""Runs a statement that no transaction takes, and cleans up what an attempt at it left."""

from __future__ import annotations

import contextlib

import psycopg2

from promptlib.core.durations import duration_seconds
from promptlib.core.errors import HalfDoneMigrationError, PromptlibError, display_path
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.aftermath import Outcome, aftermath_of
from promptlib.engine.diagnosis import explain_statement_error
from promptlib.engine.runner import execute_statement
from promptlib.postgres.sessions import sessions_running
from promptlib.postgres.waiting import show_life, wait_while
from promptlib.syntax.alone import read_alone
from promptlib.syntax.lexemes import do_block, quote_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor

    from promptlib.core.errors import StatementError
    from promptlib.engine.context import DeployContext
    from promptlib.engine.runner import Step

# Whoever builds an index holds this lock, and keeps it invalid until he is done. In a DO block,
# for LOCK TABLE wants a transaction, which a statement for itself is.
_WAIT_FOR_BUILDERS = "BEGIN LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE; END"


class LoneStatement:
    """A statement of a section.

    Args:
        context: of the deploy, whose connection is in autocommit.
        step: whose section.
        index: which statement, from 0.
        cursor: on that connection.
        pid: of its server process.
    """

    def __init__(
        self, context: DeployContext, step: Step, index: int, cursor: Cursor, pid: int
    ) -> None:
        self._context, self._step, self._index = context, step, index
        self._cursor, self._pid = cursor, pid
        section = step.section
        self._statement = section.statements[index]
        self._aftermath = aftermath_of(cursor, read_alone(section.source, self._statement))

    @property
    def is_concurrent(self) -> bool:
        """Whether it never runs in a transaction, as its text says."""
        return self._aftermath.statement.is_concurrent

    @property
    def may_run_again(self) -> bool:
        """Whether it may be tried again where it failed."""
        return self._aftermath.may_run_again

    def look(self) -> str:
        """What has to be known of the catalog as it is before it."""
        return self._aftermath.look()

    def outcome(self, found: str | None) -> Outcome:
        """Whether it took effect in an earlier run.

        Args:
            found: what `look` said before it.
        """
        return self._aftermath.outcome(found)

    @property
    def patience(self) -> str:
        """SQL that lets it wait without limit, if it keeps nobody waiting meanwhile.

        To wait for old snapshots counts as to wait for a lock: a limit throws finished builds away.
        """
        return "\nSET lock_timeout = '0';" if self._is_patient else ""

    @property
    def impatience(self) -> str:
        """SQL that takes that back."""
        limit = quote_literal(self._context.settings.lock_timeout)
        return f"\nSET lock_timeout = {limit};" if self._is_patient else ""

    @property
    def _is_patient(self) -> bool:
        connection = self._context.connection
        is_pooled = self._pid != connection.info.backend_pid
        said = self._step.section.lock_timeout or self._step.section.mentions("lock_timeout")
        waits = self._aftermath.statement.keeps_nobody_waiting
        return waits and not is_pooled and not said

    def run(self, found: str) -> None:
        """Run it, or what is left of it, behind what an earlier attempt left.

        Args:
            found: what `look` said.

        Raises:
            PromptlibError: when it fails.
        """
        self.drop_leftovers(found)
        if rest := self._aftermath.completion():
            self._complete(rest)
        else:
            execute_statement(
                self._cursor, self._step, self._index, self._context.watcher, self._pid
            )

    def _complete(self, sql: str) -> None:
        self._tell(f"an earlier attempt was cut off halfway: {sql}")
        section = self._step.section
        try:
            with self._context.watcher.statement(self._pid, self._index + 1):
                self._cursor.execute(sql)
        except psycopg2.Error as error:
            raise explain_statement_error(
                error, section, self._statement, self._step.path
            ) from None

    def give_up(self, found: str, error: StatementError) -> bool:
        """Drop what it left, or name that in the error; whether it is known to have no effect.

        Args:
            found: what `look` said.
            error: what it failed with at last.
        """
        try:
            if self.impatience:
                self._cursor.execute(self.impatience)
            self.drop_leftovers(found)
            return self._aftermath.outcome(found) is Outcome.NOT_DONE
        except PromptlibError as left:
            error.notes += (f"  note: {left.what}; {left.remedy}",)
        except psycopg2.Error:
            pass  # the connection is lost: the next run looks
        return False

    def drop_leftovers(self, found: str) -> None:
        """Drop the indexes that an earlier attempt left half-built, once nobody builds them.

        Args:
            found: what `look` said before that.

        Raises:
            PromptlibError: naming all that are left, where one cannot be dropped.
        """
        left = self._aftermath.leftovers(found)
        for number, (name, table) in enumerate(left):
            try:
                with self._context.watcher.statement(self._pid):
                    self._drop_unless_built(name, table, found)
            except psycopg2.Error as error:
                raise self._undroppable([each for each, _ in left[number:]], error) from error

    def _undroppable(self, names: Sequence[str], error: psycopg2.Error) -> PromptlibError:
        indexes = f"index{'es' * (len(names) > 1)} {', '.join(names)}"
        drops = "; ".join(f"DROP INDEX CONCURRENTLY {name}" for name in names)
        return PromptlibError(
            f"the invalid {indexes} that an earlier attempt left cannot be dropped: "
            f"{error.diag.message_primary or error}",
            f"{drops}, then run it again",
            place=display_path(self._step.path),
        )

    def _drop_unless_built(self, name: str, table: str, found: str) -> None:
        self._cursor.execute(do_block(_WAIT_FOR_BUILDERS.format(table)))
        if (name, table) in self._aftermath.leftovers(found):
            self._tell(f"dropping the invalid index {name} that an earlier attempt left")
            self._cursor.execute(f"DROP INDEX CONCURRENTLY {name}")

    def _tell(self, message: str) -> None:
        step = self._step
        self._context.progress(Event(Kind.INFO, message, step.version, step.direction))


def wait_while_running(context: DeployContext, step: Step, index: int) -> None:
    """Wait for whoever runs a statement still: his client may be dead, and his process anybody's.

    Args:
        context: of the deploy.
        step: whose section.
        index: which statement, from 0.

    Raises:
        HalfDoneMigrationError: when it takes longer than a deploy waits for another.
    """
    with contextlib.closing(context.connect()) as other, other.cursor() as cursor:
        other.autocommit = True

        def running() -> list[int]:
            show_life(context.connection)
            return sessions_running(cursor, step.section.sql(index))

        def tell(pids: list[int]) -> None:
            said = (
                f"waiting for pid {pids[0]}: it still runs a statement of a deploy that was cut off"
            )
            context.progress(Event(Kind.WAITING, said, step.version))

        def refuse(pids: list[int]) -> HalfDoneMigrationError:
            return HalfDoneMigrationError(
                f"pid {pids[0]} still runs a statement of an earlier deploy",
                f"wait for it, or end it: SELECT pg_terminate_backend({pids[0]})",
                place=step.place(index),
            )

        wait_while(running, duration_seconds(context.settings.deploy_wait), tell, refuse)
