"""Sections outside a transaction: one that was cut off goes on behind what took effect."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import errorcodes

from promptlib.core.durations import duration_seconds
from promptlib.core.errors import HalfDoneMigrationError, PromptlibError, display_path
from promptlib.core.events import Event, Kind
from promptlib.engine.retries import retry
from promptlib.engine.runner import (
    execute_statement,
    notices_told,
    require_nothing_set,
    sets_session,
    sqlstate_of,
    tell_tolerated,
)
from promptlib.engine.session_settings import settings_kept
from promptlib.ledger.tables import DOWN, UP
from promptlib.postgres.sessions import still_runs_statement
from promptlib.syntax.lexemes import GAP, QUOTED_NAME, WORD, byte_pattern

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.context import DeployContext
    from promptlib.engine.runner import Step
    from promptlib.ledger.state import HalfDone

# What says that a statement ran before: there already, or gone already.
TOLERATED = {
    UP: frozenset(
        (
            errorcodes.DUPLICATE_TABLE,
            errorcodes.DUPLICATE_OBJECT,
            errorcodes.DUPLICATE_COLUMN,
            errorcodes.DUPLICATE_FUNCTION,
            errorcodes.DUPLICATE_SCHEMA,
        )
    ),
    DOWN: frozenset(
        (
            errorcodes.UNDEFINED_TABLE,
            errorcodes.UNDEFINED_OBJECT,
            errorcodes.UNDEFINED_COLUMN,
            errorcodes.UNDEFINED_FUNCTION,
            errorcodes.INVALID_SCHEMA_NAME,
        )
    ),
}
_NAME = rf"(?>{WORD}|{QUOTED_NAME})(?>\s*\.\s*(?>{WORD}|{QUOTED_NAME}))*"
_CONCURRENT_INDEX = byte_pattern(
    rf"create{GAP}(?:unique{GAP})?index{GAP}concurrently{GAP}(?:if{GAP}not{GAP}exists{GAP})?"
    rf"(?P<index>{_NAME}){GAP}on{GAP}(?:only{GAP})?(?P<table>{_NAME})",
    re.IGNORECASE,
)
# Whoever builds an index holds this lock, and keeps it invalid until he is done. In a DO block,
# for LOCK TABLE wants a transaction, which a statement for itself is.
_WAIT_FOR_BUILDERS = """
    DO $$ BEGIN
        EXECUTE pg_catalog.format('LOCK TABLE %%s IN SHARE UPDATE EXCLUSIVE MODE',
                                  %s::pg_catalog.regclass);
    END $$
"""
_INVALID = """
    SELECT pg_catalog.format('%%I.%%I', nspname, relname) FROM pg_catalog.pg_index
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) relnamespace
     WHERE indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)
       AND relname OPERATOR(pg_catalog.=) (pg_catalog.parse_ident(%s))[1] AND NOT indisvalid
