"""The schema's file is written whole or not at all, by one at a time."""

from __future__ import annotations

import multiprocessing
import os
import resource
import stat
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError
from promptlib.schema_dump.schema_file import (
    read_schema_file,
    recorded_versions,
    write_schema_file,
)

if TYPE_CHECKING:
    from pathlib import Path

_CONTEXT = multiprocessing.get_context("fork")


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    assert write_schema_file(path, "é;\n")
    path.chmod(0o640)
    before = path.stat()
    assert not write_schema_file(path, "é;\n")
    assert path.stat() == before
    assert write_schema_file(path, "b;\n")
    assert (read_schema_file(path), stat.S_IMODE(path.stat().st_mode)) == ("b;\n", 0o640)
    assert [*tmp_path.iterdir()] == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    link = tmp_path / "schema.sql"
    link.symlink_to("db/schema.sql")
    assert write_schema_file(link, "a;\n")
    assert link.is_symlink()
    assert (tmp_path / "db" / "schema.sql").read_text() == "a;\n"


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    path = tmp_path / "schema.sql"
    write_schema_file(path, "a;\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match="what was there is still there"):
            write_schema_file(path, "b;\n" * 9999)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_schema_file(path) == "a;\n"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", ["gone/schema.sql", ".", "pipe"])
def test_a_place_that_takes_no_file(tmp_path: Path, name: str) -> None:
    """Nothing is put in the place of a device or a pipe, either."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_schema_file(tmp_path / name, "a;\n")
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


def test_what_a_killed_one_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".schema.sql.unfinished").write_text("CREATE TA" * 99)
    assert write_schema_file(tmp_path / "schema.sql", "a;\n")
    assert [each.name for each in tmp_path.iterdir()] == ["schema.sql"]


def test_several_at_once(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    texts = [f"{letter};\n" * 50_000 for letter in "abcdef"]
    writers = [_CONTEXT.Process(target=write_schema_file, args=(path, text)) for text in texts]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
        assert each.exitcode == 0
    assert read_schema_file(path) in texts
    assert [*tmp_path.iterdir()] == [path]


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_schema_file(tmp_path / "schema.sql") == ""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_schema_file(tmp_path)


def test_versions_are_read_from_rows_alone() -> None:
    row = f"    ('20250101000001', 'it''s', NULL, '{'a' * 64}', '{'b' * 64}', ''),"
    other = f"    ('repeatable/v', 'up', now(), now(), 'done', '{'c' * 64}');"
    found = recorded_versions(f"SELECT 1;\n{row}\n    ('x', NULL)\n{other}\n")
    assert found == {"20250101000001": "a" * 64, "repeatable/v": "c" * 64}
