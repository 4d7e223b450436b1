"""status: a database and the files, compared, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import (
    EditedMigrationError,
    LateMigrationError,
    MigrationFileError,
    UnknownVersionError,
)
from promptlib.core.remedies import Front
from promptlib.ledger.state import HalfDone
from promptlib.plan.refusals import deploy_refusals
from promptlib.plan.states import State
from promptlib.plan.status import describe_half_done, describe_place, place_of_version
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path


def test_what_ran_and_what_waits(tmp_path: Path) -> None:
    found = status(tmp_path, "12346", "1345", 5, edited="3")
    assert "".join(each.version[-1] for each in found.applied) == "1345"
    assert "".join(each.version[-1] for each in found.waiting) == "26"
    late_or_edited = found.in_states(State.LATE, State.EDITED)
    assert "".join(each.version[-1] for each in late_or_edited) == "23"
    assert (found.current, found.head) == (version(5), version(6))


def test_what_is_not_known_to_have_run_counts_as_neither(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "", 2, beside=("2dc4342adfea",))
    assert [each.state for each in found.entries] == ["unknown"] * 3 + ["pending"]
    assert [each.version for each in found.entries][:2] == ["2dc4342adfea", version(1)]
    assert found.applied == []
    assert [each.version for each in found.waiting] == [version(3)]
    assert (found.current, found.revision) == (version(2), version(2))


def test_a_version_may_be_shortened_as_long_as_it_is_one(tmp_path: Path) -> None:
    found = status(tmp_path, "1", "15", 5)
    assert found.version(version(5)) == version(5)
    for text in ("2025", "2026"):
        with pytest.raises(UnknownVersionError):
            found.version(text)


def test_refusals_come_with_late_ones_unless_they_may_run(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "13", 3, edited="1")
    kinds = [type(each) for each in deploy_refusals(found, applies_late=False)]
    assert kinds == [EditedMigrationError, LateMigrationError]
    kinds = [type(each) for each in deploy_refusals(found, applies_late=True)]
    assert kinds == [EditedMigrationError]


def test_a_broken_file_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / f"{version(3)}_x.sql").write_text("SELECT 1;")
    found = status(tmp_path, "12", "12", 2)
    (broken,) = deploy_refusals(found, applies_late=False)
    assert isinstance(broken, MigrationFileError)


def test_where_a_database_stands(tmp_path: Path) -> None:
    assert describe_place(status(tmp_path, "12", "")) == "the database is at base"
    at_one = status(tmp_path, "12", "1", 1)
    assert describe_place(at_one) == f"the database is at {version(1)}"
    at_two = status(tmp_path, "12", "12", 2)
    assert describe_place(at_two) == f"the database is at {version(2)} (head)"
    hashed = status(tmp_path, "12", "", beside=("2dc4342adfea",))
    assert describe_place(hashed) == "the database is at 2dc4342adfea (unknown)"
    assert place_of_version("x\n", "") == r"the database is at x\x0a (unknown)"
    ahead = status(tmp_path, "12", "123", 3)
    said = f"the database is at {version(3)} (ahead of the newest file, {version(2)})"
    assert describe_place(ahead) == said
    alone = place_of_version(version(3), "")
    assert alone == f"the database is at {version(3)} (ahead of all files, as there is none)"


@pytest.mark.parametrize(
    ("direction", "finish", "undo"),
    [
        ("up", "alembic upgrade head", "alembic downgrade -1"),
        ("down", "alembic downgrade -1", "alembic upgrade head"),
    ],
)
def test_a_section_that_was_cut_off(direction: str, finish: str, undo: str) -> None:
    half = HalfDone(1, version(2), direction, "failed", 3, "", 1)
    assert describe_half_done(half).spelled(Front.ALEMBIC) == (
        f"the {direction.upper()} section of {version(2)} was cut off after statement 3: "
        f"{finish} finishes it, {undo} undoes it"
    )
