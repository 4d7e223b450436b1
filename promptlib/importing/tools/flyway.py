"""Flyway: `V1.2__name.sql`, and `U1.2__name.sql` to undo it, in a folder and those below.

Its table `flyway_schema_history` keeps the version with dots.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable_line
from promptlib.importing.source import (
    Collector,
    SourceMigration,
    SourceSection,
    cannot_convert,
    list_files,
    read_lines,
    read_section,
)
from promptlib.importing.versions import version_of_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.importing.source import SourceFolder

_ANY = re.ASCII | re.DOTALL
_NAME = re.compile(r"(?P<kind>[VUB])(?P<version>\d+(?:[._]\d+)*)__(?P<title>.*)\.sql", _ANY)
_REPEATABLE = re.compile(r"R__(?P<title>.*)\.sql", re.DOTALL)
_OTHERS = (
    (
        re.compile(r"[VUR]\d*(?:[._]\d+)*__.*\.(?:java|kt|groovy|scala|class)"),
        "it is a program",
        "write the SQL that it runs as a .sql file",
    ),
    (
        re.compile(r"(?:before|after)[A-Z]\w*(?:__.*)?\.sql"),
        "Flyway runs it around others, which nothing here does",
        "put what it does into the migrations that need it",
    ),
)
_NEARLY = re.compile(r"[VU]\d.*\.sql|[vu]\d.*__.*\.sql", _ANY)
_PLACEHOLDER = re.compile(rb"\$\{[^}\s]+\}")


class _ScriptOptions(NamedTuple):
    """What a file beside a script, `V1__name.sql.conf`, says of it."""

    transactional: bool = True
    fills_in: bool = True


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of Flyway's."""
    found, undo = Collector(), dict[tuple[int, ...], Path]()
    scripts: list[tuple[re.Match[str], Path]] = []
    for path in list_files(folder, below=True):
        name = _NAME.fullmatch(path.name)
        repeatable = _REPEATABLE.fullmatch(path.name)
        if repeatable:
            found.read(partial(_read_repeatable, path, repeatable["title"]))
        elif name and name["kind"] == "U":
            undo[_numbers(name["version"])] = path
        elif name:
            scripts.append((name, path))
        else:
            _collect_other(found, path)
    for name, path in scripts:
        if name["kind"] == "B":
            what = "Flyway runs a baseline instead of what is older, which nothing here does"
            found.cannot(path, what, "import the migrations that it stands for, and remove it")
        else:
            down = undo.pop(_numbers(name["version"]), None)
            found.read(partial(_read, name, path, down))
    for path in undo.values():
        found.cannot(path, "there is no migration that it would undo", "restore it, or remove this")
    return found.folder(order=lambda each: _numbers(each.tool_versions[0]))


def _numbers(version: str) -> tuple[int, ...]:
    """A version as Flyway compares it: 1.0 is 1."""
    found = [int(each) for each in re.split("[._]", version)]
    while len(found) > 1 and not found[-1]:
        found.pop()
    return tuple(found)


def _collect_other(found: Collector, path: Path) -> None:
    for pattern, what, remedy in _OTHERS:
        if pattern.fullmatch(path.name):
            found.cannot(path, what, remedy)
    if _NEARLY.fullmatch(path.name):
        found.notes.append(f"{printable_line(path.name)} is passed over, as Flyway does")


def _read(name: re.Match[str], path: Path, down: Path | None) -> Iterator[SourceMigration]:
    version = name["version"].replace("_", ".")
    ours = version_of_parts(version.split("."))
    undone = _section(down) if down else None
    yield SourceMigration((version,), ours, name["title"], path, _section(path), undone)


def _read_repeatable(path: Path, title: str) -> Iterator[SourceMigration]:
    yield SourceMigration((), "", title, path, _section(path))


def _section(path: Path) -> SourceSection:
    options = _read_options(path)
    section = read_section(path, transactional=options.transactional)
    for line in section.lines if options.fills_in else ():
        if found := _PLACEHOLDER.search(line.text):
            what = f"Flyway fills in the placeholder {found[0].decode()} here"
            raise cannot_convert(path, what, "write its value instead", line.number)
    return section


def _read_options(path: Path) -> _ScriptOptions:
    beside = path.with_name(f"{path.name}.conf")
    said: dict[str, bool] = {}
    for line in read_lines(beside) if beside.is_file() else ():
        key, is_set, value = line.text.decode().partition("=")
        if is_set and not key.lstrip().startswith(("#", "!")):
            said[key.strip().removeprefix("flyway.")] = value.strip().lower() != "false"
    return _ScriptOptions(
        said.get("executeInTransaction", True), said.get("placeholderReplacement", True)
    )
