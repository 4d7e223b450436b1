"""What a database remembers, read and made; tables.py has the tables and what writes them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the fields of a NamedTuple
from types import MappingProxyType

import psycopg2
from psycopg2 import errors

from promptlib.core.errors import LedgerError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.deploys import UNFINISHED, UnfinishedDeploy
from promptlib.ledger.repeatable import REPEATABLE, RepeatableRow
from promptlib.ledger.tables import (
    ADDED,
    ADDED_TO_EVENTS,
    DEPLOYS,
    EVENTS,
    MIGRATIONS,
    RECORDED,
    TABLES,
    UTC,
    VERSION_TABLE,
    LedgerSql,
)
from promptlib.ledger.trust import FACTS, ROLES, ledger_writers, require_trust_anew, trusted_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.trust import LedgerWriter

_OURS = frozenset(ADDED)
_KEPT = "down_sql"  # which every version of ours has
_RECORDED = RECORDED | frozenset(ADDED_TO_EVENTS)
_PREDECESSORS = frozenset(("id", "name", "executed_at", "checksum"))
_WHERE = f"""
    WITH RECURSIVE {ROLES}, place (schema) AS (
        SELECT coalesce(%s, (
            SELECT nspname FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)),
            pg_catalog.current_schema())
    )
    SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(),
           pg_catalog.pg_postmaster_start_time(), schema, {FACTS}
      FROM place
"""
_NONE = "'[]'::pg_catalog.json"
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
                id, version, direction, outcome, statements_done, statements_checksum,
                backend_pid{added})), '[]')
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
        columns: of the table `migrations`; none if it is not there.
        has_version_table: whether alembic_version is there.
        events: the columns of the table `migration_events`; none if it is not there.
        is_replica: whether the server takes no writes.
        is_pooled: whether a pooler stands between: its sessions are other clients' as well.
        has_deploys: whether the table `migration_deploys` is there.
        last_deploy: the id of the newest deploy, or 0.
        unfinished: deploys that run, or died.
        writers: who may write the tables beside their owner.
        server: when it was started: no two were in the same microsecond.
        repeatable: the repeatable files that ran, by name.
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
    def foreign(self) -> str:
        """The name of a table that is some other program's, or nothing."""
        if self.columns and not self.columns >= _PREDECESSORS:
            return MIGRATIONS
        return EVENTS if self.events and not self.has_events else ""

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


def read_ledger(cursor: Cursor, schema: str) -> Ledger:
    """Read what the database remembers, in two queries.

    Args:
        cursor: on any connection.
        schema: where alembic_version is; empty: wherever the search_path finds it.

    Raises:
        psycopg2.Error: when the tables may not be read.
        LedgerError: when they are a stranger's, or run functions of somebody's.
    """
    cursor.execute(_WHERE, (schema or None, VERSION_TABLE))
    is_replica, pid, server, found, facts = cursor.fetchone() or ()
    there = trusted_tables(cursor, found or "", facts)
    has_version_table, has_deploys = VERSION_TABLE in there, DEPLOYS in there
    columns, events = (
        frozenset(there[name].columns if name in there else ()) for name in (MIGRATIONS, EVENTS)
    )
    place = found or ""
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
    )
    cursor.execute(f"SELECT {', '.join(parts)}")
    current, rows, half_done, last_deploy, unfinished, repeatable = cursor.fetchone() or ()
    return Ledger(
        place,
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
        ledger_writers(there.values()),
        server,
        {row[0]: RepeatableRow(*row) for row in repeatable},
    )


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


def make_ledger(cursor: Cursor, found: Ledger) -> Ledger:
    """Make the tables where they are not.

    Args:
        cursor: on the connection of the deploy.
        found: what was read.

    Returns:
        what would be read then; `found` itself, where nothing was written.

    Raises:
        LedgerError: naming the tables, when they may not be made, or a stranger made them first.
    """
    tables = LedgerSql(found.schema)
    sql = [] if found.exists else [tables.create(extend=bool(found.columns or found.events))]
    if not found.has_version_table:
        sql.append(tables.create_version())
    try:
        for each in sql:
            cursor.execute(each)
        if sql:
            require_trust_anew(cursor, found.schema)
    except psycopg2.Error as error:
        if refused := _unmakeable(error, found.schema):
            raise refused from error
        raise
    return found.with_tables() if sql else found


def _unmakeable(error: psycopg2.Error, schema: str) -> LedgerError | None:
    """Why the tables cannot be made, where that is a matter of rights or names."""
    may_not = isinstance(error, errors.InsufficientPrivilege)
    if not may_not and not isinstance(error, errors.InvalidSchemaName):
        return None
    schema = schema or "that the search_path names"
    return LedgerError(
        f"the tables {', '.join(TABLES)} cannot be made in the schema {schema}: "
        f"{error.diag.message_primary}",
        f"GRANT CREATE ON SCHEMA {schema} to the user in DATABASE_URL, or let the owner deploy once"
        if may_not
        else "create the schema, or name another one in version_table_schema",
    )
