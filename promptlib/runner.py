"""Run one section on one connection, statement by statement. Transactions are the caller's."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from promptlib import diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.migration import Section

ALLOW_DATA_LOSS = "promptlib.allow_data_loss"
_log = logging.getLogger(__name__)

# Who is asking and what he may lose: restored first, for they decide what else may be set. The
# server does not list them among its settings.
_IDENTITY = """
    SELECT name, coalesce(current_setting(name, true), ''), ''
      FROM unnest(ARRAY['session_authorization', 'role', 'promptlib.allow_data_loss']) AS name
"""
_SETTINGS = "SELECT name, setting, reset_val FROM pg_settings WHERE source = 'session'"
_SET = "SELECT set_config(%s, %s, false)"
_USABLE = (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS)
_SETS = re.compile(r"\b(?:set|set_config|reset|discard)\b", re.IGNORECASE)


def run(connection: Connection, section: Section, path: Path, settings: Mapping[str, str]) -> None:
    """Run a section as written, and leave the session's settings as they were.

    Args:
        connection: in a transaction, or in autocommit for a section outside of one.
        section: what to run.
        path: its migration's file, for errors.
        settings: PostgreSQL settings that hold for this section only.

    Raises:
        PromptlibError: for the first statement that fails. Nothing is rolled back here.
    """
    with (
        connection.cursor() as cursor,
        _notices_shown(connection),
        _settings_kept(cursor, section, settings),
    ):
        for statement in section.statements:
            text = section.source[statement.start : statement.end]
            try:
                # Without a second argument psycopg2 sends the text as it is, % included.
                cursor.execute(text)
            except psycopg2.Error as error:
                raise diagnosis.explain(error, section, statement, path) from error


def changes_settings(section: Section) -> bool:
    """Whether the section may set something that would outlive it, by SET search_path for one."""
    return bool(_SETS.search(section.source, section.start, section.end))


class _Notices:
    """What a connection appends its notices to; psycopg2's own list keeps the last 50."""

    def append(self, notice: str) -> None:
        """Show a notice at once."""
        _log.info("  %s", " ".join(notice.split()))


@contextlib.contextmanager
def _notices_shown(connection: Connection) -> Iterator[None]:
    """Pass on what the section tells its reader: RAISE NOTICE, and the server's warnings."""
    before: Any = connection.notices
    connection.notices = _Notices()  # type: ignore[assignment] # it needs an append, no more
    try:
        yield
    finally:
        connection.notices = before


@contextlib.contextmanager
def _settings_kept(cursor: Cursor, section: Section, settings: Mapping[str, str]) -> Iterator[None]:
    """Apply settings, and take them back with those that the section makes.

    A dump begins with `SET search_path = ''`: without this no later statement would find
    alembic_version. In a failed transaction the rollback does it.
    """
    if not settings and not changes_settings(section):
        yield
        return
    before = [(query, _read(cursor, query)) for query in (_IDENTITY, _SETTINGS)]
    for name, value in settings.items():
        cursor.execute(_SET, (name, value))
    try:
        yield
    finally:
        if cursor.connection.get_transaction_status() in _USABLE:
            for query, values in before:
                _restore(cursor, query, values)


def _restore(cursor: Cursor, query: str, before: Mapping[str, tuple[str, str]]) -> None:
    now = _read(cursor, query)
    for name in now.keys() | before.keys():
        value = before[name][0] if name in before else now[name][1]
        if name not in now or now[name][0] != value:
            cursor.execute(_SET, (name, value))


def _read(cursor: Cursor, query: str) -> dict[str, tuple[str, str]]:
    """Settings by name: what each is, and what a reset would make it."""
    cursor.execute(query)
    return {name: (value, reset) for name, value, reset in cursor.fetchall()}
