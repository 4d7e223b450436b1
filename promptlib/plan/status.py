"""Where a database stands: what the commands know that look and change nothing.

The dictionaries are the documents of --json, whose keys are a promise.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from promptlib.core.errors import PromptlibError
from promptlib.files.directory import list_migrations, resolve_version
from promptlib.ledger.state import read_ledger
from promptlib.ledger.tables import UP, LedgerSql
from promptlib.plan.reading import read_files
from promptlib.plan.states import (
    State,
    known_rows,
    migration_entries,
    require_clear,
    state_problems,
)
from promptlib.postgres.target import read_only_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.project import Project
    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import HalfDone, Ledger
    from promptlib.plan.states import Entry
    from promptlib.postgres.target import Target

Document = dict[str, Any]
NOT_DONE = (State.PENDING, State.LATE, State.EDITED, State.MISSING)
_WAITING = (State.PENDING, State.LATE)
# A time as text: SQL, to be filled in.
UTC = "to_char({}::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
_FACTS = ("executed_at", "execution_ms", "executed_by")
_NOTHING = dict.fromkeys(_FACTS)


class Standing(NamedTuple):
    """A database and the files, compared.

    Attributes:
        target: the database.
        name: what the server calls it.
        folder: of the migrations.
        files: the migrations in it.
        migrations: those that differ from what ran, by version, as far as they could be read.
        broken: why the others could not.
        ledger: what the database remembers.
        entries: where each migration stands.
        facts: when, how long and by whom each migration ran, by version.
    """

    target: Target
    name: str
    folder: Path
    files: list[MigrationFile]
    migrations: dict[str, Migration]
    broken: list[PromptlibError]
    ledger: Ledger
    entries: list[Entry]
    facts: Mapping[str, Document]

    @property
    def head(self) -> str:
        """The newest file's version, or nothing."""
        return self.files[-1].version if self.files else ""

    @property
    def current(self) -> str:
        """The current revision, or nothing."""
        return self.ledger.version

    @property
    def applied(self) -> list[Entry]:
        """What ran here, oldest first."""
        return [entry for entry in self.entries if entry.state not in _WAITING]

    @property
    def waiting(self) -> list[Entry]:
        """What did not, oldest first."""
        return [entry for entry in self.entries if entry.state in _WAITING]

    def of(self, *states: State) -> list[Entry]:
        """The migrations in some states, oldest first."""
        return [entry for entry in self.entries if entry.state in states]

    def version(self, text: str) -> str:
        """The version that begins so.

        Raises:
            PromptlibError: when there is none, or there are several.
        """
        return resolve_version((entry.version for entry in self.entries), text)


def read_status(project: Project, target: Target) -> Standing:
    """Compare the files with the database. Nothing is written or locked."""
    files = list_migrations(project.sql)
    with contextlib.closing(target.connect()) as connection:
        return compare_files(project, target, connection, files)


def compare_files(
    project: Project, target: Target, connection: Connection, files: list[MigrationFile]
) -> Standing:
    """Compare the files with what a connection shows at one moment."""
    with read_only_snapshot(connection) as cursor:
        found = read_ledger(cursor, project.settings.version_table_schema)
        facts = _facts(cursor, found)
    migrations, checksums, broken = read_files(files, found.rows)
    rows = known_rows(files, checksums, found)
    entries = migration_entries(files, checksums, found, rows)
    known = {
        version: {**_NOTHING, "checksum": row.checksum, **facts.get(version, {})}
        for version, row in rows.items()
    }
    name = connection.info.dbname
    return Standing(target, name, project.sql, files, migrations, broken, found, entries, known)


def _facts(cursor: Cursor, found: Ledger) -> dict[str, Document]:
    """What the ledger's rows say of when, how long and by whom."""
    if not found.rows:
        return {}
    later = [name if name in found.columns else "NULL" for name in _FACTS[1:]]
    columns = ", ".join(["id::text", UTC.format("executed_at"), *later])
    cursor.execute(f"SELECT {columns} FROM {LedgerSql(found.schema).migrations}")
    return {row[0]: dict(zip(_FACTS, row[1:], strict=True)) for row in cursor}


def deploy_refusals(standing: Standing, *, applies_late: bool) -> Iterator[PromptlibError]:
    """What keeps a deploy from running.

    Args:
        standing: from `look`.
        applies_late: whether late migrations may run.
    """
    yield from standing.broken
    try:
        require_clear(standing.ledger, standing.files)
    except PromptlibError as error:
        yield error
    refused = standing.of(State.EDITED, State.MISSING, *([] if applies_late else [State.LATE]))
    yield from state_problems(refused, standing.folder, standing.current)


def describe_half_done(half: HalfDone) -> str:
    """Say that a section was cut off, and what to do."""
    finish, undo = ("migrate", "rollback")[:: 1 if half.direction == UP else -1]
    return (
        f"the {half.direction.upper()} section of {half.version} was cut off after statement "
        f"{half.done}: promptlib {finish} finishes it, promptlib {undo} undoes it"
    )


def migration_document(standing: Standing, entry: Entry) -> Document:
    """One migration of the documents `status` and `executed`."""
    file = standing.migrations.get(entry.version)
    unknown = {**_NOTHING, "checksum": file.up.checksum if file else None}
    return {**pending_document(entry), **standing.facts.get(entry.version, unknown)}


def pending_document(entry: Entry) -> Document:
    """One migration of the document `pending`."""
    return {
        "version": entry.version,
        "name": entry.name.replace("_", " "),
        "state": str(entry.state),
    }


def status_document(standing: Standing) -> Document:
    """The document `status`."""
    counts = {str(state): len(standing.of(state)) for state in State}
    return {
        "database": standing.name,
        "url": str(standing.target),
        "current": standing.current or None,
        "head": standing.head or None,
        "available": len(standing.files),
        **counts,
        "half_done": [
            {"version": each.version, "direction": each.direction, "statements_done": each.done}
            for each in standing.ledger.half_done
        ],
        "migrations": [migration_document(standing, entry) for entry in standing.entries],
    }
