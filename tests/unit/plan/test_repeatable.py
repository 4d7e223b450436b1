"""Where repeatable files stand, and which have to run again behind a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.files.repeatable import FOLDER, list_repeatable
from promptlib.ledger.repeatable import RepeatableRow
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.repeatable import RepeatableState, outdated_by, repeatable_entries

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {
    "a": "CREATE OR REPLACE VIEW a AS SELECT 1 AS x",
    "b": "-- after: a\nCREATE OR REPLACE VIEW b AS SELECT 1 AS x",
    "c": "CREATE OR REPLACE VIEW c AS SELECT 1 AS x",
    "drops": "DROP VIEW IF EXISTS c",
    "loose": "DROP VIEW IF EXISTS x CASCADE",
    "z": "SELECT 1",
}


def _write(folder: Path) -> MigrationFiles:
    (folder / FOLDER).mkdir()
    for name, text in _FILES.items():
        (folder / FOLDER / f"{name}.sql").write_text(text)
    return MigrationFiles(folder)


def test_each_stands_where_the_ledger_and_its_text_say(tmp_path: Path) -> None:
    files = _write(tmp_path)
    (tmp_path / FOLDER / "broken.sql").write_text("-- UP\nSELECT 1")
    checksums = {each.name: each.checksum for each in files.repeatable}
    rows = {
        name: RepeatableRow(name, checksum, "2025", "me")
        for name, checksum in [("a", checksums["a"]), ("b", "other"), ("old", "x")]
    }
    found = {each.name: each.state for each in repeatable_entries(files, rows)}
    assert [*found][-1] == "old"
    assert {name: found[name] for name in ("a", "b", "c", "old")} == {
        "a": RepeatableState.EXECUTED,
        "b": RepeatableState.CHANGED,
        "c": RepeatableState.PENDING,
        "old": RepeatableState.GONE,
    }
    assert [state.is_due for state in RepeatableState] == [False, True, True, False]
    (broken,) = files.broken  # it was to run
    assert "a repeatable file has no `-- UP`" in str(broken)


def test_what_ran_is_outdated_by_a_migration_wherever_it_stands(tmp_path: Path) -> None:
    files, problems = list_repeatable(_write(tmp_path).folder)
    assert not problems
    by_name = {each.name: each for each in files}
    ran = {"a", "c"}
    loose = by_name["loose"].section  # as if a migration had it
    assert [*outdated_by(loose, "", files, _FILES)] == [*by_name]
    assert [*outdated_by(by_name["drops"].section, "", files, ran)] == ["c"]
    assert [*outdated_by(by_name["z"].section, "", files, _FILES)] == []


def test_one_of_their_own_outdates_those_behind_it_alone(tmp_path: Path) -> None:
    files, _ = list_repeatable(_write(tmp_path).folder)
    by_name = {each.name: each for each in files}
    assert [*outdated_by(by_name["a"].section, "a", files, _FILES)] == ["b"]
    assert [*outdated_by(by_name["a"].section, "a", files, {"a"})] == []
    assert [*outdated_by(by_name["loose"].section, "loose", files, _FILES)] == ["z"]
    assert [*outdated_by(by_name["drops"].section, "drops", files, _FILES)] == []
