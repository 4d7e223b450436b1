"""explicit_table_lock: LOCK TABLE where others wait."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.explicit_table_lock import find_explicit_table_locks
from support.lint_texts import columns, migration_text

_MODES = {
    "": "readers and writers",
    "IN ACCESS EXCLUSIVE MODE": "readers and writers",
    "IN EXCLUSIVE MODE": "writers",
    "IN SHARE ROW EXCLUSIVE MODE": "writers",
    "IN SHARE MODE NOWAIT": "writers",
    "IN SHARE UPDATE EXCLUSIVE MODE": "",
    "IN ROW EXCLUSIVE MODE": "",
    "IN ROW SHARE MODE": "",
    "IN ACCESS SHARE MODE": "",
}


@pytest.mark.parametrize(("mode", "waits"), _MODES.items())
def test_who_waits(mode: str, waits: str) -> None:
    found = [
        each.message
        for each in find_explicit_table_locks(migration_text(f"LOCK a, ONLY s.b {mode}"))
    ]
    assert found == [f"{waits} of a and s.b wait until this transaction has ended"][: bool(waits)]


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("DO $$ BEGIN LOCK TABLE a; END $$", [13]),
        ("CREATE TABLE a (i int); LOCK a", []),
        ("CREATE TEMP TABLE a (i int); LOCK a, b", [30]),
    ],
)
def test_tables_that_were_there_before(up: str, found: list[int]) -> None:
    assert columns(find_explicit_table_locks, migration_text(up)) == (found, [])
