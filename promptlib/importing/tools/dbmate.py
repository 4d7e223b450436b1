"""dbmate: `20240102030405_name.sql` with `-- migrate:up` and `-- migrate:down`.

Its table `schema_migrations` keeps the digits, as text.
"""

from __future__ import annotations

import re
from functools import partial

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import (
    Collector,
    Mark,
    SourceMigration,
    cannot_convert,
    list_files,
    read_lines,
    split_marked,
)
from promptlib.importing.versions import version_of_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceLine

_NAME = re.compile(r"(?P<version>\d+)(?P<title>.*)\.sql", re.ASCII | re.DOTALL)
_MARK = re.compile(rb"--\s*migrate:(?P<word>up|down)(?P<options>(?:\s+\S+)*)\s*")


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of dbmate's."""
    found = Collector()
    for path in list_files(folder):
        if name := _NAME.fullmatch(path.name):
            found.read(partial(_read, path, name["version"], name["title"]))
    return found.folder(order=lambda each: each.path.name)


def _read(path: Path, version: str, title: str) -> Iterator[SourceMigration]:
    before, up, down = split_marked(read_lines(path), _mark)
    if up is None:
        raise cannot_convert(path, "it has no line `-- migrate:up`", "write one above its SQL")
    yield SourceMigration((version,), version_of_number(version), title, path, up, down, before)


def _mark(line: SourceLine) -> Mark | None:
    found = _MARK.fullmatch(line.text)
    if not found:
        return None
    return Mark(found["word"].decode(), b"transaction:false" not in found["options"].split())
