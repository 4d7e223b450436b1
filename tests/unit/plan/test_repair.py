"""repair: what is different between files and ledger, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import LedgerError, MigrationFileError
from promptlib.ledger.history import Execution
from promptlib.plan.repair import Repair, explain_repairs, find_repairs, repair_statements
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.plan.status import Status

_WHEN = {version(2): Execution("2025-01-02T03:04:05Z")}


def found_repairs(found: Status) -> tuple[str, str, str, str]:
    """The last digits of what is edited, missing, abandoned, and of the current revision."""
    changes = find_repairs(found)
    assert bool(changes) is any(changes[:3])
    edited, missing, abandoned = (
        "".join(each.version[-1] for each in those)
        for those in (changes.edited, changes.missing, changes.abandoned)
    )
    return edited, missing, abandoned, changes.end[-1:]


def explained(found: Status) -> list[str]:
    return [*explain_repairs(found, _WHEN, find_repairs(found))]


def test_where_all_is_as_it_ran_there_is_nothing_to_repair(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "12", 2)
    assert not find_repairs(found)
    assert explained(found) == []
    assert [*repair_statements(found, find_repairs(found))] == []


def test_what_is_edited_and_what_is_missing(tmp_path: Path) -> None:
    assert found_repairs(status(tmp_path, "124", "1234", 4, edited="2")) == ("2", "3", "", "4")


def test_a_current_revision_that_is_missing_goes_back_to_what_ran(tmp_path: Path) -> None:
    assert found_repairs(status(tmp_path, "124", "134", 4)) == ("", "3", "", "4")
    (tmp_path / f"{version(4)}_x.sql").unlink()
    assert found_repairs(status(tmp_path, "12", "134", 4)) == ("", "34", "", "1")
    assert found_repairs(status(tmp_path, "12", "34", 4)) == ("", "34", "", "")


def test_a_section_that_was_cut_off_has_neither_row_nor_file(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "1", 1, (2, "up"), (3, "up"))
    assert found_repairs(found) == ("", "", "3", "1")
    assert explained(found) == [
        f"{version(3)}: its UP section was cut off, its file is gone",
        "  the ledger forgets its 1 statements; what they made stays",
    ]
    (closed,) = repair_statements(found, find_repairs(found))
    assert f"('{version(3)}', 'up', pg_catalog.clock_timestamp(), 'repaired')" in closed


def test_an_edited_one_is_told_with_both_checksums(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "12", 2, edited="2")
    first, ran, now, effect = explained(found)
    assert first.endswith(
        f"{version(2)}_x.sql: its UP section is not the one that ran here at 2025-01-02T03:04:05Z"
    )
    assert ran == "  checksum that ran: another"
    assert now == f"  checksum now:      {found.files[version(2)].up.checksum}"
    assert effect == "  the ledger takes checksum and DOWN section of the file, and loses its own"
    (taken,) = repair_statements(found, find_repairs(found))
    assert version(2) in taken
    assert version(1) not in taken


def test_a_missing_one_is_told_with_what_is_lost(tmp_path: Path) -> None:
    found = status(tmp_path, "1", "13", 3)
    first, effect, moves = explained(found)
    assert first.endswith(
        f"{version(3)}_x.sql: the file of what ran here, nobody knows when is gone"
    )
    assert effect == (
        "  the ledger forgets it, with the DOWN section that it keeps, the last there is; "
        "what it made in the database stays"
    )
    assert moves == f"alembic_version goes from {version(3)} to {version(1)}"
    forgotten, moved = repair_statements(found, find_repairs(found))
    assert forgotten.startswith(
        'DELETE FROM "public".migrations WHERE id OPERATOR(pg_catalog.=) ANY '
        f"(ARRAY['{version(3)}']);"
    )
    assert f"VALUES ('{version(1)}')" in moved


def test_a_broken_file_or_a_ledger_that_is_not_clear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        find_repairs(status(tmp_path, "12", "12", 1))
    (tmp_path / f"{version(3)}_x.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationFileError):
        find_repairs(status(tmp_path, "12", "12", 2))


def test_no_change_is_no_repair() -> None:
    assert not Repair([], [], [], version(1))
