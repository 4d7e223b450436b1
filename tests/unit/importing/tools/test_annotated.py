"""annotated: comments of goose and sql-migrate."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.importing.source import Mark, SourceLine
from promptlib.importing.tools.annotated import mark_of_words, read_annotation


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        (b"-- +goose Up\n", Mark("up")),
        (b"--+goose DOWN", Mark("down")),
        (b"-- +goose Up notransaction\r\n", Mark("up", transactional=False)),
        (b"-- +goose NO TRANSACTION\n", Mark(transactional=False, everywhere=True)),
        (b"-- +goose StatementBegin\n", Mark()),
        (b" -- +goose Up\n", None),
        (b"-- +migrate Up\n", None),
        (b"-- goose Up\n", None),
    ],
)
def test_what_a_comment_says(line: bytes, mark: Mark | None) -> None:
    assert mark_of_words(read_annotation(SourceLine(Path("a"), 1, line), "goose")) == mark
