"""What a database remembers, and how it is read; tables.py has the tables and what writes them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the fields of a NamedTuple
from types import MappingProxyType

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.deploys import DEPLOYED, UNFINISHED, UnfinishedDeploy
from promptlib.ledger.names import MIGRATIONS, VERSION_TABLE, LedgerNames
from promptlib.ledger.repeatable import REPEATABLE, RepeatableRow
from promptlib.ledger.tables import ADDED, ADDED_TO_EVENTS, RECORDED, UTC, LedgerSql
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

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.trust import LedgerWriter

_OURS = frozenset(ADDED)
_KEPT = "down_sql"  # which every version of ours has
_RECORDED = RECORDED | frozenset(ADDED_TO_EVENTS)
_PREDECESSORS = frozenset(("id", "name", "executed_at", "checksum"))
_VERSIONED = frozenset(("version_num",))
_WHERE = f"""
    WITH place AS MATERIALIZED (
        SELECT %s::pg_catalog.text[] AS names, coalesce(%s, (
            SELECT nspname FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)),
            pg_catalog.current_schema()) AS schema
    ), {GLANCED}
    SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(),
           pg_catalog.pg_postmaster_start_time(), schema,
           pg_catalog.to_regnamespace(pg_catalog.quote_ident(schema)) IS NOT NULL,
           pg_catalog.current_schemas(false)::pg_catalog.text[],
           pg_catalog.current_setting('search_path'), current_user::pg_catalog.text, {GLANCE}
      FROM place
"""
_NONE, _EMPTY = "'[]'::pg_catalog.json", "'{}'::pg_catalog.json"
_WRITES_NOTHING = "pg_catalog.set_config('transaction_read_only', 'on', true)"
_DOWN = "CASE WHEN down_sql IS NOT NULL THEN coalesce(down_checksum, '') END"
_VERSIONS = "ARRAY(SELECT version_num::pg_catalog.text FROM {})"
_ROWS = """
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                id::pg_catalog.text, name, checksum, {kept}) ORDER BY id), '[]')
       FROM {})"""
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


class LedgerRow(NamedTuple):
    """A migration that is applied now.

    Attributes:
        version: 14 digits, as far as it is ours.
        name: as in the file's name, underscores as spaces.
        checksum: of its UP section.
        down: that of its DOWN section, if the ledger keeps one.
    """

    version: str
    name: str
    checksum: str
    down: str | None

    @property
    def file_name(self) -> str:
        """The name as it is in the file's name."""
        return self.name.replace(" ", "_")

    @property
    def is_foreign(self) -> bool:
        """Whether another program wrote the row: ours always keep the DOWN section."""
        return self.down is None


class Execution(NamedTuple):
    """How a migration ran that is applied now; None where nobody knows.

    Attributes:
        executed_at: when, as ISO 8601 in UTC.
        execution_ms: how long it took, in milliseconds.
        executed_by: the database's user.
    """

    executed_at: str | None = None
    execution_ms: int | None = None
    executed_by: str | None = None


