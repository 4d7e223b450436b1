"""What verify found out, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.views import GREEN, RED, YELLOW, align_columns
from promptlib.core.durations import display_duration
from promptlib.core.printable import paint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.verify.report import (
        Finding,
        MeasuredStatement,
        Proof,
        Risk,
        StrongestLock,
        VerifyReport,
    )

    Row = tuple[str, str, str, str, str]

_PAINTED = {"+": GREEN, "-": RED, "!": YELLOW}


def verify_lines(report: VerifyReport, *, coloured: bool, every_statement: bool) -> Iterator[str]:
    """What is wrong, migration by migration; locks and times; a summary.

    Args:
        report: what was found.
        coloured: whether to paint it.
        every_statement: whether to tell of all statements, or of those that others notice alone.
    """
    for proof in report.proofs:
        yield from _findings(proof.findings, coloured=coloured)
        if proof.is_one_way:
            yield f"{proof.path}: its DOWN refuses, so there was nothing to prove but that UP runs"
        for loss in proof.lost:
            yield f"{proof.path}: as accepted, its UP loses what no DOWN gives back: {loss}"
    rows = [*_statements(report.proofs)] if every_statement else [*_risks(report.risks)]
    if rows:
        yield from align_columns([("LOCK", "TABLE", "TOOK", "PLACE", "STATEMENT"), *rows], {})
    for table, why in report.unfilled:
        yield f"{table} was tried without made-up rows: {why}"
    if report.repeatable:
        yield from _findings(report.repeatable.findings, coloured=coloured)
    yield _summary(report)


def _findings(findings: Iterable[Finding], *, coloured: bool) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.place}: {finding.what}"
        yield from (_painted(f"  {line}", coloured=coloured) for line in finding.diff)


def _statements(proofs: Iterable[Proof]) -> Iterator[Row]:
    for proof in proofs:
        for statement in proof.statements:
            for lock in statement.locks:
                yield _row(statement, lock)
            if not statement.locks:
                yield ("-", "-", *_of(statement))


def _risks(risks: Iterable[Risk]) -> Iterator[Row]:
    return (_row(risk.statement, risk.lock) for risk in risks)


def _row(statement: MeasuredStatement, lock: StrongestLock) -> Row:
    mode = f"{lock.mode}, rewritten" if lock.rewritten else lock.mode
    return (mode, lock.table, *_of(statement))


def _of(statement: MeasuredStatement) -> tuple[str, str, str]:
    return display_duration(statement.seconds), statement.place, statement.sql


def _summary(report: VerifyReport) -> str:
    number = len(report.proofs)
    bad = sum(not proof.is_clean for proof in report.proofs)
    ways = "all that have one" if any(each.is_one_way for each in report.proofs) else "all of them"
    what = f"{bad} with findings" if bad else f"DOWN undoes UP in {ways}" if number else "none"
    return (
        f"{number} migration{'s' * (number != 1)} tried on {report.server} in "
        f"{display_duration(report.seconds)}: {what}{_repeatable(report)}"
    )


def _repeatable(report: VerifyReport) -> str:
    if not report.repeatable:
        return ""
    number, findings = report.repeatable
    what = "a finding" if findings else "run twice, to the same end"
    return f"; {number} repeatable file{'s' * (number != 1)}: {what}"


def _painted(line: str, *, coloured: bool) -> str:
    colour = _PAINTED.get(line[2:3])
    return paint(line, colour) if coloured and colour else line
