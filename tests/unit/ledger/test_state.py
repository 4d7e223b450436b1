"""What the columns of a ledger's tables say of who made them."""

from __future__ import annotations

import pytest

from promptlib.ledger.state import PREDECESSORS, UNKNOWN_LEDGER, HalfDone


def test_a_ledger_is_there_as_soon_as_all_its_tables_are() -> None:
    made = UNKNOWN_LEDGER.with_tables()
    assert made.exists
    assert made.is_ready
    assert not made._replace(has_deploys=False).exists
    assert not made._replace(events=made.events - {"deploy_id"}).exists
    assert not made._replace(columns=made.columns - {"up_sql"}).exists
    assert not made._replace(has_version_table=False).is_ready


def test_events_of_an_earlier_version_can_be_read() -> None:
    made = UNKNOWN_LEDGER.with_tables()
    earlier = made._replace(events=made.events - {"deploy_id", "alone"})
    assert earlier.has_events
    assert not earlier.has_whole_events
    assert not UNKNOWN_LEDGER.has_events


def test_the_predecessor_s_table_keeps_no_down_sections() -> None:
    theirs = UNKNOWN_LEDGER._replace(columns=PREDECESSORS)
    assert theirs.is_predecessors
    assert not theirs.with_tables().is_predecessors
    assert not UNKNOWN_LEDGER.is_predecessors


@pytest.mark.parametrize(
    ("outcome", "deploy", "alone", "expected"),
    [
        ("running", 7, 2, True),  # it began alone, and nobody saw it end
        ("running", 7, 1, False),  # the one after that did not begin
        ("failed", 7, None, False),
        ("running", None, None, True),  # earlier versions recorded a statement behind it
        ("failed", None, None, False),
    ],
)
def test_whether_a_statement_s_outcome_is_unknown(
    outcome: str, deploy: int | None, alone: int | None, expected: object
) -> None:
    half = HalfDone(1, "20250101000000", "up", outcome, 2, "x", 1, deploy, alone)
    assert half.is_unknown is expected
