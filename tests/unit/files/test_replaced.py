"""What a migration says that it replaces, and whether a database ran that."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.files.parser import parse_migration
from promptlib.files.replaced import NOTHING, ReplacedMigrations, join_replaced, read_replaced

ONE, TWO, THREE = (f"2025010100000{number}" for number in (1, 2, 3))
A, B, C, D = (letter * 64 for letter in "abcd")
_BEHIND = "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lines_before_up_are_read_again(ends: str) -> None:
    said = ReplacedMigrations({ONE: A, THREE: C}, {TWO: B})
    text = "\n".join(["-- words", "", *said.lines(), "-- more", _BEHIND])
    assert read_replaced(text.replace("\n", ends).encode()) == said


@pytest.mark.parametrize(
    "text",
    [
        _BEHIND,
        f"-- UP\n-- replaces: {ONE} {A}\nSELECT 1;\n-- DOWN\nSELECT 2;\n",
        f"-- replaces: {ONE} abc\n{_BEHIND}",
        f"-- it replaces: {ONE} {A}\n{_BEHIND}",
        f"/*\n-- replaces: {ONE} {A}\n*/\n{_BEHIND}",
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert read_replaced(text.encode()) == NOTHING


@pytest.mark.parametrize(
    ("ran", "differing"),
    [
        ({ONE: A, TWO: B, THREE: C}, []),
        ({ONE: A, TWO: D, THREE: C}, [TWO]),
        ({ONE: A, THREE: C}, [TWO]),
        ({}, [ONE, TWO, THREE]),
        ({TWO: D, THREE: C}, [ONE, TWO]),
        ({THREE: D}, [ONE, TWO, THREE]),
    ],
)
def test_what_ran_otherwise(ran: dict[str, str], differing: list[str]) -> None:
    assert ReplacedMigrations({ONE: A, TWO: B, THREE: C}, {}).differing(ran) == differing


def test_a_whole_stands_for_all_before_it() -> None:
    said = ReplacedMigrations({ONE: A, TWO: B, THREE: C}, {TWO: D})
    assert said.differing({TWO: D, THREE: C}) == []
    assert said.differing({ONE: A, TWO: B, THREE: C}) == []
    assert said.differing({TWO: D}) == [THREE]


def test_squashed_ones_are_joined_with_what_they_replaced() -> None:
    first = f"-- replaces: {ONE} {A}\n-- replaces: {TWO} {B}\n{_BEHIND}"
    two, three = (
        parse_migration(version, "x", Path("x.sql"), text.encode())
        for version, text in ((TWO, first), (THREE, _BEHIND))
    )
    assert join_replaced([two, three]) == ReplacedMigrations(
        {ONE: A, TWO: B, THREE: three.up.checksum}, {TWO: two.up.checksum}
    )