class HalfDone(NamedTuple):
    """A section outside a transaction that did not come to its end.

    Attributes:
        event: the id of its event.
        version: of its migration.
        direction: `up` or `down`.
        outcome: `failed` when the next statement was refused, `running` when nobody saw how it
            ended.
        done: how many statements took effect.
        checksum: of their text.
        backend_pid: the server process that ran them.
        deploy: the id of the deploy; None, where an earlier version of promptlib ran it.
        alone: which statement, from 0, began last that no transaction takes.
        found: what its kind wanted to know of the catalog before it.
        alone_checksum: of the text of all statements up to that one.
    """

    event: int
    version: str
    direction: str
    outcome: str
    done: int
    checksum: str
    backend_pid: int
    deploy: int | None = None
    alone: int | None = None
    found: str | None = None
    alone_checksum: str | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has seen how the statement ended that comes next.

        One that ran in a transaction committed with its record, so without one it did not run.
        Earlier versions of promptlib ran statements first, and recorded them then.
        """
        return self.alone == self.done if self.deploy else self.outcome == "running"


class Ledger(NamedTuple):
    """What was read from a database.

    Attributes:
        schema: where alembic_version and the ledger are, or would be made.
        current: what alembic_version names.
        rows: the applied migrations by version.
        half_done: sections that did not come to their end.
        columns: of its first table; none if it is not there.
        has_version_table: whether alembic_version is there.
        events: the columns of the table of attempts; none if it is not there.
        is_replica: whether the server takes no writes.
        is_pooled: whether a pooler stands between: its sessions are other clients' as well.
        has_deploys: whether the table of deploys is there.
        last_deploy: the id of the newest deploy, or 0.
        unfinished: deploys that run, or died.
        writers: who may write the tables beside their owner.
        server: when it was started: no two were in the same microsecond.
        table: what the first table is called, or would be.
        has_schema: whether the schema is there.
        path: the schemas that names without one are looked up in.
        first: the schema that the search_path names first; empty where version_table_schema says
            where the ledger is.
        foreign: the name of a table that is some other program's, or nothing.
        others: where there is no ledger, the tables of other migration tools.
        repeatable: the repeatable files that ran, by name.
        executions: how the applied migrations ran, by version, where that was read, too.
    """

    schema: str
    current: tuple[str, ...]
    rows: dict[str, LedgerRow]
    half_done: tuple[HalfDone, ...]
    columns: frozenset[str]
    has_version_table: bool
    events: frozenset[str]
    is_replica: bool
    is_pooled: bool = False
    has_deploys: bool = False
    last_deploy: int = 0
    unfinished: tuple[UnfinishedDeploy, ...] = ()
    writers: Sequence[LedgerWriter] = ()
    server: datetime | None = None
    repeatable: Mapping[str, RepeatableRow] = MappingProxyType({})
    table: str = MIGRATIONS
    has_schema: bool = True
    path: tuple[str, ...] = ()
    first: str = ""
    foreign: str = ""
    others: tuple[str, ...] = ()
    executions: Mapping[str, Execution] = MappingProxyType({})

    @property
    def names(self) -> LedgerNames:
        """Where the tables are, and what they are called."""
        return LedgerNames(self.schema, self.table)

    @property
    def exists(self) -> bool:
        """Whether all tables are there, as we make them."""
        whole = self.events >= _RECORDED and self.columns >= _OURS | _PREDECESSORS
        return whole and self.has_deploys

    @property
    def has_events(self) -> bool:
        """Whether `migration_events` is there, as this version or an earlier one made it."""
        return self.events >= RECORDED

    @property
    def is_predecessors(self) -> bool:
        """Whether `migrations` is the one of the Node service, which keeps no DOWN sections."""
        return self.columns >= _PREDECESSORS and _KEPT not in self.columns

    @property
    def ours(self) -> dict[str, LedgerRow]:
        """The rows that promptlib wrote."""
        return {version: row for version, row in self.rows.items() if not row.is_foreign}

    @property
    def is_ready(self) -> bool:
        """Whether a deploy finds all tables made."""
        return self.exists and self.has_version_table

    def with_tables(self) -> Ledger:
        """What would be read once all tables are made."""
        return self._replace(
            columns=self.columns | _OURS | _PREDECESSORS,
            has_version_table=True,
            events=self.events | _RECORDED,
            has_deploys=True,
        )


UNKNOWN_LEDGER = Ledger(
    schema="",
    current=(),
    rows={},
    half_done=(),
    columns=frozenset(),
    has_version_table=False,
    events=frozenset(),
    is_replica=False,
)


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
    asked = names_asked_for(names)
    cursor.execute(_WHERE, (asked, names.schema or None, VERSION_TABLE))
    is_replica, pid, server, found, has_schema, path, setting, user, *seen = cursor.fetchone() or ()
    place = names._replace(schema=found or "")
    there, writers = _tables_there(cursor, place, *seen)
    columns, events, deploys, version = (frozenset(there.get(name, ())) for name in asked)
    has_version_table, has_deploys = version >= _VERSIONED, deploys >= DEPLOYED
    kept = _DOWN if _KEPT in columns else "NULL"
    tables = LedgerSql(place)
    parts = (
        _VERSIONS.format(tables.version) if has_version_table else "'{}'::pg_catalog.text[]",
        _ROWS.format(tables.migrations, kept=kept) if columns >= _PREDECESSORS else _NONE,
        _half_done(tables, events),
        UNFINISHED.format(deploys=tables.deploys, since=UTC.format("started_at"))
        if has_deploys
        else f"0, {_NONE}",
        REPEATABLE.format(events=tables.events) if events >= RECORDED else _NONE,
        _executions(tables.migrations, columns) if closely else _EMPTY,
    )
    cursor.execute(f"SELECT {_WRITES_NOTHING if _is_alone(cursor) else 'NULL'}, {', '.join(parts)}")
    _, current, rows, half_done, last_deploy, unfinished, repeatable, ran = cursor.fetchone() or ()
    return Ledger(
        place.schema,
        tuple(current),
        {row[0]: LedgerRow(*row) for row in rows},
        tuple(HalfDone(*each) for each in half_done),
        columns,
        has_version_table,
        events,
        is_replica,
        pid != cursor.connection.info.backend_pid,
        has_deploys,
        last_deploy,
        tuple(UnfinishedDeploy(*each) for each in unfinished),
        writers,
        server,
        {row[0]: RepeatableRow(*row) for row in repeatable},
        names.table,
        has_schema,
        tuple(path),
        "" if names.schema else first_schema(setting, path, user),
        _foreign(dict(zip(asked, (columns, events, deploys, version), strict=True))),
        () if columns else _others(cursor),
        {version: Execution(*facts) for version, facts in ran.items()},
    )


def _executions(table: str, columns: frozenset[str]) -> str:
    """How migrations ran, where the table of them has these columns."""
    if not columns >= _PREDECESSORS:
        return _EMPTY
    later = [name if name in columns else "NULL" for name in Execution._fields[1:]]
    told = ", ".join([UTC.format("executed_at"), *later])
    return (
        "(SELECT coalesce(pg_catalog.json_object_agg("
        f"id::pg_catalog.text, pg_catalog.json_build_array({told})), '{{}}') FROM {table})"
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
    wanted = zip(found.items(), (_PREDECESSORS, RECORDED, DEPLOYED, _VERSIONED), strict=True)
    return next((name for (name, has), needs in wanted if has and not has >= needs), "")


def _half_done(tables: LedgerSql, events: frozenset[str]) -> str:
    if not events >= RECORDED:
        return _NONE
    is_new = events >= _RECORDED
    added = f", {', '.join(ADDED_TO_EVENTS)}" if is_new else ""
    clean = "{e}.deploy_id IS NOT NULL AND {e}.alone IS NULL" if is_new else "false"
    void, later_void = (
        _VOID.format(e=each, is_clean=clean.format(e=each)) for each in ("e", "later")
    )
    return _HALF_DONE.format(events=tables.events, added=added, void=void, later_void=later_void)
