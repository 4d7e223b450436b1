"""Sections outside a transaction: one that was cut off goes on behind what took effect."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg2

from promptlib import activity, attempts, duration, plan, runner
from promptlib.errors import PromptlibError, shown
from promptlib.lexemes import GAP, QUOTED_NAME, WORD
from promptlib.records import DOWN, UP

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger import HalfDone
    from promptlib.records import Tables
    from promptlib.runner import Step
    from promptlib.settings import Settings
    from promptlib.watcher import Watcher

_log = logging.getLogger(__name__)
# What says that a statement ran before: there already, or gone already.
TOLERATED = {
    UP: frozenset(("42P07", "42710", "42701", "42723", "42P06")),
    DOWN: frozenset(("42P01", "42704", "42703", "42883", "3F000")),
}
_NAME = rf"(?>{WORD}|{QUOTED_NAME})(?>\s*\.\s*(?>{WORD}|{QUOTED_NAME}))*"
_CONCURRENT_INDEX = re.compile(
    rf"create{GAP}(?:unique{GAP})?index{GAP}concurrently{GAP}(?:if{GAP}not{GAP}exists{GAP})?"
    rf"(?P<index>{_NAME}){GAP}on{GAP}(?:only{GAP})?(?P<table>{_NAME})",
    re.IGNORECASE,
)
# Whoever builds an index holds this lock, and keeps it invalid until he is done. In a DO block,
# for LOCK TABLE wants a transaction, which a statement for itself is.
_WAIT_FOR_BUILDERS = """
    DO $$ BEGIN
        IF to_regclass(%(table)s) IS NOT NULL THEN
            EXECUTE format('LOCK TABLE %%s IN SHARE UPDATE EXCLUSIVE MODE', %(table)s::regclass);
        END IF;
    END $$
"""
_INVALID = """
    SELECT format('%%I.%%I', nspname, relname) FROM pg_index
      JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace
     WHERE indrelid = to_regclass(%s) AND relname = (parse_ident(%s))[1] AND NOT indisvalid
