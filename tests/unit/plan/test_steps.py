"""steps: what a deploy runs, in its order, and how alembic_version moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import HalfDoneMigrationError, UnknownVersionError
from promptlib.core.remedies import Front
from promptlib.plan.steps import (
    Action,
    PlannedStep,
    Wanted,
    plan_steps,
    rollback_after,
    rollback_last,
    wanted_downgrade,
    wanted_upgrade,
)
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.plan.status import Status


def told(steps: list[PlannedStep]) -> list[str]:
    """Each step as `up 3: 2 -> 3`, by the last digits; ` passes over` where nothing runs."""
    lines = []
    for step in steps:
        move = f": {step.move.before[-1:]} -> {step.move.now[-1:]}" if step.move else ""
        over = " passes over" if step.passes_over else ""
        lines.append(f"{step.direction} {step.version[-1]}{move}{over}")
    return lines


def upgrade(found: Status, target: str = "head", *, late: bool = False) -> list[str]:
    wanted = wanted_upgrade(found, target)
    return told(plan_steps(found, Action.MIGRATE, wanted, applies_late=late))


def downgrade(found: Status, end: str) -> list[str]:
    wanted = wanted_downgrade(found, end)
    return told(plan_steps(found, Action.ROLLBACK, wanted, applies_late=False))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("head", ["up 2: 1 -> 2", "up 3: 2 -> 3", "up 4: 3 -> 4"]),
        ("+2", ["up 2: 1 -> 2", "up 3: 2 -> 3"]),
        ("+0", []),
        (version(3), ["up 2: 1 -> 2", "up 3: 2 -> 3"]),
        (version(1), []),
    ],
)
def test_an_upgrade_runs_what_is_pending(tmp_path: Path, target: str, expected: list[str]) -> None:
    assert upgrade(status(tmp_path, "1234", "1", 1), target) == expected


def test_the_first_migration_of_all_moves_from_nothing(tmp_path: Path) -> None:
    assert upgrade(status(tmp_path, "12", "")) == ["up 1:  -> 1", "up 2: 1 -> 2"]


@pytest.mark.parametrize("target", ["+4", "2024", "2025", ""])
def test_targets_that_are_none(tmp_path: Path, target: str) -> None:
    found = status(tmp_path, "1234", "1", 1)
    with pytest.raises(UnknownVersionError):
        wanted_upgrade(found, target)


def test_late_ones_run_first_and_move_nothing(tmp_path: Path) -> None:
    found = status(tmp_path, "12345", "13", 3)
    assert upgrade(found, late=True) == ["up 2", "up 4: 3 -> 4", "up 5: 4 -> 5"]
    assert upgrade(found, version(5)) == ["up 4: 3 -> 4", "up 5: 4 -> 5"]
    assert upgrade(status(tmp_path, "1234567", "37", 7), version(3), late=True) == ["up 1", "up 2"]


def test_a_downgrade_passes_over_what_never_ran(tmp_path: Path) -> None:
    found = status(tmp_path, "12345", "125", 5)
    assert downgrade(found, version(2)) == [
        "down 5: 5 -> 4",
        "down 4: 4 -> 3 passes over",
        "down 3: 3 -> 2 passes over",
    ]
    # Nobody stands where nothing ran: it goes on to what did.
    assert downgrade(found, version(4)) == downgrade(found, version(2))
    assert downgrade(found, "base")[-2:] == ["down 2: 2 -> 1", "down 1: 1 -> "]


def test_what_has_no_file_is_taken_back_too(tmp_path: Path) -> None:
    found = status(tmp_path, "1", "13", 3)
    assert downgrade(found, "base") == ["down 3: 3 -> 1", "down 1: 1 -> "]


@pytest.mark.parametrize(
    ("count", "versions", "end"), [(1, "5", version(2)), (2, "52", version(1)), (3, "521", "base")]
)
def test_the_last_ones_are_those_that_ran(
    tmp_path: Path, count: int, versions: str, end: str
) -> None:
    back = rollback_last(status(tmp_path, "12345", "125", 5), count)
    assert ("".join(each.version[-1] for each in back.entries), back.end) == (versions, end)


def test_more_than_ran_cannot_be_taken_back(tmp_path: Path) -> None:
    found = status(tmp_path, "12345", "125", 5)
    with pytest.raises(UnknownVersionError, match="only 3 migrations can be taken back"):
        rollback_last(found, 4)
    with pytest.raises(UnknownVersionError, match="no migration has run here"):
        rollback_last(status(tmp_path, "1", ""), 1)


def test_all_after_a_version(tmp_path: Path) -> None:
    found = status(tmp_path, "12345", "125", 5)
    assert [each.version for each in rollback_after(found, version(2)).entries] == [version(5)]
    assert rollback_after(found, version(5)).entries == []
    assert rollback_after(found, "base").end == "base"


def test_an_up_that_was_cut_off_goes_before_all_else(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "1", 1, (2, "up"))
    assert upgrade(found) == ["up 2: 1 -> 2", "up 3: 2 -> 3"]
    assert downgrade(found, version(1)) == ["down 2"]
    assert downgrade(found, "base") == ["down 2", "down 1: 1 -> "]
    back = rollback_last(found, 1)
    assert ([each.version for each in back.entries], back.end) == ([version(2)], version(1))


def test_nothing_runs_before_what_was_cut_off(tmp_path: Path) -> None:
    found = status(tmp_path, "1234", "1", 1, (3, "up"))
    with pytest.raises(HalfDoneMigrationError) as caught:
        upgrade(found)
    assert caught.value.told(Front.ALEMBIC) == (
        f"the UP section of {version(3)} was cut off after statement 1, so nothing else runs "
        f"before it is whole; rename {version(2)} to newer versions, then finish it: alembic "
        f"upgrade {version(3)}; or undo it: alembic downgrade -1"
    )
    assert f"promptlib migrate {version(3)}; or undo it: promptlib rollback" in str(caught.value)


def test_a_down_that_was_cut_off_is_undone_by_its_up(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "12", 2, (2, "down"))
    assert upgrade(found) == ["up 2", "up 3: 2 -> 3"]
    assert downgrade(found, version(1)) == ["down 2: 2 -> 1"]


def test_a_late_one_that_was_cut_off_goes_first(tmp_path: Path) -> None:
    found = status(tmp_path, "12345", "14", 4, (3, "up"))
    assert upgrade(found, late=True) == ["up 3", "up 2", "up 5: 4 -> 5"]
    with pytest.raises(HalfDoneMigrationError):
        upgrade(found)


def test_what_is_wanted_decides(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "1", 1)
    steps = plan_steps(found, Action.MIGRATE, Wanted([version(2)]), applies_late=False)
    assert told(steps) == ["up 2: 1 -> 2"]
