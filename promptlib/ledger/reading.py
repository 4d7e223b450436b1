"""Reads what a database remembers, as few messages as may be; nothing that a stranger may say."""

from __future__ import annotations

import contextlib
import json
import time

from psycopg2 import errors
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.deploys import DEPLOYED, UNFINISHED, UnfinishedDeploy
from promptlib.ledger.names import VERSION_TABLE
from promptlib.ledger.repeatable import REPEATABLE, RepeatableRow
from promptlib.ledger.state import (
    PREDECESSORS,
    UNKNOWN_LEDGER,
    Execution,
    HalfDone,
    Ledger,
    LedgerRow,
)
from promptlib.ledger.tables import ADDED_TO_EVENTS, RECORDED, UTC, LedgerSql
from promptlib.ledger.trust import (
    GLANCE,
    GLANCED,
    ledger_writers,
    names_asked_for,
    trusted_tables,
)
from promptlib.postgres.search_path import first_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.names import LedgerNames
    from promptlib.ledger.trust import LedgerWriter

_VERSIONED = frozenset(("version_num",))
# Where the ledger is, or would be. To be filled in by a driver.
_PLACE = f"""
    WITH place AS MATERIALIZED (
        SELECT %s::pg_catalog.text[] AS names, coalesce(%s, (
            SELECT nspname FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)),
            pg_catalog.current_schema()) AS schema
    ), {GLANCED}"""
_FACTS = f"""
    pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(),
    pg_catalog.pg_postmaster_start_time(), schema,
    pg_catalog.to_regnamespace(pg_catalog.quote_ident(schema)) IS NOT NULL,
    pg_catalog.current_schemas(false)::pg_catalog.text[],
    pg_catalog.current_setting('search_path'), current_user::pg_catalog.text, {GLANCE}"""
_NO_FACTS = ", NULL" * 10  # beside each migration
_JUST_NOW = 1.0  # seconds
_NOTHING, _NONE = "NULL", "'[]'::pg_catalog.json"
_WRITES_NOTHING = "pg_catalog.set_config('transaction_read_only', 'on', true)"
_DOWN = "CASE WHEN down_sql IS NOT NULL THEN coalesce(down_checksum, '') END"
_VERSIONS = "ARRAY(SELECT version_num::pg_catalog.text FROM {})"
# All but the migrations is JSON; of thousands JSON would take twice the time that rows take.
_FIRST = "SELECT NULL, pg_catalog.json_build_array({parts})::pg_catalog.text, NULL, NULL"
_OF_A_ROW = len(LedgerRow._fields)
# An attempt that changed nothing. One that failed in a transaction, or at its first statement; also
# one that was cut off there, if it ran it in a transaction, which earlier versions did not.
_VOID = """(coalesce({e}.statements_done, 0) OPERATOR(pg_catalog.=) 0
            AND ({e}.outcome OPERATOR(pg_catalog.=) 'failed'
                 OR {e}.outcome OPERATOR(pg_catalog.=) 'running' AND {is_clean}))"""
# The newest attempt of each version outside a transaction, where it did not end well.
_HALF_DONE = """
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                id, version, direction, outcome, coalesce(statements_done, 0),
                statements_checksum, backend_pid{added})), '[]')
       FROM {events} e
      WHERE outcome OPERATOR(pg_catalog.=) ANY (ARRAY['running', 'failed']) AND NOT {void}
        AND NOT EXISTS (
            SELECT FROM {events} later
             WHERE later.version OPERATOR(pg_catalog.=) e.version
               AND later.id OPERATOR(pg_catalog.>) e.id
               AND NOT {later_void}))"""


def read_ledger(cursor: Cursor, names: LedgerNames, *, closely: bool = False) -> Ledger:
    """Read what the database remembers, mostly in two queries.

    Args:
        cursor: on any connection.
        names: of the tables; without a schema they are beside the alembic_version that the
            search_path finds.
        closely: whether to read also how the applied migrations ran.

    Raises:
        psycopg2.Error: when the tables may not be read.
        LedgerError: when they are a stranger's, or run functions of somebody's.
    """
    cursor.execute(f"{_PLACE} SELECT {_FACTS} FROM place", _asked(names))
    found = _in_place(cursor, names, cursor.fetchone() or ())
    guard = _WRITES_NOTHING if _is_alone(cursor) else _NOTHING
    cursor.execute(_contents(found, guard, *(_how_they_ran(found) if closely else ())))
    found = _filled(found, cursor.fetchall(), closely=closely)
    return found if found.columns else found._replace(others=_others(cursor))


def read_ledger_again(cursor: Cursor, names: LedgerNames, seen: Ledger) -> Ledger:
    """Read in one query what the same session has read just now, as long as nothing was remade.

    Behind a longer while somebody may have put another table, or a view, in the place of one: then
    it is looked at first, as ever.

    Args:
        cursor: on that connection, in autocommit.
        names: of the tables.
        seen: what was read: whose tables these are is known.

    Raises:
        psycopg2.Error: as `read_ledger` does.
        LedgerError: likewise.
    """
    if seen.is_ready and time.monotonic() - seen.read_at < _JUST_NOW:
        contents = _contents(seen, _NOTHING, f", {_FACTS} FROM place", _NO_FACTS)
        with contextlib.suppress(errors.UndefinedTable, errors.UndefinedColumn):
            cursor.execute(f"{_PLACE} {contents.replace('%', '%%')}", _asked(names))
            rows = cursor.fetchall()
            found = _in_place(cursor, names, rows[0][_OF_A_ROW:])
            if _shape(found) == _shape(seen):
                return _filled(found, rows)
    return read_ledger(cursor, names)


