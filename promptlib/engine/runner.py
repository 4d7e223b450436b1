"""Run one section on one connection, as few messages as may be. Transactions are the caller's."""

from __future__ import annotations

import contextlib
import re

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from promptlib.core.errors import (
    HalfDoneMigrationError,
    NoConnectionError,
    PromptlibError,
    StatementError,
)
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import on_one_line
from promptlib.core.remedies import MIGRATE, ROLLBACK, Remedy
from promptlib.engine.attribution import letters_before, statement_of_error
from promptlib.engine.batches import split_batches
from promptlib.engine.session_settings import settings_kept
from promptlib.files.parser import place_in_file
from promptlib.postgres.messages import (
    MessageError,
    can_send,
    can_send_together,
    is_read_as_written,
    send_message,
)
from promptlib.postgres.sessions import Received
from promptlib.postgres.severity import is_logged
from promptlib.syntax.lexemes import GAP, byte_pattern, lazy_pattern

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
    from promptlib.postgres.pipelines import Pipeline

    Excuses = Callable[[Cursor, int, PromptlibError], bool]
    Sending = Callable[[Cursor, DeployContext, "Step", int], None]

# What the statements behind it rest on, and what ends with the session.
_SETS_SESSION = byte_pattern(
    rf"(?:set|reset)\b|select{GAP}(?:pg_catalog\s*\.\s*)?set_config\s*\(", re.IGNORECASE
)

# What libpq adds where the server points into the statement: a line of it, literals and all.
_EXCERPT = lazy_pattern(r"\n[^\n]*\n *\^ *(?=\n|\Z)")


class Step(NamedTuple):
    """A section to run: of which migration, in which direction, and where it is written."""

    version: str
    direction: str
    section: Section
    path: Path | str

    def place(self, index: int) -> str:
        """Where a statement is written: `path:line:column`."""
        source = self.section.source
        return place_in_file(self.path, source, self.section.statements[index].head)


class DividedBatchError(Exception):
    """Those that were sent together have to go one by one.

    Only then is it told which of them failed, or does each find what those before it have set.
    """


def run_section(
    context: DeployContext,
    step: Step,
    settings: Mapping[str, str],
    run: Sending,
    *,
    pid: int = 0,
) -> int:
    """Run a section in the connection's transaction, and leave the session as it was.

    Args:
        context: of the deploy, whose connection is not in autocommit.
        step: what to run.
        settings: PostgreSQL settings that hold for this section only.
        run: how to send its statements.
        pid: the number of the server process, if these settings hold in it already and the section
            makes none.

    Returns:
        the number of the server process, which behind a pooler is the transaction's own.

    Raises:
        PromptlibError: for the first statement that fails. Nothing is rolled back here.
        DividedBatchError: from `run_together`.
    """
    connection, external = context.connection, context.connections.external
    with connection.cursor() as cursor, notices_told(connection, context.progress):
        if pid:
            run(cursor, context, step, pid)
            return pid
        with settings_kept(cursor, step.section, settings, local=True, external=external) as number:
            run(cursor, context, step, number)
        return number


def run_together(cursor: Cursor, context: DeployContext, step: Step, pid: int) -> None:
    """Run a section's statements in as few messages as may be.

    Raises:
        PromptlibError: for the first that fails.
        DividedBatchError: when the section is to be undone, and to be run one by one.
    """
    for batch in split_batches(step.section):
        # What ran before may have changed how the server reads.
        if len(batch) == 1 or can_send_together(context.connection):
            _execute(cursor, step, batch, context.watcher, pid)
            if len(batch) > 1 and not is_read_as_written(context.connection):
                raise DividedBatchError  # a function changed that, for those behind it as well
        else:
            for index in batch:
                execute_statement(cursor, step, index, context.watcher, pid)


def run_ahead(ahead: Pipeline) -> Sending:
    """Wait for a section whose statements are on their way already, each by itself."""

    def run(cursor: Cursor, context: DeployContext, step: Step, pid: int) -> None:
        every, received = range(len(step.section.statements)), Received()
        try:
            with context.watcher.statements(pid, every, len(every), received):
                ahead.receive_part(received)
        except psycopg2.Error as error:
            failed = every[received.done :][:1] if error.pgcode else every
            done = 0 if error.pgcode else received.done
            raise _explained(error, cursor.connection, step, failed, done) from None

    return run


def run_one_by_one(cursor: Cursor, context: DeployContext, step: Step, pid: int) -> None:
    """Run a section's statements, each in a message of its own.

    Raises:
        PromptlibError: for the first that fails.
    """
    for index in range(len(step.section.statements)):
        execute_statement(cursor, step, index, context.watcher, pid)


def run_excusing(excuses: Excuses) -> Sending:
    """The same, where a statement that failed may count as done: there was nothing to undo.

    Args:
        excuses: says so of one.
    """

    def run(cursor: Cursor, context: DeployContext, step: Step, pid: int) -> None:
        for index in range(len(step.section.statements)):
            cursor.execute("SAVEPOINT promptlib_statement")
            try:
                execute_statement(cursor, step, index, context.watcher, pid)
            except StatementError as error:
                cursor.execute("ROLLBACK TO SAVEPOINT promptlib_statement")
                if not excuses(cursor, index, error):
                    raise
                tell_excused(error, context.progress)

    return run


def execute_statement(cursor: Cursor, step: Step, index: int, watcher: Watcher, pid: int) -> None:
    """Run one statement as it is written.

    Raises:
        PromptlibError: when it fails.
    """
    _execute(cursor, step, range(index, index + 1), watcher, pid)


def _execute(cursor: Cursor, step: Step, batch: range, watcher: Watcher, pid: int) -> None:
    """Run statements in one message, as they are written."""
    section, received = step.section, Received()
    text = section.text_of(batch)
    try:
        with watcher.statements(pid, batch, len(section.statements), received):
            if can_send(cursor.connection):
                send_message(cursor.connection, text, received)
            else:  # without a second argument psycopg2 sends the text as it is, % included
                cursor.execute(text.decode())
    except psycopg2.Error as error:
        # A traceback would show the driver's error, and with it the data that it quotes.
        raise _explained(error, cursor.connection, step, batch, received.done) from None
    except UnicodeEncodeError:
        raise StatementError(
            f"holds a letter that the connection's encoding, {cursor.connection.encoding}, lacks",
            "let the program that opened it ask for client_encoding=UTF8",
            place=step.place(batch.start),
        ) from None


def _explained(
    error: psycopg2.Error, connection: Connection, step: Step, batch: range, done: int
) -> Exception:
    """The error to raise: of the statement that failed, and with its place."""
    section, path = step.section, step.path
    index = statement_of_error(error, section, batch, done)
    if index is None and connection.get_transaction_status() == TRANSACTION_STATUS_INERROR:
        return DividedBatchError()
    unheard = batch[done:] or batch[-1:]
    index = unheard.start if index is None else index
    if isinstance(error, MessageError):
        error.move(letters_before(section, batch, index))
    from promptlib.engine.diagnosis import explain_statement_error

    told = explain_statement_error(error, section, section.statements[index], path)
    if isinstance(told, NoConnectionError) and len(unheard) > 1:
        which = f"statements {unheard.start + 1} to {unheard.stop}"
        told.notes += (f"  note: {which} were sent together: nobody knows at which it was",)
    return told


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
    from promptlib.syntax.session_state import left_in_session
    from promptlib.syntax.tokens import tokenize_statement

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
        if not is_logged(notice):
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
