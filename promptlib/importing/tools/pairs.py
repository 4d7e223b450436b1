"""What golang-migrate and sqlx have in common: `1_name.up.sql` and `1_name.down.sql`."""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import Collector, SourceMigration, list_files
from promptlib.importing.versions import version_of_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceSection

_NAME = re.compile(
    r"(?P<version>\d+)_(?P<title>.*?)(?:\.(?P<way>up|down))?\.sql", re.ASCII | re.DOTALL
)


class _Pair:
    """The files of one version: up, down, or one that has no way in its name."""

    def __init__(self) -> None:
        self.title = ""
        self.files: dict[str, Path] = {}


def read_pairs(
    folder: Path, read: Callable[[Path], SourceSection], *, may_be_single: bool
) -> SourceFolder:
    """Read a folder of such pairs; their tools' tables keep the number without leading zeros.

    Args:
        folder: where.
        read: makes a section of a file.
        may_be_single: whether a file without a way in its name is a migration that has no way back.
    """
    found, pairs = Collector(), dict[int, _Pair]()
    for path in list_files(folder):
        name = _NAME.fullmatch(path.name)
        if not name or not (name["way"] or may_be_single):
            continue
        pair = pairs.setdefault(int(name["version"]), _Pair())
        pair.title = pair.title or name["title"]
        way = name["way"] or "up"
        if way in pair.files:
            what = f"{pair.files[way].name} has the same version"
            found.cannot(path, what, "give the one that ran nowhere another version")
        pair.files.setdefault(way, path)
    for version, pair in pairs.items():
        _require_up(found, pair)
        found.read(lambda version=version, pair=pair: _migrations(version, pair, read))  # type: ignore[misc]
    return found.folder(order=lambda each: int(each.tool_versions[0]))


def _require_up(found: Collector, pair: _Pair) -> None:
    if "up" not in pair.files:
        down = pair.files.pop("down")
        found.cannot(down, "there is no file for the way up", "restore it, or remove this one")


def _migrations(
    version: int, pair: _Pair, read: Callable[[Path], SourceSection]
) -> Iterator[SourceMigration]:
    if pair.files:
        sections = {way: read(path) for way, path in pair.files.items()}
        digits = re.match(r"\d+", pair.files["up"].name)
        assert digits  # or it would be no pair
        yield SourceMigration(
            (str(version),),
            version_of_number(digits[0]),
            pair.title,
            pair.files["up"],
            sections["up"],
            sections.get("down"),
        )
