"""Run one section on one connection, statement by statement. Transactions are the caller's."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from promptlib import diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.migration import Section

_log = logging.getLogger(__name__)

# What may be set for a session. The role is a setting too, but pg_settings does not list it.
_READ_SETTINGS = """
    SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser')
     UNION ALL SELECT 'role', current_setting('role')
"""
_SET = "SELECT set_config(%s, %s, false)"
_USABLE = (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS)
_SETS = re.compile(r"(?:set|reset|discard)\b", re.IGNORECASE)
_SETS_INSIDE = re.compile(r"\bset_config\b", re.IGNORECASE)


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
    if section.lock_timeout:
        settings = {**settings, "lock_timeout": section.lock_timeout}
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
    """Whether a statement of the section sets something that would outlive it (SET search_path)."""
    return bool(
        _SETS_INSIDE.search(section.source, section.start, section.end)
        or any(_SETS.match(section.source, statement.head) for statement in section.statements)
    )


@contextlib.contextmanager
def _notices_shown(connection: Connection) -> Iterator[None]:
    """Pass on what the section tells its reader: RAISE NOTICE, and the server's warnings."""
    connection.notices.clear()
    try:
        yield
    finally:
        for notice in connection.notices:
            _log.info("  %s", " ".join(notice.split()))


@contextlib.contextmanager
def _settings_kept(cursor: Cursor, section: Section, settings: Mapping[str, str]) -> Iterator[None]:
    """Apply settings, and take back what the section sets beyond them.

    A dump begins with `SET search_path = ''`: without this no later statement would find
    alembic_version. In a failed transaction the rollback does it.
    """
    if not settings and not changes_settings(section):
        yield
        return
    before = _read_settings(cursor)
    for name, value in settings.items():
        cursor.execute(_SET, (name, value))
    try:
        yield
    finally:
        if cursor.connection.get_transaction_status() in _USABLE:
            _restore(cursor, {**dict.fromkeys(settings, ""), **before})


def _restore(cursor: Cursor, before: Mapping[str, str]) -> None:
    after = _read_settings(cursor)
    for name, value in before.items():
        if after.get(name) != value:
            cursor.execute(_SET, (name, value))


def _read_settings(cursor: Cursor) -> dict[str, str]:
    cursor.execute(_READ_SETTINGS)
    return dict(cursor.fetchall())
