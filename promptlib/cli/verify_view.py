"""What verify found out, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.tables import align_columns, fit_columns
from promptlib.cli.views import GREEN, RED, YELLOW
from promptlib.core.durations import display_duration
from promptlib.core.printable import paint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from promptlib.verify.report import (
        Finding,
        MeasuredStatement,
        Proof,
        Risk,
        StrongestLock,
        VerifyReport,
    )

    Row = tuple[str, str, str, str, str]

_STATEMENT = 4  # its column
_PAINTED = {"+": GREEN, "-": RED, "!": YELLOW}


def verify_lines(
    report: VerifyReport,
    *,
    coloured: bool,
    every_statement: bool,
    columns: int = 0,
    ran: Collection[str] = (),
) -> Iterator[str]:
    """What has to be mended; locks and times; what a reader should know; a summary.

    Args:
        report: what was found.
        coloured: whether to paint it.
        columns: of the terminal; 0: as many as need be.
        every_statement: whether to tell of all statements, or of those that others notice alone.
        ran: versions that ran already, whose locks are left out then.
    """
    done = () if every_statement else ran
    for proof in report.proofs:
        yield from _findings(proof.findings, coloured=coloured)
    if report.repeatable:
        yield from _findings(report.repeatable.findings, coloured=coloured)
    risks = [each for each in report.risks if each.proof.version not in done]
    rows = [*_statements(report.proofs)] if every_statement else [*_risks(risks)]
    if rows:
        table = [("LOCK", "TABLE", "TOOK", "PLACE", "STATEMENT"), *rows]
        yield from align_columns(fit_columns(table, columns, _STATEMENT), {})
    yield from _remarks(report)
    if left_out := len({each.proof.version for each in report.risks} & {*done}):
        those = "a migration" if left_out == 1 else f"{left_out} migrations"
        yield f"the locks of {those} that ran already are left out: -v shows them"
    yield _summary(report)


def _remarks(report: VerifyReport) -> Iterator[str]:
    """What a reader should know, and nobody has to mend."""
    for proof in report.proofs:
        if proof.is_one_way:
            yield f"{proof.path}: its DOWN refuses, so there was nothing to prove but that UP runs"
        for loss in proof.lost:
            yield f"{proof.path}: as accepted, its UP loses what no DOWN gives back: {loss}"
    for table, why in report.unfilled:
        yield f"{table} was tried without made-up rows: {why}"


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
