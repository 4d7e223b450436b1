"""Run a section on a scratch database, and measure each of its statements: locks and time."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, Literal

from psycopg2 import errorcodes

from promptlib.core.errors import FindingError, StatementError
from promptlib.engine.runner import execute_statement
from promptlib.engine.session_settings import settings_kept
from promptlib.files.parser import place_in_file
from promptlib.ledger.tables import UP
from promptlib.postgres.errors import REFUSES_TRANSACTION
from promptlib.postgres.masking import summarize_sql
from promptlib.syntax.lexemes import GAP, byte_pattern
from promptlib.verify.report import LOCK_STRENGTHS, MeasuredStatement, StrongestLock
from promptlib.verify.server_guard import NOWHERE, WHAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.engine.runner import Step
    from promptlib.verify.rows import Table
    from promptlib.verify.session import ScratchSession

_COMMITS = errorcodes.INVALID_TRANSACTION_TERMINATION
# Of what refuses a transaction, the statements that do nothing beyond their database.
_STAYS_INSIDE = byte_pattern(
    rf"(?:create{GAP}(?:unique{GAP})?index|drop{GAP}index|reindex|alter{GAP}(?:table|index|type)"
    r"|vacuum|analyze|cluster|refresh|discard|do|call)\b",
    re.IGNORECASE,
)
LACKING = (
    "the server of this trial lacks it: make it in scratch_setup, or name a database that has it "
    "as scratch_template"
)
# By SQLSTATE, how the server names what it lacks: in its English words, others are told no remedy.
_LACKING = {
    errorcodes.UNDEFINED_OBJECT: ("role ", "tablespace "),
    errorcodes.UNDEFINED_FILE: ("extension ", "could not open extension control file"),
    errorcodes.FEATURE_NOT_SUPPORTED: ("extension ",),
    errorcodes.INSUFFICIENT_PRIVILEGE: ("permission denied to create extension",),
}
# It runs between the author's statements, on his search_path.
_HELD = """
    SELECT relation, mode, pg_catalog.pg_relation_filenode(relation) FROM pg_catalog.pg_locks
     WHERE locktype OPERATOR(pg_catalog.=) 'relation' AND granted
       AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
"""
_FILES = """
    SELECT number, pg_catalog.pg_relation_filenode(number)
      FROM pg_catalog.unnest(%s::pg_catalog.oid[]) number
