"""views: facts in columns, and where there is colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.cli.views import (
    display_time,
    executed_lines,
    history_lines,
    pending_lines,
    plan_lines,
    rollback_lines,
    status_lines,
)
from promptlib.config.settings import Settings
from promptlib.engine.request import plan_request, request_upgrade
from promptlib.engine.results import DatabaseStatus, MigrationStatus
from promptlib.ledger.history import Attempt
from promptlib.ledger.state import Execution, HalfDone
from promptlib.plan.states import State
from promptlib.plan.steps import rollback_last
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.plan.status import Status

_RAN = MigrationStatus(
    "1", "make a", State.EXECUTED, "sum", Execution("2025-01-02T03:04:05.678Z", 1500, "me")
)
_LATE = MigrationStatus("0", "b", State.LATE, None, Execution())
_WAITS = MigrationStatus("2", "c", State.PENDING, None, Execution())


def told(*found: MigrationStatus, coloured: bool = False, half: tuple[HalfDone, ...] = ()) -> str:
    made = DatabaseStatus("db", "", "1", "1", 2, half, found)
    return "\n".join(status_lines(made, coloured=coloured))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05Z"), (None, "-"), ("", "-")],
)
def test_a_time(text: str | None, shown: str) -> None:
    assert display_time(text) == shown


def test_a_table_and_a_summary() -> None:
    assert told(_LATE, _RAN).splitlines() == [
        "VERSION  NAME    STATE     EXECUTED AT           TOOK   BY",
        "0        b       late      -                     -      -",
        "1        make a  executed  2025-01-02T03:04:05Z  1.5 s  me",
        "2 migrations: 1 executed, 1 late; the database is at 1 (head)",
    ]


def test_without_migrations_there_is_no_table() -> None:
    assert told() == "0 migrations; the database is at 1 (head)"


def test_states_are_painted_on_a_terminal_alone() -> None:
    assert "\x1b[31mlate\x1b[0m" in told(_LATE, coloured=True)
    assert "\x1b[32mexecuted\x1b[0m" in told(_RAN, coloured=True)
    assert "\x1b" not in told(_LATE, _RAN)


def test_sections_that_were_cut_off_come_last() -> None:
    half = HalfDone(1, "2", "up", "failed", 3, "sum", 4711)
    last = told(_RAN, half=(half,)).splitlines()[-1]
    assert last.startswith("the UP section of 2 was cut off after statement 3: promptlib migrate ")


def test_a_remark_is_made_where_a_state_is_unusual() -> None:
    assert pending_lines([_LATE, _WAITS], [], coloured=False) == ["0  b  late", "2  c"]
    edited = _RAN._replace(version="3", state=State.EDITED)
    lines = executed_lines([_RAN, edited], coloured=False)
    assert [line.split("  ")[-1] for line in lines] == ["me", "edited"]


def test_history_shows_the_first_line_of_an_error() -> None:
    attempt = Attempt("1", "up", "2025-01-02T03:04:05Z", None, "failed", "me", "bad\nworse")
    header, line = history_lines([attempt], coloured=False)
    assert header.split()[:2] == ["VERSION", "DIRECTION"]
    assert line.split() == ["1", "up", "failed", "2025-01-02T03:04:05Z", "-", "me", "bad"]
    assert history_lines([], coloured=False) == []


def planned(found: Status) -> list[str]:
    steps = plan_request(request_upgrade("head"), found, Settings(late_migrations="apply"))
    return [*plan_lines(steps, found)]


def test_what_a_migrate_would_run(tmp_path: Path) -> None:
    assert planned(status(tmp_path, "123", "2", 2)) == [
        f"would run  {version(1)}  x  (late)",
        f"would run  {version(3)}  x",
    ]
    found = status(tmp_path, "123", "123", 3)
    assert planned(found) == [f"nothing would run; the database is at {version(3)} (head)"]
    unmade = found._replace(ledger=found.ledger._replace(has_version_table=False))
    assert [*plan_lines([], unmade)] == ["would make the ledger"]


def test_what_a_rollback_takes_back(tmp_path: Path) -> None:
    found = status(tmp_path, "124", "123", 3, (4, "up"))
    assert [*rollback_lines(rollback_last(found, 3), found)] == [
        f"to take back  {version(4)}  x  (was cut off halfway)",
        f"to take back  {version(3)}  x  (its file is gone: by the DOWN section in the ledger)",
        f"to take back  {version(2)}  x",
        "their DOWN sections drop what they made, with the data in it",
        f"the database will be at {version(1)}",
    ]
