"""request: what somebody asks of a deploy, as steps where the database stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import (
    EditedMigrationError,
    LateMigrationError,
    LedgerError,
    MigrationFileError,
    ReadOnlyServerError,
    UnknownVersionError,
)
from promptlib.engine.request import (
    is_needed,
    plan_request,
    request_downgrade,
    request_upgrade,
    untouched,
)
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.engine.request import Request
    from promptlib.plan.status import Status

_LATE = Settings(late_migrations="apply")


def planned(request: Request, found: Status, settings: Settings | None = None) -> list[str]:
    steps = plan_request(request, found, settings or Settings())
    return [f"{step.direction} {step.version[-1]}" for step in steps]


def test_an_upgrade_counts_from_where_the_database_stands(tmp_path: Path) -> None:
    request = request_upgrade("+1")
    assert planned(request, status(tmp_path, "123", "1", 1)) == ["up 2"]
    assert planned(request, status(tmp_path, "123", "12", 2)) == ["up 3"]
    assert request.start is None


def test_a_downgrade_remembers_where_somebody_agreed_to_it(tmp_path: Path) -> None:
    found = status(tmp_path, "123", "123", 3)
    request = request_downgrade(version(1), found)
    assert planned(request, found) == ["down 3", "down 2"]
    assert request.start == (version(3),)


def test_late_ones_are_refused_unless_they_may_run(tmp_path: Path) -> None:
    found = status(tmp_path, "1234", "13", 3)
    with pytest.raises(LateMigrationError):
        planned(request_upgrade("head"), found)
    assert planned(request_upgrade("head"), found, _LATE) == ["up 2", "up 4"]


def test_what_is_edited_keeps_from_an_upgrade_and_not_from_a_downgrade(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "12", 2, edited="1")
    with pytest.raises(EditedMigrationError):
        planned(request_upgrade("head"), found)
    assert planned(request_downgrade(version(1), found), found) == ["down 2"]


def test_a_replica_a_broken_file_and_versions_moved_apart_keep_from_both(tmp_path: Path) -> None:
    replica = status(tmp_path, "12", "1", 1, is_replica=True)
    apart = status(tmp_path, "12", "12", 1)
    (tmp_path / f"{version(3)}_x.sql").write_text("SELECT 1;")
    broken = status(tmp_path, "12", "1", 1)
    for found, kind in (
        (replica, ReadOnlyServerError),
        (apart, LedgerError),
        (broken, MigrationFileError),
    ):
        for request in (request_upgrade("head"), request_downgrade("base", found)):
            with pytest.raises(kind):
                planned(request, found)


def test_a_target_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownVersionError):
        planned(request_upgrade("2030"), status(tmp_path, "12", "1", 1))


def test_a_deploy_is_needed_for_a_step_or_to_make_the_ledger(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "12", 2)
    assert not is_needed([], found)
    steps = plan_request(request_downgrade("base", found), found, Settings())
    assert is_needed(steps, found)
    unmade = found._replace(ledger=found.ledger._replace(has_version_table=False))
    assert is_needed([], unmade)


def test_a_deploy_that_has_nothing_to_do_says_where_the_database_stands(tmp_path: Path) -> None:
    done = untouched(status(tmp_path, "12", "1", 1))
    assert (done.ran, done.before, done.current) == ((), version(1), version(1))
    assert (done.head, done.seconds) == (version(2), 0)
    assert untouched(status(tmp_path, "12", "")).current is None