"""
_LONGEST = 100  # characters of a statement that is shown


def run_measured(
    session: ScratchSession,
    step: Step,
    settings: Settings,
    tables: Mapping[int, Table] | None = None,
) -> Iterator[MeasuredStatement]:
    """Run a section as a deploy would, and say of each statement what it did to others.

    Outside of a transaction each statement gets one of its own, to see its locks before they are
    let go; those that refuse to run in one run without it, and nobody sees their locks. What the
    section tells its reader (RAISE NOTICE) is not passed on: it may run many times.

    Args:
        session: in no transaction, and in none when the last statement was told.
        step: what to run.
        settings: what it runs with.
        tables: those whose locks are told, as they are before.

    Raises:
        StatementError: for the statement that fails; the transaction is to be rolled back.
        FindingError: when it would change what the server's other databases share; likewise.
        psycopg2.Error: when the transaction cannot be committed.
    """
    section, connection = step.section, session.connection
    watched = session.guard.watching(step)
    connection.autocommit = False
    with (
        connection.cursor() as cursor,
        settings_kept(
            cursor, section, settings.of_section(section.settings), local=section.transactional
        ) as pid,
    ):
        locks = _Locks(cursor, tables or {})
        for index in range(len(section.statements)):
            if not section.transactional:
                _commit(session, step, max(index - 1, 0))
                locks.let_go()
            began = time.perf_counter()
            with watched():
                alone = _execute(session, cursor, step, index, pid)
            seconds = time.perf_counter() - began
            if alone:
                locks.read_files()
            yield _timing(step, index, seconds, tuple(locks.taken()))
    _commit(session, step, 0 if section.transactional else len(section.statements) - 1)


def _commit(session: ScratchSession, step: Step, index: int) -> None:
    """Commit what may be committed.

    Args:
        session: in a transaction.
        step: what ran in it.
        index: of the statement that it began with.
    """
    section, connection = step.section, session.connection
    counted = not section.mentions("track_counts")  # and turns off what both rest on
    if not counted:
        session.state.lose_track()
    try:
        with connection.cursor() as cursor:
            session.guard.check(cursor, counted=counted)
            session.state.note_changes(cursor)
    except FindingError as refused:
        head = section.statements[index].head
        raise refused.but(place=place_in_file(step.path, section.source, head)) from None
    connection.commit()


def _execute(session: ScratchSession, cursor: Cursor, step: Step, index: int, pid: int) -> bool:
    """Run a statement; whether it ran in no transaction of ours."""
    section, connection = step.section, session.connection
    try:
        execute_statement(cursor, step, index, session.watcher, pid)
    except StatementError as error:
        if section.transactional or error.sqlstate not in REFUSES_TRANSACTION:
            raise _with_advice(error) from error.__context__
        statement = section.statements[index]
        if not _STAYS_INSIDE.match(section.source, statement.head):
            raise FindingError(
                WHAT,
                NOWHERE,
                place=place_in_file(step.path, section.source, statement.head),
            ) from None
        connection.rollback()
        connection.autocommit = True
        session.state.lose_track()
        commits = error.sqlstate == _COMMITS
        with session.guard.watched(section.mentions) if commits else contextlib.nullcontext():
            execute_statement(cursor, step, index, session.watcher, pid)
        connection.autocommit = False
        return True
    return False


def _with_advice(error: StatementError) -> StatementError:
    """The error, with what to do where the server of a trial lacks what others have."""
    lacks = _LACKING.get(error.sqlstate)
    if not lacks or not error.what.startswith(lacks):
        return error
    return error.but(remedy=LACKING)


class _Locks:
    """What one statement after the other holds on tables.

    Args:
        cursor: of the session that runs them.
        tables: by their numbers, as they are before; nobody asks where there is none.
    """

    def __init__(self, cursor: Cursor, tables: Mapping[int, Table]) -> None:
        self._cursor = cursor
        self._tables = tables
        # A table that is written anew gets another file.
        self._files = {number: table.file for number, table in tables.items()}
        self._held: dict[int, str] = {}

    def taken(self) -> Iterator[StrongestLock]:
        """What the last statement took beyond what its transaction held, and what it wrote anew."""
        if not self._tables:
            return
        before, self._held = self._held, {}
        files: dict[int, int | None] = {}
        self._cursor.execute(_HELD)
        for number, mode, file in self._cursor:
            self._held[number] = max(mode, self._held.get(number, mode), key=_strength)
            files[number] = file
        for number in self._held:
            if number in self._tables:
                yield from self._lock(number, before.get(number), files[number])

    def _lock(self, number: int, held: str | None, file: int | None) -> Iterator[StrongestLock]:
        mode = self._held[number]
        rewritten = file is not None and file != self._files[number]
        self._files[number] = file
        if rewritten or held is None or _strength(mode) > _strength(held):
            yield StrongestLock(self._tables[number].shown, mode, rewritten)

    def let_go(self) -> None:
        """Forget the locks of a transaction that has ended."""
        self._held = {}

    def read_files(self) -> None:
        """Look at all files: nobody saw which tables a statement has locked."""
        self._cursor.execute(_FILES, ([*self._tables],))
        self._files = dict(self._cursor.fetchall())


def _strength(mode: str) -> int:
    return LOCK_STRENGTHS.get(mode, -1)


def _timing(
    step: Step, index: int, seconds: float, locks: tuple[StrongestLock, ...]
) -> MeasuredStatement:
    section, statement = step.section, step.section.statements[index]
    shown = summarize_sql(section.source[statement.head : statement.end].decode(), _LONGEST)
    where = place_in_file(step.path, section.source, statement.head)
    direction: Literal["up", "down"] = "up" if step.direction == UP else "down"
    return MeasuredStatement(direction, where, shown, seconds, locks)
