"""stamp: what somebody's word about a database makes of its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.plan.stamp import declare_version, stamp_statements
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.plan.status import Status


def digits(versions: list[str]) -> str:
    return "".join(each[-1] for each in versions)


def written(found: Status, number: int) -> list[str]:
    return [*stamp_statements(found, declare_version(found, version(number)))]


@pytest.mark.parametrize(
    ("files", "ran", "number", "executed", "pending"),
    [
        ("123", "", 2, "12", ""),
        ("123", "12", 1, "", "2"),
        ("123", "13", 2, "2", "3"),
        ("123", "123", 3, "", ""),
        ("123", "123", 0, "", "123"),
        ("12", "123", 1, "", "23"),  # of the third there is a row alone
    ],
)
def test_up_to_a_version_all_is_executed_and_behind_it_all_is_pending(  # noqa: PLR0913, PLR0917 - a table
    tmp_path: Path, files: str, ran: str, number: int, executed: str, pending: str
) -> None:
    declared = declare_version(status(tmp_path, files, ran), version(number))
    assert declared.version == version(number)
    assert (digits(declared.executed), digits(declared.pending)) == (executed, pending)


def test_rows_of_another_program_are_ours_where_there_is_a_file(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "124", foreign="124")
    assert digits(declare_version(found, version(1)).executed) == "1"
    assert digits(declare_version(found, version(1)).pending) == "2"


def test_the_ledger_is_written_before_alembic_version(tmp_path: Path) -> None:
    taken, forgotten, moved = written(status(tmp_path, "123", "13", 3), 2)
    assert taken.startswith('WITH taken AS (INSERT INTO "public".migrations')
    assert f"('{version(2)}', 'x', " in taken
    assert version(1) not in taken
    assert forgotten.startswith(
        'DELETE FROM "public".migrations WHERE id OPERATOR(pg_catalog.=) ANY '
        f"(ARRAY['{version(3)}']);"
    )
    assert moved == (
        'DELETE FROM "public".alembic_version;'
        f" INSERT INTO \"public\".alembic_version (version_num) VALUES ('{version(2)}');"
    )


def test_base_leaves_no_version(tmp_path: Path) -> None:
    assert written(status(tmp_path, "1", "1", 1), 0)[-1] == 'DELETE FROM "public".alembic_version;'


@pytest.mark.parametrize(
    ("ran", "half", "number", "direction"),
    [
        ("12", (2, "down"), 2, "up"),  # its row stays
        ("1", (2, "up"), 1, "down"),  # it has none
    ],
)
def test_what_was_cut_off_is_closed(
    tmp_path: Path, ran: str, half: tuple[int, str], number: int, direction: str
) -> None:
    closed, _ = written(status(tmp_path, "12", ran, len(ran), half), number)
    assert closed.startswith('INSERT INTO "public".migration_events ')
    assert f"('{version(2)}', '{direction}', pg_catalog.clock_timestamp(), 'stamped')" in closed


def test_what_is_declared_anyway_is_closed_with_it(tmp_path: Path) -> None:
    taken, _ = written(status(tmp_path, "12", "1", 1, (2, "up")), 2)
    assert taken.startswith("WITH taken")
