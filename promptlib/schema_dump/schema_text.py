"""The schema of a database as one text, which psql runs in an empty one, ledger and all."""

from __future__ import annotations

from promptlib.core.errors import HalfDoneMigrationError
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.reading import read_ledger
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.refusals import require_clear
from promptlib.plan.status import compare_status, describe_half_done
from promptlib.postgres.client_programs import (
    DUMP,
    MAJOR,
    call_for,
    find_dump_programs,
    run_client,
)
from promptlib.postgres.connections import read_only_snapshot
from promptlib.postgres.pooling import connect_second
from promptlib.postgres.waiting import STAY_OPEN
from promptlib.schema_dump.ledger_rows import ledger_statements
from promptlib.schema_dump.statements import plain_statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.ledger.state import Ledger
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.status import Status
    from promptlib.postgres.target import Target

_HEAD = """\
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET client_min_messages = warning;
SET xmloption = content;
SET search_path = '';"""
# Whose things are, and who may use them, is each installation's own affair.
PLAIN = (*("--no-security-labels", "--no-subscriptions", "--no-tablespaces", "--encoding=UTF8"),)
BARE = ("--schema-only", "--no-owner", "--no-privileges")
# pg_dump leaves them to whoever restores rows; none before those that it reads.
_FILLED = """
    SELECT pg_catalog.format('%I.%I', nspname, relname) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) relnamespace
     WHERE relkind OPERATOR(pg_catalog.=) 'm' AND relispopulated
"""
_FILLED_LATER = "CREATE MATERIALIZED VIEW "
_TWO = "a dump needs two at a time, to see what the first one sees"
_NOT_DUMPED = "no schema was written"


def dump_schema(
    connection: Connection, target: Target, files: MigrationFiles, settings: Settings
) -> str:
    """Write down a schema, and which migrations made it, as they are at one moment.

    Args:
        connection: in no transaction; nothing is written.
        target: where that is.
        files: the migrations.
        settings: where the ledger is, and how long to wait for a lock.

    Raises:
        PromptlibError: when it is not clear what ran, or pg_dump cannot be had or fails.
    """
    server = connection.server_version // MAJOR
    with read_only_snapshot(connection) as cursor:
        cursor.execute(STAY_OPEN)
        found = compare_status(files, read_ledger(cursor, LedgerNames(*settings.ledger)))
        _require_whole(found)
        if found.ledger.is_pooled:
            connect_second(target.connect, _TWO).close()
        ours = [f"--exclude-table={name}" for name in _tables(found.ledger)]
        arguments = [*PLAIN, *BARE, *ours, *_snapshot(cursor, settings)]
        call = call_for(target.beside(connection)).but(*arguments)
        dumped = run_client(find_dump_programs(server), DUMP, call, _NOT_DUMPED)
        filled = filled_views(cursor)
    made = [*plain_statements(dumped, server)]
    views = [*fill_views(made, filled)]
    before = ["RESET search_path;"] * bool(views)  # what they call may need the usual one
    return schema_text([*made, *before, *views, *ledger_statements(found)])


def schema_text(statements: Iterable[str]) -> str:
    """Statements as a text for psql."""
    return "\n\n".join([_HEAD, *statements]) + "\n"


def filled_views(cursor: Cursor) -> set[str]:
    """The materialized views that have been filled."""
    cursor.execute(_FILLED)
    return {name for (name,) in cursor}


def fill_views(made: Iterable[str], filled: Collection[str]) -> Iterator[str]:
    """What fills materialized views again, in the order in which they are made."""
    created = (each.removeprefix(_FILLED_LATER) for each in made if each.startswith(_FILLED_LATER))
    names = [name for each in created for name in filled if each.startswith(f"{name} ")]
    yield from (f"REFRESH MATERIALIZED VIEW {name};" for name in names)


def _require_whole(found: Status) -> None:
    """Refuse a database of which the ledger does not say what ran.

    Raises:
        PlanRefusedError: saying what to do first.
    """
    require_clear(found)
    if found.ledger.half_done:
        raise HalfDoneMigrationError(
            "no row says what a section made that was cut off, so the schema was not written",
            notes=[f"  {each}" for each in map(describe_half_done, found.ledger.half_done)],
        )


def _tables(ledger: Ledger) -> list[str]:
    sql = LedgerSql(ledger.names)
    return [sql.version, sql.migrations, sql.events, sql.deploys]


def _snapshot(cursor: Cursor, settings: Settings) -> list[str]:
    """What lets pg_dump see what we see, and wait for nobody longer than a deploy does."""
    cursor.execute("SELECT pg_catalog.pg_export_snapshot()")
    (snapshot,) = cursor.fetchone() or ("",)
    limit = settings.lock_timeout
    return [f"--snapshot={snapshot}", *([f"--lock-wait-timeout={limit}"] if limit != "0" else [])]
