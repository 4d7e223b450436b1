"""repair: what is different between files and ledger, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import LedgerError, MigrationFileError
from promptlib.ledger.history import KeptTexts
from promptlib.ledger.state import Execution
from promptlib.plan.repair import (
    Repair,
    explain_repairs,
    find_repairs,
    repair_statements,
    text_checksum_of,
)
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
        for those in ([each.entry for each in changes.edited], changes.missing, changes.abandoned)
    )
    return edited, missing, abandoned, changes.end[-1:]


def explained(found: Status) -> list[str]:
    told = explain_repairs(found, find_repairs(found), _WHEN, {})
    return [line for each in told.values() for line in each.lines]


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
        "  the ledger would forget that 1 statement of it ran; what they made stays",
    ]
    (closed,) = repair_statements(found, find_repairs(found))
    assert f"('{version(3)}', 'up', pg_catalog.clock_timestamp(), 'repaired')" in closed


_RAN = KeptTexts("SELECT 1;\nSELECT '\x1b';", "-- DOWN\nSELECT 2;\n")


def _edited(folder: Path, kept: KeptTexts, checksum: str = "") -> list[str]:
    """What is told of the second migration, in the order of its lines."""
    found = status(folder, "12", "12", 2, edited="2")
    row = found.rows[version(2)]
    sum_ = checksum or text_checksum_of(kept.up or "")
    rows = {**found.rows, version(2): row._replace(checksum=sum_)}
    found = found._replace(ledger=found.ledger._replace(rows=rows))
    changes = find_repairs(found)
    (taken,) = repair_statements(found, changes)
    assert version(2) in taken
    assert version(1) not in taken
    return explain_repairs(found, changes, _WHEN, {version(2): kept})[version(2)].lines


def test_an_edited_one_is_told_with_the_lines_that_differ(tmp_path: Path) -> None:
    first, *lines = _edited(tmp_path, _RAN)
    assert first.endswith(
        f"{version(2)}_x.sql: its UP section was edited after it ran here at 2025-01-02T03:04:05Z"
    )
    assert lines == [
        "  --- UP as it ran",
        "  +++ UP as the file has it",
        "  @@ -1,2 +1 @@",
        "   SELECT 1;",
        "  -SELECT '\\x1b';",
        "  the ledger would keep the file's text; what ran in the database stays as it is",
    ]


def test_a_down_section_that_differs_is_shown_as_well(tmp_path: Path) -> None:
    lines = _edited(tmp_path, _RAN._replace(down="-- DOWN transaction:false\r\nSELECT 2;\n"))
    assert lines[6:11] == [
        "  --- DOWN as it ran",
        "  +++ DOWN as the file has it",
        "  @@ -1,2 +1,2 @@",
        "  --- DOWN transaction:false",
        "  +-- DOWN",
    ]


@pytest.mark.parametrize(
    ("kept", "checksum", "why"),
    [
        (KeptTexts(), "", "an earlier version of promptlib ran it, and kept no text"),
        (KeptTexts(""), "x", "its text was longer than 1 MB, and was not kept"),
        (_RAN, "x", "somebody has changed the text that the ledger keeps of it"),
    ],
)
def test_why_it_is_not_known_what_ran(
    tmp_path: Path, kept: KeptTexts, checksum: str, why: str
) -> None:
    assert _edited(tmp_path, kept, checksum)[1:] == [
        f"  what ran is not known: {why}",
        "  the ledger would keep the file's text; what ran in the database stays as it is",
    ]


def test_a_missing_one_is_told_with_what_is_lost(tmp_path: Path) -> None:
    found = status(tmp_path, "1", "13", 3)
    first, effect, moves = explained(found)
    assert first.endswith(
        f"{version(3)}_x.sql: it was taken for executed here, and its file is gone"
    )
    assert effect == (
        "  the ledger would forget it, and with it the DOWN section that it keeps, the last there "
        "is; what it made in the database stays"
    )
    assert moves == "  the database would be at what ran before it"
    forgotten, moved = repair_statements(found, find_repairs(found))
    assert forgotten.startswith(
        'DELETE FROM "public".migrations WHERE id OPERATOR(pg_catalog.=) ANY '
        f"(ARRAY['{version(3)}']);"
    )
    assert f"VALUES ('{version(1)}')" in moved


def test_only_what_was_agreed_to_is_changed(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "1234", 4, edited="2")
    assert find_repairs(found).versions == [version(2), version(3), version(4)]
    newest = find_repairs(found, [version(4)])
    assert (newest.versions, newest.end) == ([version(4)], version(3))
    assert (find_repairs(found, [version(3)]).end, bool(find_repairs(found, []))) == (
        version(4),
        False,
    )


def test_a_broken_file_or_a_ledger_that_is_not_clear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        find_repairs(status(tmp_path, "12", "12", 1))
    (tmp_path / f"{version(3)}_x.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationFileError):
        find_repairs(status(tmp_path, "12", "12", 2))


def test_no_change_is_no_repair() -> None:
    assert not Repair([], [], [], version(1))
