"""Which of the statements that were sent together an error is about. Pure.

A message is read whole before anything in it runs: an error of the reader's may be about any of its
statements, and those before that one did not run. What comes up later is about the first one that
is not done.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg2

    from promptlib.files.section import Section

# Where PostgreSQL's source reads a message; not all that it says there tells of a position.
_READERS = ("gram.y", "gram.c", "scan.l", "scan.c", "parser.c", "mbutils.c")


def statement_of_error(
    error: psycopg2.Error, section: Section, batch: range, done: int
) -> int | None:
    """Which statement failed, from 0; None, if that can be told only where each is sent alone.

    Args:
        error: what became of the message; a position in it may be any statement's.
        section: whose statements.
        batch: those that were sent together.
        done: how many of them came to their end.
    """
    index = batch.start + done
    if len(batch) == 1:
        return batch.start
    if index not in batch:
        return None  # the server sees other statements than we do
    if position := error.diag.statement_position:
        return index if _is_within(section, batch, index, int(position)) else None
    said = error.diag
    body = "" if said.context else said.internal_query  # else it is what a function ran
    if body and _is_ambiguous(section.text_of(batch).decode(), body):
        return None
    return None if not done and said.source_file in _READERS else index


def letters_before(section: Section, batch: range, index: int) -> int:
    """How many letters of a message come before a statement of it."""
    begin, end = (section.statements[each].start for each in (batch.start, index))
    return len(section.source[begin:end].decode())


def _is_within(section: Section, batch: range, index: int, position: int) -> bool:
    """Whether a position in a message, counted from 1, is a statement's."""
    if position <= letters_before(section, batch, index):
        return False
    return index == batch[-1] or position <= letters_before(section, batch, index + 1)


def _is_ambiguous(text: str, body: str) -> bool:
    """Whether the server cannot have found the place of a function's body, there being several.

    It looks through all of the message. Source: function_parse_error_transpose in PostgreSQL's
    src/backend/catalog/pg_proc.c
    """
    return any(text.count(written) > 1 for written in (body, body.replace("'", "''")))
