"""A failed statement's error -> where it is written, that line with a caret, and what to do."""

from __future__ import annotations

import os
import unicodedata

from promptlib.core.errors import StatementError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable
from promptlib.engine.advice import Refusal, advise
from promptlib.files.parser import place_in_file
from promptlib.postgres.errors import explain_server_error
from promptlib.postgres.masking import mask_sql, summarize_sql
from promptlib.syntax.statements import line_and_column

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg2
    from psycopg2.extensions import Diagnostics

    from promptlib.core.errors import NoConnectionError
    from promptlib.files.section import Section
    from promptlib.syntax.statements import Statement

_OUTSIDE = (
    "the statements before it took effect, and are not run again: mend this one, or what is in its "
    "way, and the next run goes on here"
)
_WIDTH = 120  # of the line that is shown, in characters
_LONGEST = 200  # characters of a statement


def explain_statement_error(
    error: psycopg2.Error, section: Section, statement: Statement, path: Path | str
) -> StatementError | NoConnectionError:
    """Say what a failed statement's error means to the author of the file.

    Args:
        error: as psycopg2 raised it.
        section: the section that ran.
        statement: its statement that failed.
        path: the migration's file.

    Returns:
        the error to raise: at its line and column, with the line and a caret, and what
        `explain_server_error` says. The data in all of these is masked.
    """
    offset = _offset(error.diag.statement_position, section, statement)
    written = section.source[statement.start : statement.end].decode()
    told = explain_server_error(error, place_in_file(path, section.source, offset), written)
    told.notes = (*_excerpt(section, offset), *told.notes)
    if not section.transactional and statement != section.statements[0]:
        told.notes += (f"  note: {_OUTSIDE}",)
    if isinstance(told, StatementError):
        refusal = _refusal(error.diag, section, statement, offset)
        advice = advise(refusal, os.path.basename(path).partition("_")[0])
        told.remedy = told.remedy if advice is None else advice
        text = section.source[statement.head : statement.end].decode()
        told.statement = summarize_sql(text, _LONGEST)
    return told


def _refusal(said: Diagnostics, section: Section, statement: Statement, offset: int) -> Refusal:
    return Refusal(
        sqlstate=said.sqlstate or "",
        column=said.column_name or "",
        function=said.source_function or "",
        is_inside=bool(said.context),
        section=section,
        statement=statement,
        offset=offset,
    )


def _offset(position: str | None, section: Section, statement: Statement) -> int:
    """Where the server points to, which counts characters from 1; else where a statement begins."""
    if not position:
        return statement.head
    text = section.source[statement.start : statement.end].decode()
    return statement.start + len(text[: min(int(position), len(text)) - 1].encode())


def _excerpt(section: Section, offset: int) -> list[str]:
    """The line of an offset, its literals masked, and a caret below the offset."""
    source = section.source
    begin = source.rfind(b"\n", 0, offset) + 1
    end = source.find(b"\n", offset)
    # Masking begins where a statement ended: a line may begin inside of a literal.
    clean = max(
        (each.end for each in section.statements if each.end <= begin), default=section.start
    )
    shown = source[clean : end if end >= 0 else None].decode()
    text, caret = mask_sql(shown, len(source[clean:offset].decode()))
    start = max(text.rfind("\n", 0, caret) + 1, caret - _WIDTH // 2)
    line = printable(text[start : start + _WIDTH].split("\n", 1)[0].rstrip())
    number = f"{line_and_column(source, offset)[0]:>5} | "
    indent = "".join(_blank(letter) for letter in printable(text[start:caret]))
    return [number + line, f"{'| ':>{len(number)}}{indent}^"]


def _blank(letter: str) -> str:
    """White space as wide as a letter is on a terminal."""
    wide = unicodedata.east_asian_width(letter) in {"W", "F"}
    return "\t" if letter == "\t" else " " * (1 + wide)
