"""What keeps a deploy from going on; each with the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import (
    ChangedMeanwhileError,
    LedgerError,
    NotAdoptedError,
    ReadOnlyServerError,
)
from promptlib.plan.refusals import require_clear, require_unmoved, require_writable, state_problems
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_has_moved_what_somebody_agreed_to(tmp_path: Path) -> None:
    ledger = status(tmp_path, "123", "12", 2).ledger
    require_unmoved(ledger, (version(2),))
    require_unmoved(ledger, None)  # nobody has agreed to anything
    for start in ((), (version(1),)):
        with pytest.raises(ChangedMeanwhileError, match="moved the database meanwhile"):
            require_unmoved(ledger, start)


def test_a_replica_takes_no_writes(tmp_path: Path) -> None:
    require_writable(status(tmp_path, "1", "1", 1).ledger)
    with pytest.raises(ReadOnlyServerError, match="read-only replica; connect to the primary"):
        require_writable(status(tmp_path, "1", "1", 1, is_replica=True).ledger)


def test_it_must_be_clear_what_ran(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "12", 2)
    require_clear(found.ledger, found.files.files)
    found = status(tmp_path, "123", "12", 1)
    with pytest.raises(LedgerError, match=f"at {version(1)}, but the ledger says that"):
        require_clear(found.ledger, found.files.files)
    found = status(tmp_path, "123", "12", foreign="12")
    with pytest.raises(NotAdoptedError, match=f"has {version(1)}, {version(2)}"):
        require_clear(found.ledger, found.files.files)


def test_each_file_in_the_way_is_named(tmp_path: Path) -> None:
    found = status(tmp_path, "1234", "1356", 6, edited="3")
    problems = list(state_problems(found.entries, tmp_path, found.current))
    places = [(problem.place.rpartition("/")[2], problem.code) for problem in problems]
    assert places == [
        (f"{version(2)}_x.sql", "late-migration"),
        (f"{version(3)}_x.sql", "edited-migration"),
        (f"{version(4)}_x.sql", "late-migration"),
        (f"{version(5)}_x.sql", "missing-migration"),
        (f"{version(6)}_x.sql", "missing-migration"),
    ]
