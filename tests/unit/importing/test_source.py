"""source: files as lines, and where a tool cuts them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError, MigrationFileError
from promptlib.importing.source import Mark, SourceLine, list_files, read_lines, split_marked
from support.imports import write

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_have_numbers_and_ends(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": "\ufeffone\r\ntwo\n\nlast"}) / "a"
    assert [(line.number, line.text) for line in read_lines(path)] == [
        (1, b"one\r\n"),
        (2, b"two\n"),
        (3, b"\n"),
        (4, b"last"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a\nb".encode("utf-16"), "a:1: this is UTF-16; save"),
        (b"a\n\xff", "a:2: this is not UTF-8"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    path = write(tmp_path, {"a": content}) / "a"
    with pytest.raises(MigrationFileError, match=said):
        read_lines(path)


def test_files_by_name(tmp_path: Path) -> None:
    write(tmp_path, {"b": "", "a": "", ".c": "", "below/d": ""})
    assert [path.name for path in list_files(tmp_path)] == ["a", "b"]
    assert [path.name for path in list_files(tmp_path, below=True)] == ["a", "b", "d"]
    with pytest.raises(ConfigurationError, match="the migrations cannot be listed: No such"):
        list_files(tmp_path / "nowhere")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0, 0o400])  # cannot be listed; nor entered
def test_a_folder_below_that_may_not_be_read(tmp_path: Path, mode: int) -> None:
    below = write(tmp_path, {"a": "", "below/b": ""}) / "below"
    below.chmod(mode)
    with pytest.raises(ConfigurationError, match=r"below.*: the migrations cannot be listed: Perm"):
        list_files(tmp_path, below=True)
    below.chmod(0o700)


def test_marks_cut_a_file(tmp_path: Path) -> None:
    def mark(line: SourceLine) -> Mark | None:
        words = {b"U\n": Mark("up", transactional=False), b"D\n": Mark("down"), b"x\n": Mark()}
        return words.get(line.text)

    lines = read_lines(write(tmp_path, {"a": "0\nU\n1\nx\n2\nD\n3\nU\n4\n"}) / "a")
    found = split_marked(lines, mark)
    assert found.up
    assert found.down
    assert (found.before.text, found.up.text, found.down.text) == (b"0\n", b"1\n2\n4\n", b"3\n")
    assert (found.up.transactional, found.down.transactional) == (False, True)
    assert split_marked([], mark).up is None
