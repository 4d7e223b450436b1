"""The attempts that a database remembers: what `promptlib history` shows."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from promptlib.core.errors import PromptlibError
from promptlib.files.directory import list_migrations
from promptlib.ledger.state import read_ledger
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.status import UTC
from promptlib.postgres.target import read_only_snapshot

if TYPE_CHECKING:
    from promptlib.config.project import Project
    from promptlib.plan.status import Document
    from promptlib.postgres.target import Target

# The keys of the document, and their columns.
_COLUMNS = {
    "version": "version",
    "direction": "direction",
    "started_at": UTC.format("started_at"),
    "finished_at": UTC.format("finished_at"),
    "outcome": "outcome",
    "executed_by": "executed_by",
    "error": "error",
}


def read_history(project: Project, target: Target, version: str) -> list[Document]:
    """Read the attempts, oldest first.

    Args:
        project: whose files are looked at.
        target: the database.
        version: of the only migration to tell of, or how it begins; empty: all.

    Raises:
        PromptlibError: when neither an attempt nor a file has such a version.
    """
    rows = []
    with (
        contextlib.closing(target.connect()) as connection,
        read_only_snapshot(connection) as cursor,
    ):
        found = read_ledger(cursor, project.settings.version_table_schema)
        if found.has_events:
            cursor.execute(
                f"SELECT {', '.join(_COLUMNS.values())} FROM {LedgerSql(found.schema).events}"
                " WHERE starts_with(version, %s) ORDER BY id",
                (version,),
            )
            rows = cursor.fetchall()
    if version and not rows:
        known = list_migrations(project.sql)
        if not any(file.version.startswith(version) for file in known):
            raise _unknown(version)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _unknown(version: str) -> PromptlibError:
    return PromptlibError(
        f"no migration has a version that begins with {version!r}",
        "promptlib status shows them all",
    )