"""
_POLL = 0.2  # seconds
# SQLSTATEs that leave open how the statement ended.
_LOST = (errorcodes.CLASS_CONNECTION_EXCEPTION, "57P")


class ResumableRun:
    """One run of a section outside a transaction.

    Args:
        context: of the deploy, whose connection is in autocommit.
        step: what to run.
        half: what an earlier run left, or None.
        undoes: whether an open run of the other direction is undone, so that any statement may
            find its work done.
    """

    def __init__(
        self, context: DeployContext, step: Step, half: HalfDone | None, *, undoes: bool
    ) -> None:
        self.context, self.step, self.half, self.undoes = context, step, half, undoes
        self.event = 0
        self._unknown = False  # whether the statement may have run before

    def run(self) -> int:
        """Run what is left of the section; the id of its event.

        Raises:
            PromptlibError: for the first statement that fails.
        """
        resumed = self._resumed()
        # Recorded on another connection: the section may set a role that has no right to.
        on = self.context.connection
        with contextlib.closing(self.context.connect()) as other, on.cursor() as cursor:
            other.autocommit = True
            with other.cursor() as journal:
                self._statements(cursor, journal, resumed)
        return self.event

    def _resumed(self) -> HalfDone | None:
        """The run that this one goes on with."""
        half = self.half if self.half and self.half.direction == self.step.direction else None
        if half and half.done:
            self._tell(
                f"{display_path(self.step.path)}: goes on behind the {half.done} of "
                f"{len(self.step.section.statements)} statements that took effect",
                Kind.RESUMED,
            )
        return half

    def _tell(self, message: str, kind: Kind = Kind.INFO) -> None:
        self.context.progress(Event(kind, message, self.step.version, self.step.direction))

    def _statements(self, cursor: Cursor, journal: Cursor, resumed: HalfDone | None) -> None:
        """Run one statement after the other, and record each."""
        section, first = self.step.section, resumed.done if resumed else 0
        with (
            notices_told(self.context.connection, self.context.progress),
            settings_kept(cursor, section, self._settings(cursor), local=False) as pid,
        ):
            version, direction, *_ = self.step
            checksum = section.checksum_of(first)
            journal.execute(self.context.sql.began(version, direction, first, checksum, pid))
            (self.event,) = journal.fetchone() or (0,)
            self._unknown = bool(resumed and resumed.outcome == "running")
            self._set_again(cursor, first, pid)
            for index in range(first, len(section.statements)):
                self._statement(cursor, index, pid)
                self._unknown = True  # until it is recorded
                checksum = section.checksum_after(checksum, index)
                self._record(journal, self.context.sql.went_on(self.event, index + 1, checksum))
                self._unknown = False

    def _record(self, journal: Cursor, sql: str) -> None:
        """Record, on another connection where a server has ended the one that was idle."""
        try:
            journal.execute(sql)
        except psycopg2.Error:
            with (
                contextlib.closing(self.context.connect()) as other,
                other,
                other.cursor() as cursor,
            ):
                cursor.execute(sql)

    def _set_again(self, cursor: Cursor, done: int, pid: int) -> None:
        """Set what the finished statements set: it went with their session."""
        for index in range(done):
            if sets_session(self.step.section, index):
                execute_statement(cursor, self.step, index, self.context.watcher, pid)

    def _settings(self, cursor: Cursor) -> dict[str, str]:
        """What the section runs with; behind a pooler, settings would go to other clients."""
        cursor.execute("SELECT pg_catalog.pg_backend_pid()")
        if cursor.fetchone() == (self.context.connection.info.backend_pid,):
            return self.context.settings.of_section(self.step.section.settings)
        require_nothing_set(self.step)
        self._tell("behind a pooler a section outside a transaction runs without lock_timeout")
        return {}

    def _statement(self, cursor: Cursor, index: int, pid: int) -> None:
        """Run a statement, again where it was stopped by others."""
        tolerates = self._unknown or self.undoes
        tolerated: Collection[str] = TOLERATED[self.step.direction] if tolerates else ()
        section = self.step.section
        builds = _CONCURRENT_INDEX.match(section.source, section.statements[index].head)

        def attempt() -> None:
            if builds:
                index_name, table = builds["index"].decode(), builds["table"].decode()
                self._drop_invalid(cursor, index_name, table, pid)
            try:
                execute_statement(cursor, self.step, index, self.context.watcher, pid)
            except PromptlibError as error:
                if sqlstate_of(error) not in tolerated:
                    raise
                tell_tolerated(error, self.context.progress)

        retry(attempt, self.context.settings.attempts, self.context.watcher, self.context.progress)

    def _drop_invalid(self, cursor: Cursor, index: str, table: str, pid: int) -> None:
        """Drop the index that an earlier attempt left half-built, once nobody builds it."""
        try:
            with self.context.watcher.statement(pid):
                if not _invalid(cursor, index, table):
                    return
                cursor.execute(_WAIT_FOR_BUILDERS, (table,))
                for name in _invalid(cursor, index, table):
                    self._tell(f"dropping the invalid index {name} that an earlier attempt left")
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
        except psycopg2.Error as error:
            raise PromptlibError(
                f"the invalid index {index} that an earlier attempt left cannot be dropped: "
                f"{error.diag.message_primary or error}",
                f"DROP INDEX CONCURRENTLY {index}, then run it again",
                place=display_path(self.step.path),
            ) from error

    def failed(self, error: BaseException) -> str:
        """The SQL that records how it ended.

        Where the server did not refuse the statement, nobody knows whether it took effect; nor
        where that was not known before, and something else than its being there stopped it.
        """
        state = sqlstate_of(error)
        refused = state and not state.startswith(_LOST) and not self._unknown
        outcome = "failed" if refused else "running"
        said = str(error) or "interrupted"
        return self.context.sql.ended(self.event, outcome, said) if self.event else ""


def wait_for_orphan(context: DeployContext, half: HalfDone, path: Path) -> None:
    """Wait for the server process of a client that died: its statement may still run.

    Args:
        context: of the deploy.
        half: what the client left.
        path: of the migration.

    Raises:
        HalfDoneMigrationError: when it takes longer than a deploy waits for another.
    """
    with contextlib.closing(context.connect()) as other, other.cursor() as cursor:
        other.autocommit = True
        _wait_for_orphan(cursor, context, half, path)


def _wait_for_orphan(cursor: Cursor, context: DeployContext, half: HalfDone, path: Path) -> None:
    end, told = time.monotonic() + duration_seconds(context.settings.deploy_wait), False
    while still_runs_statement(cursor, half.backend_pid, context.sql.events, half.event):
        if time.monotonic() >= end:
            raise HalfDoneMigrationError(
                f"pid {half.backend_pid} still runs a statement of an earlier deploy",
                f"wait for it, or end it: SELECT pg_terminate_backend({half.backend_pid})",
                place=display_path(path),
            )
        if not told:
            said = f"waiting for pid {half.backend_pid}: it still runs a statement of a deploy that"
            context.progress(Event(Kind.WAITING, f"{said} was cut off", half.version))
        told = True
        time.sleep(_POLL)


def _invalid(cursor: Cursor, index: str, table: str) -> list[str]:
    """The invalid index of this name on this table, ready to be put into SQL; or nothing."""
    cursor.execute(_INVALID, (table, index))
    return [name for (name,) in cursor.fetchall()]


def record_apart(context: DeployContext, sql: str) -> None:
    """Record on a connection of its own: the deploy's may be lost, or in the caller's hands."""
    with (
        contextlib.suppress(psycopg2.Error, PromptlibError),
        contextlib.closing(context.connect()) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute(sql)
