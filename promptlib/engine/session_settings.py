"""What is set in a session while a section runs, and taken back behind it."""

from __future__ import annotations

import contextlib
import re

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.liveness import watch_client
from promptlib.syntax.lexemes import GAP, NAME, WORD, byte_pattern, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.files.section import Section

# Who is asking and what he may lose: restored first, for they decide what else may be set. The
# server does not list them among its settings, nor what names itself `app.tenant`.
_IDENTITY = ("session_authorization", "role", "promptlib.allow_data_loss")
# The search_path is the author's where these run: see promptlib/postgres/search_path.py.
_UNLISTED = (
    "SELECT name, coalesce(pg_catalog.current_setting(name, true), ''), ''"
    " FROM pg_catalog.unnest(ARRAY{}) n (name)"
)
_CUSTOM = byte_pattern(rf"(?<!{NAME}){WORD}\.{WORD}")
_SETTINGS = (
    "SELECT name, setting, reset_val FROM pg_catalog.pg_settings"
    " WHERE source OPERATOR(pg_catalog.=) 'session'"
)
_SET = "SELECT pg_catalog.set_config(%s, %s, %s)"
_USABLE = (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS)
_SETS = byte_pattern(r"\b(?:set|set_config|reset|discard)\b", re.IGNORECASE)
# Where SET means something else: UPDATE t SET, ALTER COLUMN c SET NOT NULL, ON DELETE SET NULL.
_SETS_ELSE = byte_pattern(
    rf"(?:update|insert|delete|merge|alter|create{GAP}(?:unlogged{GAP})?table)\b", re.IGNORECASE
)
_CALLS = byte_pattern(r"\bset_config\b", re.IGNORECASE)


def changes_settings(section: Section) -> bool:
    """Whether the section may set something that would outlive it, by SET search_path for one."""
    source = section.source
    if not _SETS.search(source, section.start, section.end):
        return False
    return any(
        (_CALLS if _SETS_ELSE.match(source, head) else _SETS).search(source, head, end)
        for _, head, end, _ in section.statements
    )


@contextlib.contextmanager
def settings_kept(
    cursor: Cursor,
    section: Section,
    settings: Mapping[str, str],
    *,
    local: bool,
    external: bool = False,
) -> Iterator[int]:
    """Apply settings, and take them back with those that the section makes.

    A dump begins with `SET search_path = ''`: without this no later statement would find
    alembic_version. In a failed transaction the rollback does it.

    Args:
        cursor: on the connection that the section runs on.
        section: what will run.
        settings: PostgreSQL settings by name.
        local: whether they are a transaction's, and end with it by themselves.
        external: whether that transaction is another's, and goes on.

    Yields:
        the number of the server process, which behind a pooler is the transaction's own.
    """
    before = []
    if not local or changes_settings(section):
        before = [(query, _read(cursor, query)) for query in (_unlisted(section), _SETTINGS)]
    quiet = [name for name in settings if external and not section.mentions(name)]
    own = _read(cursor, _UNLISTED.format(quiet)) if quiet else {}
    chosen = "".join(f", pg_catalog.set_config('{name}', %s, {local})" for name in settings)
    # Without settings it is a pooler's session, which other clients have as well.
    watched = f", {watch_client(local=local)}" if settings and not external else ""
    asked = f"SELECT pg_catalog.pg_backend_pid(){chosen}{watched}"
    cursor.execute(asked, (*settings.values(),) or None)
    (pid, *_) = cursor.fetchone() or (0,)
    try:
        yield pid
    finally:
        if cursor.connection.get_transaction_status() in _USABLE:
            for name, (value, _) in own.items():  # the caller's may be local to his transaction
                cursor.execute(_SET, (name, value, True))
            for query, values in before:
                _restore(cursor, query, values)


def set_statements(settings: Mapping[str, str], *, local: bool) -> list[str]:
    """Statements that apply settings, until the transaction ends if they are local to it."""
    word = "SET LOCAL" if local else "SET"
    return [f"{word} {name} = {quote_literal(value)};" for name, value in settings.items()]


def _unlisted(section: Section) -> str:
    """A query for settings that pg_settings lacks, of all names that the section may set."""
    found = _CUSTOM.finditer(section.source, section.start, section.end)
    custom = dict.fromkeys(each[0].decode() for each in found)
    return _UNLISTED.format([*_IDENTITY, *custom])


def _restore(cursor: Cursor, query: str, before: Mapping[str, tuple[str, str]]) -> None:
    now = _read(cursor, query)
    for name in now.keys() | before.keys():
        value = before[name][0] if name in before else now[name][1]
        if name not in now or now[name][0] != value:
            cursor.execute(_SET, (name, value, False))


def _read(cursor: Cursor, query: str) -> dict[str, tuple[str, str]]:
    """Settings by name: what each is, and what a reset would make it."""
    cursor.execute(query)
    return {name: (value, reset) for name, value, reset in cursor.fetchall()}
