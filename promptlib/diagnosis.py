"""A server's error -> where it is in the file, what the server said, what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib import masking, sqltext
from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg2
    from psycopg2.extensions import Diagnostics

    from promptlib.migration import Section
    from promptlib.sqltext import Statement

_EXISTS = (
    "if this migration ran here by other means, `alembic stamp` its version; otherwise rename it "
    "or drop what is there first"
)
_MISSING = "create it in an earlier migration, or correct the name, its schema or the search_path"
_PERMISSION = "grant the right to the user in DATABASE_URL, or deploy as the owner"
_VALUES = "mend the rows in this migration, before this statement"
_LOCKED = "nothing was changed: run it again, at a quieter time or with lock_timeout behind -- UP"
_REMEDIES = {
    "22P02": "correct the value that is not of this type",
    "23502": f"give every row a value: {_VALUES}, or add a default",
    "23503": f"add the rows that are referred to, or {_VALUES}",
    "23505": f"remove the duplicates: {_VALUES}",
    "23514": f"{_VALUES}, or add the constraint NOT VALID",
    "25001": "write `transaction:false` behind the marker: -- UP transaction:false",
    "25006": "connect to the primary, with a user that may write",
    "25P02": "look at the first error",
    "2BP01": "drop or change those first, in this section; CASCADE would drop them unseen",
    "3F000": "create the schema in an earlier migration",
    "40001": "nothing was changed: run it again",
    "40P01": "nothing was changed: run it again",
    "42501": _PERMISSION,
    "42601": "correct the SQL",
    "42703": _MISSING,
    "42704": _MISSING,
    "42883": "correct the name or cast the arguments to its types",
    "42P01": _MISSING,
    "42701": _EXISTS,
    "42710": _EXISTS,
    "42723": _EXISTS,
    "42P06": _EXISTS,
    "42P07": _EXISTS,
    "53100": "free disk space on the server",
    "53300": "close connections, or raise max_connections",
    "55P03": _LOCKED,
    "57014": "it was cancelled, or ran into statement_timeout; nothing was changed",
    "57P01": "the server went away; nothing of this migration stays: run it again",
}
_CONNECTION_LOST = "the connection was lost; nothing of this migration stays: run it again"
_OUTSIDE = "statements before it have taken effect: this section runs outside a transaction"
_DEFAULT = "correct the SQL, then run it again"
_WIDTH = 120


def explain(
    error: psycopg2.Error, section: Section, statement: Statement, path: Path
) -> PromptlibError:
    """Say what a failed statement's error means to the author of the file.

    Args:
        error: as psycopg2 raised it.
        section: the section that ran.
        statement: its statement that failed.
        path: the migration's file.

    Returns:
        the error to raise: at its line and column, with the line and a caret, the server's
        detail, hint and context, and a remedy. The data in all of these is masked.
    """
    diagnostics, state = error.diag, error.pgcode or ""
    position = diagnostics.statement_position
    offset = statement.start + int(position) - 1 if position else statement.head
    offset = min(offset, max(statement.head, statement.end - 1))
    line, column = sqltext.location(section.source, offset)
    said = diagnostics.message_primary or str(error).strip() or "the connection was lost"
    notes = [*_excerpt(section.source, statement, offset), *_server_notes(diagnostics, state)]
    if not section.transactional and statement != section.statements[0]:
        notes.append(f"  note: {_OUTSIDE}")
    return PromptlibError(
        _one_line(masking.message(said, state)) + (f" ({state})" if state else ""),
        _REMEDIES.get(state, _DEFAULT if diagnostics.message_primary else _CONNECTION_LOST),
        place=f"{shown(path)}:{line}:{column}",
        notes=notes,
    )


def said(error: BaseException | None) -> tuple[str, str]:
    """What the server said, masked, and a remedy: for an error that no statement of ours raised."""
    diagnostics = getattr(error, "diag", None)
    state = getattr(error, "pgcode", None) or ""
    text = getattr(diagnostics, "message_primary", None) or str(error)
    remedy = _REMEDIES.get(state, _CONNECTION_LOST if not state else _DEFAULT)
    return _one_line(masking.message(text, state)) + (f" ({state})" if state else ""), remedy


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _excerpt(source: str, statement: Statement, offset: int) -> list[str]:
    """The line of an offset, its literals masked, and a caret below the offset."""
    end = source.find("\n", offset)
    end = min(statement.end, end if end >= 0 else len(source))
    text, caret = masking.sql(source[statement.head : end], offset - statement.head)
    start = text.rfind("\n", 0, caret) + 1
    first = max(start, caret - _WIDTH // 2)
    shown_line = text[first:].split("\n", 1)[0].rstrip()[:_WIDTH]
    number = f"{sqltext.location(source, offset)[0]:>5} | "
    indent = "".join(" " if c != "\t" else c for c in text[first:caret])
    return [number + shown_line, " " * (len(number) - 2) + "| " + indent + "^"]


def _server_notes(diagnostics: Diagnostics, state: str) -> list[str]:
    notes = []
    if diagnostics.message_detail:
        notes.append(f"  detail: {masking.message(diagnostics.message_detail, state)}")
    if diagnostics.message_hint:
        notes.append(f"  hint: {masking.message(diagnostics.message_hint, state)}")
    if diagnostics.internal_query:
        notes.append(f"  query: {masking.sql(diagnostics.internal_query)[0].strip()}")
    if diagnostics.context:
        notes.append(f"  context: {masking.context(diagnostics.context)}")
    return [note.replace("\n", "\n    ") for note in notes]
