"""verify_view: what verify found out, as lines."""

from __future__ import annotations

import pytest

from promptlib.cli.verify_view import verify_lines
from promptlib.verify.report import (
    Finding,
    MeasuredStatement,
    Proof,
    StrongestLock,
    VerifyReport,
)

_WRITES = StrongestLock("t", "AccessExclusiveLock", rewritten=True)
_READS = StrongestLock("t", "AccessShareLock", rewritten=False)
_STATEMENTS = (
    MeasuredStatement("up", "a.sql:2:1", "ALTER TABLE t", 1.5, (_WRITES,)),
    MeasuredStatement("up", "a.sql:3:1", "SELECT 1", 0.5, (_READS,)),
    MeasuredStatement("up", "a.sql:4:1", "SELECT 2", 0.5, ()),
)
_CLEAN = Proof("1", "a", "a.sql", "", "", _STATEMENTS, (), (), 1)
_BAD = _CLEAN._replace(
    path="b.sql",
    statements=(),
    findings=(Finding("b.sql:4", "it leaves something", ("+ made", "- lost", "  same")),),
    lost=("column b",),
)


def lines(*proofs: Proof, coloured: bool = False, every_statement: bool = False) -> list[str]:
    report = VerifyReport("PostgreSQL 18", proofs, 2)
    return [*verify_lines(report, coloured=coloured, every_statement=every_statement)]


def test_findings_come_with_their_difference_and_what_is_lost_as_accepted() -> None:
    assert lines(_BAD)[:-1] == [
        "b.sql:4: it leaves something",
        "  + made",
        "  - lost",
        "    same",
        "b.sql: as accepted, its UP loses what no DOWN gives back: column b",
    ]


def test_a_migration_without_a_way_back_is_told() -> None:
    told, summary = lines(_CLEAN._replace(statements=(), is_one_way=True))
    assert told == "a.sql: its DOWN refuses, so there was nothing to prove but that UP runs"
    assert summary.endswith(": DOWN undoes UP in all that have one")


def test_a_difference_is_painted_on_a_terminal() -> None:
    assert lines(_BAD, coloured=True)[1:4] == [
        "\x1b[32m  + made\x1b[0m",
        "\x1b[31m  - lost\x1b[0m",
        "    same",
    ]


def test_only_the_locks_that_others_notice_are_told_unless_all_are_asked_for() -> None:
    header, risk, _ = lines(_CLEAN)
    assert header.split() == ["LOCK", "TABLE", "TOOK", "PLACE", "STATEMENT"]
    assert risk.split("  ")[0] == "AccessExclusiveLock, rewritten"
    assert risk.endswith("a.sql:2:1  ALTER TABLE t")
    assert [line.split("  ")[-1] for line in lines(_CLEAN, every_statement=True)[1:-1]] == [
        "ALTER TABLE t",
        "SELECT 1",
        "SELECT 2",
    ]


@pytest.mark.parametrize(
    ("proofs", "said"),
    [
        ((), "0 migrations tried on PostgreSQL 18 in 2.0 s: none"),
        ((_CLEAN,), "1 migration tried on PostgreSQL 18 in 2.0 s: DOWN undoes UP in all of them"),
        ((_CLEAN, _BAD), "2 migrations tried on PostgreSQL 18 in 2.0 s: 1 with findings"),
    ],
)
def test_a_summary(proofs: tuple[Proof, ...], said: str) -> None:
    assert lines(*proofs)[-1] == said
