"""node-pg-migrate: `1717171717171_name.sql` with `-- Up Migration` and `-- Down Migration`.

Its table `pgmigrations` keeps the file's name without its end.
"""

from __future__ import annotations

import re
from functools import partial

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import (
    Collector,
    Mark,
    SourceMigration,
    SourceSection,
    list_files,
    read_lines,
    split_marked,
)
from promptlib.importing.versions import version_of_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceLine

_NAME = re.compile(r"(?P<number>\d*)(?P<title>.*)", re.ASCII | re.DOTALL)
_MARK = re.compile(rb"\s*--[\s-]*(?P<word>up|down)\s+migration", re.IGNORECASE)
_PROGRAMS = {".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"}
_DATED = 17  # digits, down to the millisecond


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of node-pg-migrate's."""
    found = Collector()
    for path in list_files(folder):
        if path.suffix == ".sql":
            found.read(partial(_read, path))
        elif path.suffix in _PROGRAMS and not path.name.endswith(".d.ts"):
            remedy = "write the SQL that it runs (--dry-run shows it) as a .sql file"
            found.cannot(path, "it is a program", remedy)
    return found.folder(order=_order)


def _order(migration: SourceMigration) -> tuple[int, str]:
    number = re.match(r"\d*", migration.path.name, re.ASCII)
    assert number  # of no digit, at least
    digits = number[0]
    if len(digits) == _DATED:
        return _milliseconds(digits), migration.path.name
    return int(digits or 0), migration.path.name


def _milliseconds(digits: str) -> int:
    """What it makes of a date, to compare it with Unix times."""
    from datetime import UTC, datetime  # noqa: PLC0415 - of few projects

    try:
        moment = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return int(digits)
    return int(moment.timestamp()) * 1000 + int(digits[14:])


def _read(path: Path) -> Iterator[SourceMigration]:
    lines = read_lines(path)
    before, up, down = split_marked(lines, _mark)
    if up is None:  # then all that is not for the way back is for the way up
        before, up = SourceSection(), before
    name = _NAME.fullmatch(path.stem)
    assert name  # which takes anything
    version = version_of_number(name["number"]) if name["number"] else ""
    yield SourceMigration((path.stem,), version, name["title"], path, up, down, before)


def _mark(line: SourceLine) -> Mark | None:
    found = _MARK.match(line.text)
    return Mark(found["word"].decode().lower()) if found else None
