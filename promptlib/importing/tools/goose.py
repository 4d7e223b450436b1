"""goose: `00001_name.sql` with `-- +goose Up`, `Down`, `StatementBegin` and `NO TRANSACTION`.

Its table `goose_db_version` keeps the number, without leading zeros.
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
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from promptlib.importing.source import Mark, SourceFolder, SourceLine

_NAME = re.compile(r"(?P<version>\d+)_(?P<title>.*)\.(?P<kind>sql|go)", re.ASCII | re.DOTALL)
_VARIABLE = re.compile(rb"\$(?:\{|[A-Za-z_])")
_NO_VARIABLE = re.compile(rb"\$[A-Za-z_][A-Za-z0-9_]*\$")  # a dollar quote


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of goose's."""
    found = Collector()
    for path in list_files(folder):
        name = _NAME.fullmatch(path.name)
        if name and name["kind"] == "sql":
            found.read(partial(_read, path, name["version"], name["title"]))
        elif name and not path.stem.endswith("_test"):
            found.cannot(path, "it is written in Go", "write the SQL that it runs as a .sql file")
    return found.folder(order=lambda each: int(each.tool_versions[0]))


def _read(path: Path, version: str, title: str) -> Iterator[SourceMigration]:
    lines = read_lines(path)
    before, up, down = split_marked(lines, _mark)
    if up is None:
        raise cannot_convert(path, "it has no line `-- +goose Up`", "write one above its SQL")
    _require_no_variables(path, lines)
    yield SourceMigration(
        (str(int(version)),), version_of_number(version), title, path, up, down, before
    )


def _mark(line: SourceLine) -> Mark | None:
    return mark_of_words(read_annotation(line, "goose"))


def _require_no_variables(path: Path, lines: Iterable[SourceLine]) -> None:
    """Refuse what goose fills in from the environment: another value is another migration."""
    fills_in = False
    for line in lines:
        words = read_annotation(line, "goose")
        if words[:1] in (["envsub"], ["envsubst"]):
            fills_in = words[1:] == ["on"]
        elif fills_in and _VARIABLE.search(_NO_VARIABLE.sub(b"", line.text)):
            what = "goose fills in a variable of the environment here"
            raise cannot_convert(path, what, "write its value instead", line.number)
