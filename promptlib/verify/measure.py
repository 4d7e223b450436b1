"""Run a section on a scratch database, and measure each of its statements: locks and time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from psycopg2 import errorcodes

from promptlib.core.errors import StatementError
from promptlib.engine.runner import execute_statement
from promptlib.engine.session_settings import settings_kept
from promptlib.files.parser import place_in_file
from promptlib.ledger.tables import UP
from promptlib.postgres.masking import summarize_sql
from promptlib.verify.report import LOCK_STRENGTHS, MeasuredStatement, StrongestLock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.engine.runner import Step
    from promptlib.engine.watcher import Watcher

# What cannot run inside of a transaction, CREATE INDEX CONCURRENTLY for one, and a procedure that
# ends its own.
_WANTS_NONE = (errorcodes.ACTIVE_SQL_TRANSACTION, errorcodes.INVALID_TRANSACTION_TERMINATION)
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
    connection: Connection,
    step: Step,
    settings: Settings,
    watcher: Watcher,
    known: Collection[int] = (),
) -> Iterator[MeasuredStatement]:
    """Run a section as a deploy would, and say of each statement what it did to others.

    Outside of a transaction each statement gets one of its own, to see its locks before they are
    let go; those that refuse to run in one run without it, and nobody sees their locks. What the
    section tells its reader (RAISE NOTICE) is not passed on: it may run many times.

    Args:
        connection: in no transaction, and in none when the last statement was told.
        step: what to run.
        settings: what it runs with.
        watcher: looks at what takes its time.
        known: the tables whose locks are told, as far as they are there.

    Raises:
        StatementError: for the statement that fails; the transaction is to be rolled back.
        psycopg2.Error: when the transaction cannot be committed.
    """
    section = step.section
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
                connection.commit()
            began = time.perf_counter()
            _execute(cursor, step, index, watcher, pid)
            seconds = time.perf_counter() - began
            after = _observe(cursor) if known else _NOT_OBSERVED
            yield _timing(step, index, seconds, tuple(_locks(told, before, after)))
            before = after if section.transactional else after._replace(held={})
    connection.commit()


def _execute(cursor: Cursor, step: Step, index: int, watcher: Watcher, pid: int) -> None:
    try:
        execute_statement(cursor, step, index, watcher, pid)
    except StatementError as error:
        if step.section.transactional or error.sqlstate not in _WANTS_NONE:
            raise
        cursor.connection.rollback()
        cursor.connection.autocommit = True
        execute_statement(cursor, step, index, watcher, pid)
        cursor.connection.autocommit = False


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
