"""parser: what a value may be, and which word is the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptlib.cli import parser

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (parser.natural_number, "0", 0),
        (parser.positive_number, "12", 12),
        (parser.number_of_seconds, "1.5", 1.5),
        (parser.not_empty, " ", " "),
        (parser.path, "a/b", Path("a/b")),
    ],
)
def test_what_is_read(read: Callable[[str], Any], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parser.natural_number, "-1"),
        (parser.natural_number, "²"),
        (parser.positive_number, "0"),
        (parser.number_of_seconds, "nan"),
        (parser.number_of_seconds, "-1"),
        (parser.not_empty, ""),
    ],
)
def test_what_is_refused_so_that_argparse_tells_it(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read(text)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("status --json", ("status", ["--json"])),
        ("-q --url status -n a pending b", ("pending", ["b"])),
        ("-v", ("", [])),
    ],
)
def test_which_word_is_the_command(line: str, found: tuple[str, list[str]]) -> None:
    assert parser.first_command(line.split()) == found
