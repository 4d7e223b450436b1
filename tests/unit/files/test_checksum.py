"""What is as it ran need not be parsed again, and is never anything else than what ran."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from promptlib.core.errors import MigrationFileError
from promptlib.files.checksum import is_as_it_ran
from promptlib.files.parser import parse_migration

_PLAIN = "-- what it does\n\n-- UP\nCREATE TABLE a (i int);\n\n-- DOWN\nDROP TABLE a;\n"
_PIECES = [
    *("-- UP", "-- DOWN", "--up", "  -- down  ", "-- UP transaction:false", "-- Down the road"),
    *("SELECT 1;", "SELECT 'a", "';", "$$", "/*", "*/", "(", ")", ";", "-- note", "é", "\ufeff"),
    *("\n", "\n", "\n", "\n\n", "\r\n", "\r", "\0", " ", "\t", '"', "BEGIN;", "\\i x"),
]


def sums(text: str) -> tuple[str, str] | None:
    """The checksums of both sections; None where there is no such migration."""
    try:
        found = parse_migration("20250101000000", "x", Path("x.sql"), text.encode())
    except MigrationFileError:
        return None
    return found.up.checksum, found.down.checksum


def of(text: str) -> tuple[str, str]:
    """The checksums of what is a migration."""
    found = sums(text)
    assert found
    return found


@pytest.mark.parametrize(
    "text",
    [
        _PLAIN,
        _PLAIN.replace("-- what", "-- something else than what"),
        _PLAIN.replace("\n\n-- DOWN", "\n\n\n\t-- Down \t\n"),
        _PLAIN.replace("-- UP", "--up").rstrip("\n"),
    ],
)
def test_what_is_as_it_ran(text: str) -> None:
    assert is_as_it_ran(text.encode(), *of(_PLAIN))


@pytest.mark.parametrize(
    "text",
    [
        _PLAIN.replace("int", "bigint"),
        _PLAIN.replace("DROP", "DROP "),
        _PLAIN.replace("-- UP", "-- UP unknown:1"),
        _PLAIN.replace("-- what", "SELECT 1; -- what"),
        _PLAIN.replace("-- what", "-- down\n-- what"),
        _PLAIN.replace("-- what", "/* -- what"),
        _PLAIN.replace("-- DOWN", "-- DONW"),
        "",
    ],
)
def test_what_has_to_be_parsed(text: str) -> None:
    assert not is_as_it_ran(text.encode(), *of(_PLAIN))


@given(
    some.lists(some.sampled_from(_PIECES), max_size=6).map("".join),
    some.lists(some.sampled_from(_PIECES), max_size=5).map("".join),
    some.lists(some.sampled_from(_PIECES), max_size=5).map("".join),
    some.sampled_from(_PIECES),
    some.integers(0, 60),
)
def test_a_glance_never_sees_what_is_not_there(
    before: str, up: str, down: str, piece: str, place: int
) -> None:
    whole = f"{before}\n-- UP\n{up}\nSELECT 1;\n-- DOWN\n{down}\nSELECT 2;\n"
    ran = sums(whole) or of(_PLAIN)
    for text in (
        whole,
        whole[:place] + piece + whole[place:],
        _PLAIN[:place] + piece + _PLAIN[place:],
    ):
        for known in (ran, of(_PLAIN)):
            if is_as_it_ran(text.encode(), *known):
                assert sums(text) == known
