"""sql-migrate: any `.sql` file with `-- +migrate Up`, `Down`, `notransaction`, `StatementBegin`.

Its table `gorp_migrations` keeps the whole name of the file.
"""

from __future__ import annotations

import re
from functools import partial

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import (
    Collector,
    SourceMigration,
    cannot_convert,
    list_files,
    read_lines,
    split_marked,
)
from promptlib.importing.tools.annotated import mark_of_words, read_annotation
from promptlib.importing.versions import version_of_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.importing.source import Mark, SourceFolder, SourceLine

_NAME = re.compile(r"(?P<number>\d*)(?P<title>.*)\.sql", re.ASCII | re.DOTALL)


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of sql-migrate's."""
    found = Collector()
    for path in list_files(folder):
        if name := _NAME.fullmatch(path.name):
            found.read(partial(_read, path, name["number"], name["title"]))
    return found.folder(order=_order)


def _order(migration: SourceMigration) -> tuple[bool, int, str]:
    """By the number that a name begins with; names without one behind them, by the letters."""
    name = migration.path.name
    number = re.match(r"\d*", name, re.ASCII)
    assert number  # of no digit, at least
    return not number[0], int(number[0] or 0), name


def _read(path: Path, number: str, title: str) -> Iterator[SourceMigration]:
    before, up, down = split_marked(read_lines(path), _mark)
    if up is None:
        raise cannot_convert(path, "it has no line `-- +migrate Up`", "write one above its SQL")
    version = version_of_number(number) if number else ""
    yield SourceMigration((path.name,), version, title, path, up, down, before)


def _mark(line: SourceLine) -> Mark | None:
    return mark_of_words(read_annotation(line, "migrate"))
