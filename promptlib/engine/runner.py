"""Run one section on one connection, statement by statement. Transactions are the caller's."""

from __future__ import annotations

import contextlib
import re

import psycopg2

from promptlib.core.errors import HalfDoneMigrationError, PromptlibError, StatementError
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import on_one_line
from promptlib.core.remedies import MIGRATE, ROLLBACK, Remedy
from promptlib.engine.diagnosis import explain_statement_error
from promptlib.engine.session_settings import settings_kept
from promptlib.files.parser import place_in_file
from promptlib.syntax.lexemes import GAP, byte_pattern
from promptlib.syntax.session_state import left_in_session
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.core.events import Progress
    from promptlib.engine.context import DeployContext
    from promptlib.engine.watcher import Watcher
    from promptlib.files.section import Section

    Excuses = Callable[[Cursor, int, PromptlibError], bool]

# What the statements behind it rest on, and what ends with the session.
_SETS_SESSION = byte_pattern(
    rf"(?:set|reset)\b|select{GAP}(?:pg_catalog\s*\.\s*)?set_config\s*\(", re.IGNORECASE
)

# What libpq adds where the server points into the statement: a line of it, literals and all.
_EXCERPT = re.compile(r"\n[^\n]*\n *\^ *(?=\n|\Z)")


class Step(NamedTuple):
    """A section to run: of which migration, in which direction, and where it is written."""

    version: str
    direction: str
    section: Section
    path: Path

    def place(self, index: int) -> str:
        """Where a statement is written: `path:line:column`."""
        source = self.section.source
        return place_in_file(self.path, source, self.section.statements[index].head)


def run_section(
    context: DeployContext,
    step: Step,
    settings: Mapping[str, str],
    *,
    excuses: Excuses | None = None,
    pid: int = 0,
) -> int:
    """Run a section in the connection's transaction, and leave the session as it was.

    Args:
        context: of the deploy, whose connection is not in autocommit.
        step: what to run.
        settings: PostgreSQL settings that hold for this section only.
        excuses: says of a statement that failed whether that counts as done: there was nothing to
            undo.
        pid: the number of the server process, if these settings hold in it already and the section
            makes none.

    Returns:
        the number of the server process, which behind a pooler is the transaction's own.

    Raises:
        PromptlibError: for the first statement that fails. Nothing is rolled back here.
    """
    connection, external = context.connection, context.connections.external
    with connection.cursor() as cursor, notices_told(connection, context.progress):
        if pid:
            _statements(cursor, context, step, pid, excuses)
            return pid
        with settings_kept(cursor, step.section, settings, local=True, external=external) as number:
            _statements(cursor, context, step, number, excuses)
        return number


def _statements(
    cursor: Cursor, context: DeployContext, step: Step, pid: int, excuses: Excuses | None
) -> None:
    for index in range(len(step.section.statements)):
        if not excuses:
            execute_statement(cursor, step, index, context.watcher, pid)
            continue
        cursor.execute("SAVEPOINT promptlib_statement")
        try:
            execute_statement(cursor, step, index, context.watcher, pid)
        except StatementError as error:
            cursor.execute("ROLLBACK TO SAVEPOINT promptlib_statement")
            if not excuses(cursor, index, error):
                raise
            tell_excused(error, context.progress)


def execute_statement(cursor: Cursor, step: Step, index: int, watcher: Watcher, pid: int) -> None:
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
        raise explain_statement_error(
            error, section, section.statements[index], step.path
        ) from None


def sqlstate_of(error: BaseException) -> str:
    """The SQLSTATE of an error, or of its cause; empty if the server sent none."""
    found: BaseException | None = error
    while found:
        if state := getattr(found, "sqlstate", None) or getattr(found, "pgcode", None):
            return str(state)
        found = found.__cause__  # not what it came up after, which may be another's
    return ""


def tell_excused(error: PromptlibError, progress: Progress) -> None:
    """Say that a statement counts as done, and why."""
    progress(Event(Kind.INFO, f"{error.place}: {error.what}; this counts as done"))


def sets_session(section: Section, index: int) -> bool:
    """Whether a statement does nothing but set something for those behind it."""
    return _SETS_SESSION.match(section.source, section.statements[index].head) is not None


def require_nothing_left(step: Step, index: int) -> None:
    """Refuse to go on behind a statement that left something in its session, which has ended.

    Those behind it would find another table by that name, or none.

    Raises:
        HalfDoneMigrationError: saying what it was.
    """
    section = step.section
    if sets_session(section, index):
        return
    statement = section.statements[index]
    if left := left_in_session(section.source, tokenize_statement(section.source, statement)):
        undo = ROLLBACK if step.direction == "up" else MIGRATE
        raise HalfDoneMigrationError(
            f"this made {left}, which ended with the session of the deploy that was cut off, so "
            "nothing can go on behind it",
            Remedy("undo it: {}; and let one statement do all that needs it", undo),
            place=step.place(index),
        )


def require_nothing_set(step: Step) -> None:
    """Refuse a section whose statements would set something in sessions of other clients.

    Raises:
        PromptlibError: for the first of them.
    """
    section = step.section
    for index in range(len(section.statements)):
        if sets_session(section, index):
            raise PromptlibError(
                "behind a pooler, what this sets outside a transaction would go to other clients",
                "remove it, or connect to the server itself",
                place=step.place(index),
            )


class _Notices:
    """What a connection appends its notices to; psycopg2's own list keeps the last 50."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def append(self, notice: str) -> None:
        """Tell a notice at once, but not what the server may log of the statements themselves."""
        if not notice.startswith(("LOG", "DEBUG")):
            told = on_one_line(_EXCERPT.sub("", notice))
            self._progress(Event(Kind.NOTICE, f"  {told}"))


@contextlib.contextmanager
def notices_told(connection: Connection, progress: Progress) -> Iterator[None]:
    """Pass on what the section tells its reader: RAISE NOTICE, and the server's warnings."""
    before: Any = connection.notices
    connection.notices = _Notices(progress)  # type: ignore[assignment] # it needs an append, no more
    try:
        yield
    finally:
        connection.notices = before
