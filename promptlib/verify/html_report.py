"""A report of verify as one HTML page, which takes nothing from elsewhere. Pure.

Its template is page.html.mako, where whatever is put in is escaped.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from mako.template import Template

from promptlib.core.durations import display_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.verify.report import MeasuredStatement, Proof, VerifyReport


def render_page(report: VerifyReport) -> str:
    """The page: what is wrong and what is risky first, then each migration."""
    template = Template(
        resources.files("promptlib.verify").joinpath("page.html.mako").read_text("utf-8"),
        default_filters=["h"],
        strict_undefined=True,
    )
    made: str = template.render_unicode(
        report=report,
        verdict=_verdict(report),
        summary=_summary,
        anchor=_anchor,
        where=_where,
        shown=display_duration,
    )
    return made


def _verdict(report: VerifyReport) -> str:
    number = _counted(report.proofs, "migration")
    if report.is_clean:
        return f"DOWN undoes UP in {number}" if report.proofs else "there was nothing to prove"
    wrong = sum(not proof.is_clean for proof in report.proofs)
    return f"{_counted(report.findings, 'finding')} in {wrong} of {number}"


def _summary(proof: Proof) -> str:
    """What the line of a migration says that is closed."""
    return ", ".join(_summaries(proof))


def _summaries(proof: Proof) -> Iterator[str]:
    if proof.findings:
        yield _counted(proof.findings, "finding")
    if proof.lost:
        yield "loses data"
    locks = [lock for statement in proof.statements for lock in statement.locks]
    worst = max(locks, key=lambda lock: lock.risk, default=None)
    if worst and worst.is_risky:
        yield f"{worst.blocks}{' and rewrites a table' if worst.rewritten else ''}"
    yield display_duration(proof.seconds)


def _anchor(proof: Proof, statement: MeasuredStatement) -> str:
    return f"{proof.version}-statement-{proof.statements.index(statement) + 1}"


def _where(proof: Proof, place: str) -> str:
    """A place in the migration's file, which the reader knows."""
    number = place.removeprefix(f"{proof.path}:").partition(":")[0]
    return f"line {number}" if number.isdigit() else place


def _counted(things: tuple[object, ...], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"
