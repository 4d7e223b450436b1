"""Run a section on a scratch database, and measure each of its statements: locks and time."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

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
    from collections.abc import Collection, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.engine.runner import Step
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
_OBSERVE = """
    SELECT c.oid, CASE WHEN nspname OPERATOR(pg_catalog.=) 'public'
                       THEN pg_catalog.quote_ident(relname)
                       ELSE pg_catalog.format('%I.%I', nspname, relname) END,
           pg_catalog.pg_relation_filenode(c.oid), NULL
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) relnamespace
     WHERE relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}')
       AND relpersistence OPERATOR(pg_catalog.<>) 't'
       AND nspname OPERATOR(pg_catalog.<>) 'information_schema'
       AND nspname OPERATOR(pg_catalog.!~) '^pg_'
    UNION ALL
    SELECT relation, NULL, NULL, mode FROM pg_catalog.pg_locks
     WHERE locktype OPERATOR(pg_catalog.=) 'relation' AND granted
       AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
"""
_LONGEST = 100  # characters of a statement that is shown


class _Observation(NamedTuple):
    """What can be seen between two statements.

    Attributes:
        names: the tables that are there.
        files: their files' numbers: a table that is written anew gets another one.
        held: the strongest lock on each relation.
    """

    names: dict[int, str]
    files: dict[int, int | None]
    held: dict[int, str]


_NOT_OBSERVED = _Observation({}, {}, {})


def table_numbers(cursor: Cursor) -> set[int]:
    """The numbers of the tables that are there: a rename does not change them."""
    return {*_observe(cursor).names}


def run_measured(
    session: ScratchSession, step: Step, settings: Settings, known: Collection[int] = ()
) -> Iterator[MeasuredStatement]:
    """Run a section as a deploy would, and say of each statement what it did to others.

    Outside of a transaction each statement gets one of its own, to see its locks before they are
    let go; those that refuse to run in one run without it, and nobody sees their locks. What the
    section tells its reader (RAISE NOTICE) is not passed on: it may run many times.

    Args:
        session: in no transaction, and in none when the last statement was told.
        step: what to run.
        settings: what it runs with.
        known: the tables whose locks are told, as far as they are there.

    Raises:
        StatementError: for the statement that fails; the transaction is to be rolled back.
        FindingError: when it would change what the server's other databases share; likewise.
        psycopg2.Error: when the transaction cannot be committed.
    """
    section, connection = step.section, session.connection
    connection.autocommit = False
    with (
        connection.cursor() as cursor,
        settings_kept(
            cursor, section, settings.of_section(section.settings), local=section.transactional
        ) as pid,
    ):
        before = _observe(cursor) if known else _NOT_OBSERVED
        told = {oid: name for oid, name in before.names.items() if oid in known}
        for index in range(len(section.statements)):
            if not section.transactional:
                _commit(session, step, max(index - 1, 0))
            began = time.perf_counter()
            _execute(session, cursor, step, index, pid)
            seconds = time.perf_counter() - began
            after = _observe(cursor) if known else _NOT_OBSERVED
            yield _timing(step, index, seconds, tuple(_locks(told, before, after)))
            before = after if section.transactional else after._replace(held={})
    _commit(session, step, 0 if section.transactional else len(section.statements) - 1)


def _commit(session: ScratchSession, step: Step, index: int) -> None:
    """Commit what may be committed.

    Args:
        session: in a transaction.
        step: what ran in it.
        index: of the statement that it began with.
    """
    section, connection = step.section, session.connection
    try:
        with connection.cursor() as cursor:
            session.guard.check(cursor)
    except FindingError as refused:
        head = section.statements[index].head
        raise refused.but(place=place_in_file(step.path, section.source, head)) from None
    connection.commit()


def _execute(session: ScratchSession, cursor: Cursor, step: Step, index: int, pid: int) -> None:
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
        with session.guard.watched() if error.sqlstate == _COMMITS else contextlib.nullcontext():
            execute_statement(cursor, step, index, session.watcher, pid)
        connection.autocommit = False


def _with_advice(error: StatementError) -> StatementError:
    """The error, with what to do where the server of a trial lacks what others have."""
    lacks = _LACKING.get(error.sqlstate)
    if not lacks or not error.what.startswith(lacks):
        return error
    return error.but(remedy=LACKING)


def _observe(cursor: Cursor) -> _Observation:
    found = _Observation({}, {}, {})
    cursor.execute(_OBSERVE)
    for oid, name, file, mode in cursor:
        if mode is None:
            found.names[oid], found.files[oid] = name, file
        else:
            found.held[oid] = max(mode, found.held.get(oid, mode), key=_strength)
    return found


def _locks(
    told: Mapping[int, str], before: _Observation, after: _Observation
) -> Iterator[StrongestLock]:
    """What a statement took beyond what its transaction held, on the tables that are told."""
    for oid, mode in after.held.items():
        rewritten = oid in after.files and after.files[oid] != before.files.get(oid)
        held = before.held.get(oid)
        if oid in told and (rewritten or held is None or _strength(mode) > _strength(held)):
            yield StrongestLock(told[oid], mode, rewritten)


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
