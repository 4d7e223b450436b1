"""origin: the first line of a migration that was imported."""

from __future__ import annotations

import pytest

from promptlib.files.origin import Origin, origin_line, read_origin


@pytest.mark.parametrize(
    "origin",
    [
        Origin("goose", ("3",)),
        Origin("flyway", ("1.10.2",)),
        Origin("rails", ("20240102030405", "20240304050607")),
        Origin("sql-migrate", ("10 % größer\n--.sql",)),
    ],
)
def test_it_is_read_as_it_was_written(origin: Origin) -> None:
    line = origin_line(origin)
    assert line.count(b"\n") == 1
    assert read_origin(line + b"-- UP\n") == origin
    assert read_origin(line.replace(b"\n", b"\r\n") + b"-- UP\n") == origin


@pytest.mark.parametrize(
    "content", [b"-- UP\n", b"", b"\n-- imported from goose: 3\n", b"-- imported from goose:\n"]
)
def test_what_was_written_here_has_none(content: bytes) -> None:
    assert read_origin(content) is None
