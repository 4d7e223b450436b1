"""Rails: `db/structure.sql`, as pg_dump wrote it, as one migration that all others begin at.

Its table `schema_migrations` keeps the versions that the file lists at its end; that table and
`ar_internal_metadata` are Rails' own and are left out.
"""

from __future__ import annotations

import re
from functools import partial

from promptlib.core.errors import LexicalError
from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import (
    Collector,
    SourceMigration,
    SourceSection,
    cannot_convert,
    read_lines,
)
from promptlib.importing.versions import version_of_number
from promptlib.syntax.statements import Marker, line_and_column, scan_sql
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceLine
    from promptlib.syntax.statements import Statement

_PLACES = ("structure.sql", "db/structure.sql")
_OWN = {"schema_migrations", "ar_internal_metadata"}
_VERSION = re.compile(rb"\(\s*'(\d+)'\s*\)")


def read_folder(folder: Path) -> SourceFolder:
    """Read the structure of a Rails application: its file, its folder, or that of its db/."""
    path = next((folder / each for each in _PLACES if (folder / each).is_file()), folder)
    found = Collector()
    if path.is_file():
        found.read(partial(_read, path))
    elif [*folder.glob("**/migrate/*.rb")]:
        remedy = "set config.active_record.schema_format = :sql, and run bin/rails db:schema:dump"
        found.cannot(
            path, "there is no structure.sql, and migrations in Ruby cannot run here", remedy
        )
    return found.folder(order=lambda _: 0)


def _read(path: Path) -> Iterator[SourceMigration]:
    lines = read_lines(path)
    text = b"".join(line.text for line in lines)
    try:
        statements = [each for each in scan_sql(text) if not isinstance(each, Marker)]
    except LexicalError as error:
        line, _ = line_and_column(text, error.offset)
        raise cannot_convert(path, error.what, error.remedy, lines[line - 1].number) from None
    own = [each for each in statements if _is_rails_own(text, each)]
    versions = sorted({version for each in own for version in _versions(text, each)}, key=int)
    if not versions:
        what = "it does not say which migrations it stands for"
        raise cannot_convert(path, what, "let bin/rails db:schema:dump write it again")
    newest = versions[-1]
    section = SourceSection(tuple(_without(lines, own)))
    yield SourceMigration((*versions,), version_of_number(newest), "baseline", path, section)


def _is_rails_own(text: bytes, statement: Statement) -> bool:
    """Whether a statement makes, alters, comments on or fills a table of Rails'."""
    for token in tokenize_statement(text, statement)[:8]:
        name = text[token.start : token.end].strip(b'"').decode()
        if name in _OWN or name.removesuffix("_pkey") in _OWN:
            return True
    return False


def _versions(text: bytes, statement: Statement) -> Iterator[str]:
    if text[statement.head : statement.head + 6].upper() == b"INSERT":
        for found in _VERSION.finditer(text, statement.head, statement.end):
            yield found[1].decode()


def _without(lines: list[SourceLine], own: list[Statement]) -> Iterator[SourceLine]:
    """The lines in which no statement of Rails' own stands: pg_dump lets none share a line."""
    offset = 0
    spans = iter([*((each.head, each.end) for each in own), (1 << 62, 1 << 62)])
    start, end = next(spans)
    for line in lines:
        while end <= offset:
            start, end = next(spans)
        if offset + len(line.text) <= start:
            yield line
        offset += len(line.text)