"""
_POLL = 0.2  # seconds
_LOST = ("08", "57P")  # SQLSTATEs that leave open how the statement ended


@dataclass
class OutsideRun:
    """One run of a section outside a transaction.

    Args:
        connection: in autocommit.
        connect: opens another one.
        step: what to run.
        settings: of the deploy.
        watcher: looks at what takes its time.
        tables: of the ledger.
        half: what an earlier run left, or None.
        undoes: whether an open run of the other direction is undone, so that any statement may
            find its work done.
    """

    connection: Connection
    connect: Callable[[], Connection]
    step: Step
    settings: Settings
    watcher: Watcher
    tables: Tables
    half: HalfDone | None
    undoes: bool
    event: int = field(default=0, init=False)

    def run(self) -> int:
        """Run what is left of the section; the id of its event.

        Raises:
            PromptlibError: for the first statement that fails, and when the statements that ran
                are not those of the file any more.
        """
        resumed = self._resumed()
        # Recorded on another connection: the section may set a role that has no right to.
        with contextlib.closing(self.connect()) as other, self.connection.cursor() as cursor:
            other.autocommit = True
            with other.cursor() as journal:
                if self.half and self.half.outcome == "running":
                    self._wait_for_orphan(journal, self.half)
                self._statements(cursor, journal, resumed)
        return self.event

    def _resumed(self) -> HalfDone | None:
        """The run that this one goes on with."""
        half = self.half if self.half and self.half.direction == self.step.direction else None
        if half:
            plan.require_unchanged(half, self.step.section, self.step.path)
        if half and half.done:
            _log.info(
                "%s: goes on behind the %d of %d statements that took effect",
                *(shown(self.step.path), half.done, len(self.step.section.statements)),
            )
        return half

    def _statements(self, cursor: Cursor, journal: Cursor, resumed: HalfDone | None) -> None:
        """Run one statement after the other, and record each."""
        section, first = self.step.section, resumed.done if resumed else 0
        with (
            runner.notices_shown(self.connection),
            runner.settings_kept(cursor, section, self._settings(cursor), local=False) as pid,
        ):
            version, direction, *_ = self.step
            checksum = section.checksum_of(first)
            journal.execute(self.tables.began(version, direction, first, checksum, pid))
            (self.event,) = journal.fetchone() or (0,)
            for index in range(first, len(section.statements)):
                unknown = bool(resumed and resumed.outcome == "running" and index == first)
                self._statement(cursor, index, pid, unknown=unknown or self.undoes)
                done = index + 1
                journal.execute(self.tables.went_on(self.event, done, section.checksum_of(done)))

    def _settings(self, cursor: Cursor) -> dict[str, str]:
        """What the section runs with; behind a pooler, settings would go to other clients."""
        cursor.execute("SELECT pg_backend_pid()")
        if cursor.fetchone() == (self.connection.info.backend_pid,):
            return {**self.settings.of_server, **self.step.section.settings}
        _log.info("behind a pooler a section outside a transaction runs without lock_timeout")
        return {}

    def _statement(self, cursor: Cursor, index: int, pid: int, *, unknown: bool) -> None:
        """Run a statement, again where it was stopped by others."""
        tolerated: Collection[str] = TOLERATED[self.step.direction] if unknown else ()
        statement = self.step.section.statements[index]
        text = self.step.section.source[statement.head : statement.end]
        builds = _CONCURRENT_INDEX.match(text)
        again = self.half is not None

        def attempt() -> None:
            nonlocal again
            if builds and again:
                self._drop_invalid(cursor, builds["index"], builds["table"], pid)
            again = True
            try:
                runner.execute(cursor, self.step, index, self.watcher, pid)
            except PromptlibError as error:
                if runner.sqlstate(error) not in tolerated:
                    raise
                runner.tell_tolerated(error)

        attempts.made(attempt, self.settings.attempts, self.watcher, undo=lambda _: None)

    def _drop_invalid(self, cursor: Cursor, index: str, table: str, pid: int) -> None:
        """Drop the index that an earlier attempt left half-built, once nobody builds it."""
        try:
            with self.watcher.statement(pid):
                cursor.execute(_WAIT_FOR_BUILDERS, {"table": table})
                cursor.execute(_INVALID, (table, index))
                for (name,) in cursor.fetchall():
                    _log.info("dropping the invalid index %s that an earlier attempt left", name)
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
        except psycopg2.Error as error:
            raise PromptlibError(
                f"the invalid index {index} that an earlier attempt left cannot be dropped: "
                f"{error.diag.message_primary or error}",
                f"DROP INDEX CONCURRENTLY {index}, then run it again",
                place=shown(self.step.path),
            ) from error

    def _wait_for_orphan(self, cursor: Cursor, half: HalfDone) -> None:
        """Wait for the server process of a client that died: its statement may still run."""
        end = time.monotonic() + duration.seconds(self.settings.deploy_wait)
        told = False
        while activity.is_at_work(cursor, half.backend_pid, self.tables.events, half.event):
            if time.monotonic() >= end:
                raise PromptlibError(
                    f"pid {half.backend_pid} still runs a statement of an earlier deploy",
                    f"wait for it, or end it: SELECT pg_terminate_backend({half.backend_pid})",
                    place=shown(self.step.path),
                )
            if not told:
                _log.info(
                    "waiting for pid %d: it still runs a statement of a deploy that was cut off",
                    half.backend_pid,
                )
            told = True
            time.sleep(_POLL)

    def failed(self, error: BaseException) -> str:
        """The SQL that records how it ended.

        Where the server did not refuse the statement, nobody knows whether it took effect.
        """
        state = runner.sqlstate(error)
        outcome = "failed" if state and not state.startswith(_LOST) else "running"
        said = str(error) or "interrupted"
        return self.tables.ended(self.event, outcome, said) if self.event else ""


def note(connect: Callable[[], Connection], sql: str) -> None:
    """Record on a connection of its own, for the deploy's may be lost or in the caller's hands."""
    with (
        contextlib.suppress(psycopg2.Error, PromptlibError),
        contextlib.closing(connect()) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute(sql)