def _asked(names: LedgerNames) -> tuple[object, ...]:
    return names_asked_for(names), names.schema or None, VERSION_TABLE


def _in_place(cursor: Cursor, names: LedgerNames, facts: Sequence[Any]) -> Ledger:
    """What the facts say, all but what is in the tables."""
    is_replica, pid, server, schema, has_schema, path, setting, user, *seen = facts
    place = names._replace(schema=schema or "")
    there, writers = _tables_there(cursor, place, *seen)
    asked = names_asked_for(names)
    columns, events, deploys, version = (frozenset(there.get(name, ())) for name in asked)
    return UNKNOWN_LEDGER._replace(
        schema=place.schema,
        columns=columns,
        has_version_table=version >= _VERSIONED,
        events=events,
        is_replica=is_replica,
        is_pooled=pid != cursor.connection.info.backend_pid,
        has_deploys=deploys >= DEPLOYED,
        writers=writers,
        server=server,
        table=names.table,
        has_schema=has_schema,
        path=tuple(path),
        first="" if names.schema else first_schema(setting, path, user),
        foreign=_foreign(dict(zip(asked, (columns, events, deploys, version), strict=True))),
    )


def _shape(ledger: Ledger) -> tuple[object, ...]:
    """What decides how the tables are to be read."""
    there = ledger.has_version_table, ledger.has_deploys
    return ledger.names, ledger.columns, ledger.events, *there


def _contents(found: Ledger, guard: str, beside_first: str = "", beside_each: str = "") -> str:
    """A query for what is in tables that are there: first all but the migrations, then those.

    Args:
        found: what is there.
        guard: what is called before a table is read.
        beside_first: further columns of the first row, and where they come from.
        beside_each: those of the others.
    """
    tables = LedgerSql(found.names)
    parts = (
        guard,
        _VERSIONS.format(tables.version) if found.has_version_table else _NONE,
        _half_done(found, tables),
        UNFINISHED.format(deploys=tables.deploys, since=UTC.format("started_at"))
        if found.has_deploys
        else f"0, {_NONE}",
        REPEATABLE.format(events=tables.events) if found.has_events else _NONE,
    )
    first = _FIRST.format(parts=", ".join(parts))
    if not found.has_migrations:
        return first + beside_first
    kept = _DOWN if found.keeps_downs else _NOTHING
    return (
        f"{first}{beside_first} UNION ALL (SELECT id::pg_catalog.text,"
        f" name::pg_catalog.text, checksum::pg_catalog.text, {kept}{beside_each}"
        f" FROM {tables.migrations} ORDER BY id)"
    )


def _how_they_ran(found: Ledger) -> tuple[str, str]:
    """Columns for how migrations ran."""
    later = [name if name in found.columns else _NOTHING for name in Execution._fields[1:]]
    columns = [UTC.format("executed_at"), *later]
    return f", {_NOTHING}" * len(columns), f", {', '.join(columns)}"


def _filled(found: Ledger, answer: Sequence[Sequence[Any]], *, closely: bool = False) -> Ledger:
    (_, contents, *_), *rows = answer
    _, current, half_done, last_deploy, unfinished, repeatable = json.loads(contents)
    return found._replace(
        current=tuple(current),
        rows={row[0]: LedgerRow(*row[:_OF_A_ROW]) for row in rows},
        half_done=tuple(HalfDone(*each) for each in half_done),
        last_deploy=last_deploy,
        unfinished=tuple(UnfinishedDeploy(*each) for each in unfinished),
        repeatable={row[0]: RepeatableRow(*row) for row in repeatable},
        executions={row[0]: Execution(*row[_OF_A_ROW:]) for row in rows} if closely else {},
        read_at=time.monotonic(),
    )


def _is_alone(cursor: Cursor) -> bool:
    """Whether a statement is a transaction of its own, which nobody else writes in."""
    connection = cursor.connection
    is_idle = connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    return bool(connection.autocommit and is_idle)


def _tables_there(
    cursor: Cursor,
    place: LedgerNames,
    columns: Mapping[str, list[str]],
    is_odd: bool,  # noqa: FBT001
) -> tuple[Mapping[str, list[str]], list[LedgerWriter]]:
    """The columns of each table that is there, and who may write them beside their owner."""
    if not is_odd:
        return columns, []
    tables = trusted_tables(cursor, place)
    return {name: each.columns for name, each in tables.items()}, ledger_writers(tables.values())


def _others(cursor: Cursor) -> tuple[str, ...]:
    """The tables of other tools, which matter where there is no ledger yet."""
    from promptlib.ledger.tool_tables import visible_tool_tables  # noqa: PLC0415 - rarely needed

    cursor.execute(visible_tool_tables())
    return tuple(name for (name,) in cursor.fetchall())


def _foreign(found: Mapping[str, frozenset[str]]) -> str:
    """The first table that lacks columns which ours have, or nothing."""
    wanted = zip(found.items(), (PREDECESSORS, RECORDED, DEPLOYED, _VERSIONED), strict=True)
    return next((name for (name, has), needs in wanted if has and not has >= needs), "")


def _half_done(found: Ledger, tables: LedgerSql) -> str:
    if not found.has_events:
        return _NONE
    is_new = found.has_whole_events
    added = f", {', '.join(ADDED_TO_EVENTS)}" if is_new else ""
    clean = "{e}.deploy_id IS NOT NULL AND {e}.alone IS NULL" if is_new else "false"
    void, later_void = (
        _VOID.format(e=each, is_clean=clean.format(e=each)) for each in ("e", "later")
    )
    return _HALF_DONE.format(events=tables.events, added=added, void=void, later_void=later_void)
