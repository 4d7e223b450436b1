"""What verify found out, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib import duration, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.findings import Proof, Report, Risk

_PAINTED = {"+": tables.GREEN, "-": tables.RED, "!": tables.YELLOW}


def lines(report: Report, *, coloured: bool) -> Iterator[str]:
    """What is wrong, migration by migration; the locks that others notice; a summary."""
    for proof in report.proofs:
        for finding in proof.findings:
            yield f"{finding.place}: {finding.what}"
            yield from (_painted(f"  {line}", coloured=coloured) for line in finding.diff)
        yield from _lost(proof)
    yield from _risks(report.risks)
    yield _summary(report)


def _lost(proof: Proof) -> Iterator[str]:
    for loss in proof.lost:
        yield f"{proof.path}: as accepted, its UP loses what no DOWN gives back: {loss}"


def _risks(risks: Iterable[Risk]) -> Iterator[str]:
    rows = [
        (
            risk.lock.mode + (", rewritten" if risk.lock.rewritten else ""),
            risk.lock.table,
            duration.shown(risk.statement.seconds),
            risk.statement.place,
            risk.statement.sql,
        )
        for risk in risks
    ]
    if rows:
        header = ("LOCK", "TABLE", "TOOK", "PLACE", "STATEMENT")
        yield from tables.aligned([header, *rows], {})


def _summary(report: Report) -> str:
    number = len(report.proofs)
    bad = sum(not proof.is_clean for proof in report.proofs)
    what = f"{bad} with findings" if bad else "DOWN undoes UP in all of them" if number else "none"
    return (
        f"{number} migration{'s' * (number != 1)} tried on {report.server} in "
        f"{duration.shown(report.seconds)}: {what}"
    )


def _painted(line: str, *, coloured: bool) -> str:
    colour = _PAINTED.get(line[2:3])
    return f"\x1b[{colour}m{line}\x1b[0m" if coloured and colour else line
