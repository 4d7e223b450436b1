"""conversion: the same SQL between our markers, or a problem with its place in the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import MigrationFileError
from promptlib.importing.conversion import convert_folder
from promptlib.importing.source import SourceFolder, SourceLine, SourceMigration, SourceSection

_FILE = Path("from.sql")


def section(text: str, *, transactional: bool = True, first: int = 1) -> SourceSection:
    lines = enumerate(text.encode().splitlines(keepends=True), first)
    return SourceSection(tuple(SourceLine(_FILE, *each) for each in lines), transactional)


def converted(up: str, down: str | None = "B;\n", before: str = "", title: str = "a") -> bytes:
    sections = section(up), None if down is None else section(down, first=90)
    source = SourceMigration(("7",), "20240101000000", title, _FILE, *sections, section(before))
    made = convert_folder(SourceFolder([source], [], []), "goose", Path("sql"))
    if made.problems:
        raise made.problems[0]
    return made.migrations[0].content


def test_bytes_stay() -> None:
    up = "SELECT 'a\r\n -- UP';  \r\n\t/* x */\r\n"
    made = converted(up, "B", "-- why\n")
    assert made == (b"-- imported from goose: 7\n-- why\n-- UP\n" + up.encode() + b"-- DOWN\nB\n")


@pytest.mark.parametrize(
    ("up", "line", "said"),
    [
        ("A;\nSELECT 'x;\n", 2, "8: this quote is never closed"),
        ("A;\n  -- down\nB;", 2, "3: this comment reads as the line `-- DOWN` of promptlib"),
        ("A;\n\\i x\n", 2, "1: \\i is a psql command"),
        ("BEGIN;\nA;\n", 1, "1: BEGIN is not for a migration"),
        ("BEGIN;\nA;\nCOMMIT AND CHAIN;\n", 1, "1: BEGIN is not for a migration"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE;\nA;\nCOMMIT;", 1, "1: BEGIN is not"),
        ("A;\nCOPY a FROM STDIN;\n", 2, "1: COPY cannot read from"),
    ],
)
def test_problems_stand_where_the_source_has_them(up: str, line: int, said: str) -> None:
    for sections, first in (((up, "B;"), 0), (("A;\n", up), 89)):
        with pytest.raises(MigrationFileError) as caught:
            converted(*sections)
        assert str(caught.value).startswith(f"from.sql:{first + line}:{said}")


def test_a_comment_above_both_that_reads_as_a_marker() -> None:
    with pytest.raises(MigrationFileError, match="this comment reads as the line `-- UP`"):
        converted("A;", "B;", "-- up\n")


@pytest.mark.parametrize(
    ("up", "made"),
    [
        ("BEGIN;\nA;\nCOMMIT;\n", b"-- UP\nA;\n-- DOWN"),
        ("-- c\nSTART TRANSACTION; A; END\n", b"-- UP\n-- c\n A; \n-- DOWN"),
        ("BEGIN;\nCOMMIT;\n", b"-- UP\nSELECT 1;\n-- DOWN"),
        ("-- no SQL\n", b"-- UP\n-- no SQL\nSELECT 1;\n-- DOWN"),
        ("A;\nVACUUM a;\n", b"-- UP transaction:false\nA;\nVACUUM a;\n-- DOWN"),
    ],
)
def test_what_is_not_as_it_was(up: str, made: bytes) -> None:
    assert made in converted(up)


def test_what_has_no_way_back_refuses() -> None:
    assert b"-- DOWN\nDO $$ BEGIN\n  RAISE EXCEPTION" in converted("A;\n", None)
    assert b"-- DOWN\n-- later\nDO $$ BEGIN\n  RAISE EXCEPTION" in converted("A;\n", "-- later\n")
