"""What verify found, put together."""

from __future__ import annotations

import pytest

from promptlib.verify.report import (
    LOCK_EFFECTS,
    Finding,
    MeasuredStatement,
    Proof,
    StrongestLock,
    VerifyReport,
)


@pytest.mark.parametrize(
    ("mode", "name", "is_risky"),
    [
        ("AccessShareLock", "ACCESS SHARE", False),
        ("RowShareLock", "ROW SHARE", False),
        ("RowExclusiveLock", "ROW EXCLUSIVE", False),
        ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE", False),
        ("ShareLock", "SHARE", True),
        ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE", True),
        ("ExclusiveLock", "EXCLUSIVE", True),
        ("AccessExclusiveLock", "ACCESS EXCLUSIVE", True),
    ],
)
def test_locks(mode: str, name: str, *, is_risky: bool) -> None:
    lock = StrongestLock("t", mode, rewritten=False)
    assert (lock.name, lock.is_risky) == (name, is_risky)
    assert (" no reads or writes" in lock.blocks) is not is_risky
    assert lock._replace(rewritten=True).is_risky


def test_locks_are_listed_by_their_strength() -> None:
    locks = [StrongestLock("t", mode, rewritten=False) for mode in LOCK_EFFECTS]
    assert sorted(locks, key=lambda lock: lock.risk) == locks
    assert all(lock.risk < StrongestLock("t", "ShareLock", rewritten=True).risk for lock in locks)


def _proof(
    version: str, *statements: MeasuredStatement, findings: tuple[Finding, ...] = ()
) -> Proof:
    return Proof(version, "x", f"sql/{version}_x.sql", "", "", statements, findings, (), 0)


def test_the_worst_risk_of_a_deploy_comes_first() -> None:
    mild = StrongestLock("a", "ShareLock", rewritten=False)
    none = StrongestLock("b", "RowShareLock", rewritten=False)
    worst = StrongestLock("c", "AccessExclusiveLock", rewritten=False)
    up = MeasuredStatement("up", "", "", 0, (mild, none))
    down = MeasuredStatement("down", "", "", 0, (worst._replace(rewritten=True),))
    worse = MeasuredStatement("up", "", "", 0, (worst,))
    report = VerifyReport("", (_proof("1", down, up), _proof("2", worse)), 0)
    assert [(risk.proof.version, risk.statement, risk.lock.table) for risk in report.risks] == [
        *(("2", worse, "c"), ("1", up, "a"), ("1", down, "c"))
    ]


def test_a_report_is_clean_when_all_of_it_is() -> None:
    finding = Finding("sql/2_x.sql", "wrong", ())
    wrong = _proof("2", findings=(finding, finding))
    assert VerifyReport("", (_proof("1"),), 0).is_clean
    assert not VerifyReport("", (_proof("1"), wrong), 0).is_clean
    assert VerifyReport("", (_proof("1"), wrong), 0).findings == (finding, finding)
