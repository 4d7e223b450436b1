"""Run one section on one connection, statement by statement. Transactions are the caller's."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path  # noqa: TC003 - the fields of a NamedTuple
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from promptlib import diagnosis
from promptlib.errors import PromptlibError, history
from promptlib.lexemes import GAP, NAME, WORD, over_bytes
from promptlib.migration import place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.section import Section
    from promptlib.watcher import Watcher

_log = logging.getLogger(__name__)

# Who is asking and what he may lose: restored first, for they decide what else may be set. The
# server does not list them among its settings, nor what names itself `app.tenant`.
_IDENTITY = ("session_authorization", "role", "promptlib.allow_data_loss")
_UNLISTED = (
    "SELECT name, coalesce(current_setting(name, true), ''), '' FROM unnest(ARRAY{}) n (name)"
)
_CUSTOM = over_bytes(rf"(?<!{NAME}){WORD}\.{WORD}")
_SETTINGS = "SELECT name, setting, reset_val FROM pg_settings WHERE source = 'session'"
_SET = "SELECT set_config(%s, %s, %s)"
_USABLE = (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS)
_SETS = over_bytes(r"\b(?:set|set_config|reset|discard)\b", re.IGNORECASE)
# What the statements behind it rest on, and what ends with the session.
_SETS_SESSION = over_bytes(
    rf"(?:set|reset)\b|select{GAP}(?:pg_catalog\s*\.\s*)?set_config\s*\(", re.IGNORECASE
)


class Step(NamedTuple):
    """A section to run: of which migration, in which direction, and where it is written."""

    version: str
    direction: str
    section: Section
    path: Path


def run(  # noqa: PLR0913 - two of them by name
    connection: Connection,
    step: Step,
    settings: Mapping[str, str],
    watcher: Watcher,
    *,
    external: bool = False,
    tolerated: Collection[str] = (),
) -> None:
    """Run a section in the connection's transaction, and leave the session as it was.

    Args:
        connection: not in autocommit.
        step: what to run.
        settings: PostgreSQL settings that hold for this section only.
        watcher: looks at what takes its time.
        external: whether the transaction is another's, and goes on.
        tolerated: SQLSTATEs that count as done: something is there, or gone, already.

    Raises:
        PromptlibError: for the first statement that fails. Nothing is rolled back here.
    """
    with (
        connection.cursor() as cursor,
        notices_shown(connection),
        settings_kept(cursor, step.section, settings, local=True, external=external) as pid,
    ):
        for index in range(len(step.section.statements)):
            if tolerated:
                cursor.execute("SAVEPOINT promptlib_statement")
            try:
                execute(cursor, step, index, watcher, pid)
            except PromptlibError as error:
                if sqlstate(error) not in tolerated:
                    raise
                cursor.execute("ROLLBACK TO SAVEPOINT promptlib_statement")
                tell_tolerated(error)


def execute(cursor: Cursor, step: Step, index: int, watcher: Watcher, pid: int) -> None:
    """Run one statement as it is written.

    Raises:
        PromptlibError: when it fails.
    """
    section = step.section
    text = section.sql(index)
    try:
        with watcher.statement(pid, index + 1, len(section.statements)):
            # Without a second argument psycopg2 sends the text as it is, % included.
            cursor.execute(text)
    except psycopg2.Error as error:
        # A traceback would show the driver's error, and with it the data that it quotes.
        raise diagnosis.explain(error, section, section.statements[index], step.path) from None


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE behind an error of ours; empty if the server sent none."""
    states = (getattr(each, "pgcode", None) for each in history(error))
    return next(filter(None, states), "")


def tell_tolerated(error: PromptlibError) -> None:
    """Say that a statement counts as done, and why."""
    _log.info("%s: %s; this counts as done", error.place, error.what)


def changes_settings(section: Section) -> bool:
    """Whether the section may set something that would outlive it, by SET search_path for one."""
    return bool(_SETS.search(section.source, section.start, section.end))


def sets_session(section: Section, index: int) -> bool:
    """Whether a statement does nothing but set something for those behind it."""
    return _SETS_SESSION.match(section.source, section.statements[index].head) is not None


def require_nothing_set(step: Step) -> None:
    """Refuse a section whose statements would set something in sessions of other clients.

    Raises:
        PromptlibError: for the first of them.
    """
    section = step.section
    for index, statement in enumerate(section.statements):
        if sets_session(section, index):
            raise PromptlibError(
                "behind a pooler, what this sets outside a transaction would go to other clients",
                "remove it, or connect to the server itself",
                place=place(step.path, section.source, statement.head),
            )


class _Notices:
    """What a connection appends its notices to; psycopg2's own list keeps the last 50."""

    def append(self, notice: str) -> None:
        """Show a notice at once, but not what the server may log of the statements themselves."""
        if not notice.startswith(("LOG", "DEBUG")):
            _log.info("  %s", " ".join(notice.split()))


@contextlib.contextmanager
def notices_shown(connection: Connection) -> Iterator[None]:
    """Pass on what the section tells its reader: RAISE NOTICE, and the server's warnings."""
    before: Any = connection.notices
    connection.notices = _Notices()  # type: ignore[assignment] # it needs an append, no more
    try:
        yield
    finally:
        connection.notices = before


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
    chosen = "".join(f", set_config('{name}', %s, {local})" for name in settings)
    cursor.execute(f"SELECT pg_backend_pid(){chosen}", (*settings.values(),) or None)
    (pid, *_) = cursor.fetchone() or (0,)
    try:
        yield pid
    finally:
        if cursor.connection.get_transaction_status() in _USABLE:
            for name, (value, _) in own.items():  # the caller's may be local to his transaction
                cursor.execute(_SET, (name, value, True))
            for query, values in before:
                _restore(cursor, query, values)


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
