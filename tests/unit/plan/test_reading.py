"""reading: what is as it ran is known without being parsed, and is parsed when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import PromptlibError
from promptlib.files.directory import list_migrations
from promptlib.ledger.state import LedgerRow
from promptlib.plan.reading import Migrations, read_files

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.files.directory import MigrationFile

_TEXT = "-- UP\nCREATE TABLE t{} ();\n-- DOWN\nDROP TABLE t{};\n"


@pytest.fixture
def files(tmp_path: Path) -> list[MigrationFile]:
    for number in (1, 2, 3):
        (tmp_path / f"2025010100000{number}_t.sql").write_text(_TEXT.format(number, number))
    return list_migrations(tmp_path)


def _row(file: MigrationFile) -> LedgerRow:
    found = file.read()
    return LedgerRow(file.version, "t", found.up.checksum, found.down.checksum)


def test_only_what_is_not_as_it_ran_is_parsed(files: list[MigrationFile]) -> None:
    rows = {each.version: _row(each) for each in files[:2]}
    checksums = [each.read().up.checksum for each in files]
    files[1].path.write_text(_TEXT.format(2, 9))
    found = read_files(files, rows)
    assert [*found.changed] == [each.version for each in files[1:]]
    assert [*found.checksums.values()] == checksums
    assert found.broken == []


def test_a_checksum_is_the_file_s_and_not_the_ledger_s(files: list[MigrationFile]) -> None:
    row = _row(files[0])
    files[0].path.write_text(_TEXT.format(9, 1))
    found = read_files(files, {row.version: row})
    assert found.checksums[row.version] == files[0].read().up.checksum != row.checksum


def test_every_broken_file_is_told_of(files: list[MigrationFile]) -> None:
    rows = {each.version: _row(each) for each in files}
    for each in files[1:]:
        each.path.write_text("SELECT 1;")
    found = read_files(files, rows)
    assert [error.place.rpartition("/")[2] for error in found.broken] == [
        f"{each.path.name}:1:1" for each in files[1:]
    ]
    assert [*found.checksums] == [files[0].version]


def test_what_was_parsed_before_is_not_read_again(files: list[MigrationFile]) -> None:
    known = {files[0].version: files[0].read()}
    files[0].path.unlink()
    assert read_files(files, {}, known).changed[files[0].version] is known[files[0].version]


def test_migrations_are_parsed_when_they_are_asked_for_and_once(files: list[MigrationFile]) -> None:
    changed = {files[0].version: files[0].read()}
    files[0].path.unlink()
    found = Migrations(files, changed)
    assert ([*found], len(found)) == ([each.version for each in files], 3)
    assert found[files[0].version] is changed[files[0].version]
    assert found[files[1].version].up.text == "CREATE TABLE t2 ();"
    files[1].path.unlink()
    assert found[files[1].version] is found[files[1].version]
    assert files[1].version in found
    assert "20200101000000" not in found
    assert found.get("20200101000000") is None
    with pytest.raises(PromptlibError):
        Migrations(files, {})[files[0].version]
