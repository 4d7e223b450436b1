"""node_service: what there is to take over of a predecessor's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.adopt.node_service import find_service_adoption
from promptlib.core.errors import (
    LedgerError,
    MigrationFileError,
    NothingToAdoptError,
    ReadOnlyServerError,
)
from support.statuses import status, version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow


def digits(those: Iterable[Migration | LedgerRow]) -> str:
    return "".join(each.version[-1] for each in those)


@pytest.mark.parametrize(
    ("files", "ran", "expected"),
    [
        ("123", "12", ("12", "", "", "", 2)),
        ("1234", "23", ("23", "1", "", "", 3)),
        ("1234", "13", ("13", "", "2", "", 3)),
        ("13", "1239", ("13", "", "", "29", 3)),
    ],
)
def test_what_ran_what_came_before_what_is_late_and_what_has_no_file(
    tmp_path: Path, files: str, ran: str, expected: tuple[str, str, str, str, int]
) -> None:
    found = find_service_adoption(status(tmp_path, files, ran, foreign=ran))
    ran, assumed, gaps, kept, end = expected
    assert (digits(found.ran), digits(found.assumed)) == (ran, assumed)
    assert (digits(found.gaps), digits(found.kept)) == (gaps, kept)
    assert found.end == version(end)
    assert digits(found.taken) == assumed + ran


def test_behind_a_current_revision_nothing_is_assumed(tmp_path: Path) -> None:
    found = find_service_adoption(status(tmp_path, "12345", "25", 2, foreign="5"))
    assert (digits(found.ran), digits(found.assumed), digits(found.gaps)) == ("5", "", "134")


def test_where_all_rows_are_ours_there_is_nothing_to_adopt(tmp_path: Path) -> None:
    with pytest.raises(NothingToAdoptError):
        find_service_adoption(status(tmp_path, "12", "12", 2))
    with pytest.raises(NothingToAdoptError):
        find_service_adoption(status(tmp_path, "12", ""))


def test_a_replica_a_broken_file_and_another_program_s_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyServerError):
        find_service_adoption(status(tmp_path, "12", "1", foreign="1", is_replica=True))
    found = status(tmp_path, "12", "1", foreign="1")
    other = found.ledger._replace(foreign="migrations")
    with pytest.raises(LedgerError):
        find_service_adoption(found._replace(ledger=other))
    (tmp_path / f"{version(3)}_x.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationFileError):
        find_service_adoption(status(tmp_path, "12", "1", foreign="1"))
