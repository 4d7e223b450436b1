"""reading: what is as it ran is known without being parsed, and is parsed when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ChangedMeanwhileError, MigrationFileError
from promptlib.ledger.state import LedgerRow
from promptlib.plan import reading
from promptlib.plan.reading import MigrationFiles

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.files.directory import MigrationFile

_TEXT = "-- UP\nCREATE TABLE t{} ();\n-- DOWN\nDROP TABLE t{};\n"


@pytest.fixture
def sources(tmp_path: Path) -> MigrationFiles:
    for number in (1, 2, 3):
        (tmp_path / f"2025010100000{number}_t.sql").write_text(_TEXT.format(number, number))
    return MigrationFiles(tmp_path)


def _row(file: MigrationFile) -> LedgerRow:
    found = file.read()
    return LedgerRow(file.version, "t", found.up.checksum, found.down.checksum)


def test_only_what_is_not_as_it_ran_is_parsed(sources: MigrationFiles) -> None:
    files = sources.files
    rows = {each.version: _row(each) for each in files[:2]}
    checksums = [each.read().up.checksum for each in files]
    files[1].path.write_text(_TEXT.format(2, 9))
    sources.read(rows)
    assert [*sources.checksums.values()] == checksums
    assert sources.broken == []
    sources.require_readable()


def test_what_is_read_ahead_is_what_is_read(
    sources: MigrationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MANY", 1)
    rows = {each.version: _row(each) for each in sources.files}
    sources.files[1].path.write_text(_TEXT.format(2, 9))
    sources.files[2].path.write_text("SELECT 1;")
    ahead = MigrationFiles(sources.where, hurried=True)
    ahead.read(rows)
    sources.read(rows)
    assert [*ahead.checksums.items()] == [*sources.checksums.items()]
    assert [*map(str, ahead.broken)] == [*map(str, sources.broken)]
    ahead.files[0].path.write_text(_TEXT.format(9, 9))
    with pytest.raises(ChangedMeanwhileError):
        _ = ahead[ahead.files[0].version]


def test_a_checksum_is_the_file_s_and_not_the_ledger_s(sources: MigrationFiles) -> None:
    first = sources.files[0]
    row = _row(first)
    first.path.write_text(_TEXT.format(9, 1))
    sources.read({row.version: row})
    assert sources.checksums[row.version] == first.read().up.checksum != row.checksum


def test_every_broken_file_is_told_of(sources: MigrationFiles) -> None:
    files = sources.files
    rows = {each.version: _row(each) for each in files}
    for each in files[1:]:
        each.path.write_text("SELECT 1;")
    sources.read(rows)
    assert [error.place.rpartition("/")[2] for error in sources.broken] == [
        f"{each.path.name}:1:1" for each in files[1:]
    ]
    assert [*sources.checksums] == [files[0].version]
    with pytest.raises(MigrationFileError) as caught:
        sources.require_readable()
    assert all(each.path.name in str(caught.value) for each in files[1:])


def test_files_are_read_once_and_listed_once(sources: MigrationFiles, tmp_path: Path) -> None:
    sources.read({})
    first, *others = sources.files
    seen = sources[first.version]
    for each in tmp_path.iterdir():
        each.unlink()
    sources.read({})
    assert sources.broken == []
    assert sources[first.version] is seen
    assert [*sources] == [first.version, *(each.version for each in others)]


def test_migrations_are_parsed_when_they_are_asked_for_and_once(sources: MigrationFiles) -> None:
    files = sources.files
    sources.read({each.version: _row(each) for each in files})
    assert ([*sources], len(sources)) == ([each.version for each in files], 3)
    assert sources[files[1].version].up.text == "CREATE TABLE t2 ();"
    assert sources[files[1].version] is sources[files[1].version]
    assert files[1].version in sources
    assert "20200101000000" not in sources
    assert sources.get("20200101000000") is None


def test_what_is_parsed_is_what_was_compared(sources: MigrationFiles) -> None:
    first = sources.files[0]
    sources.read({each.version: _row(each) for each in sources.files})
    first.path.write_text(_TEXT.format(8, 9))
    assert sources[first.version].down.text == "DROP TABLE t1;"


def test_files_that_take_much_room_are_read_again(sources: MigrationFiles) -> None:
    first, second, third = sources.files
    second.path.write_text(_TEXT.format(2, 2) + "-- " + "x" * (5 << 20))
    third.path.write_text(_TEXT.format(3, 3) + "-- " + "x" * (5 << 20))
    sources.read({each.version: _row(each) for each in sources.files})
    for each in (first, second, third):
        each.path.unlink()
    assert sources[third.version].up.text == "CREATE TABLE t3 ();"
    for each in (first, second):
        with pytest.raises(MigrationFileError):
            sources[each.version]


def test_what_was_edited_since_it_was_read_is_not_taken_for_what_was_compared(
    sources: MigrationFiles,
) -> None:
    first, second, _ = sources.files
    second.path.write_text(_TEXT.format(2, 2) + "-- " + "x" * (9 << 20))
    sources.read({each.version: _row(each) for each in sources.files})
    first.path.write_text(_TEXT.format(1, 7))  # of which nothing was said
    second.path.write_text(_TEXT.format(7, 2))
    assert sources[first.version].down.text == "DROP TABLE t7;"
    with pytest.raises(ChangedMeanwhileError, match="since it was read"):
        sources[second.version]


def test_the_newest_is_the_last_and_may_be_added(sources: MigrationFiles) -> None:
    assert sources.newest == sources.files[-1].version
    made = sources.files[-1]._replace(version="20260101000000")
    sources.add(made)
    assert sources.newest == "20260101000000" in sources
