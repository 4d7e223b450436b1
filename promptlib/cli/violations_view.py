"""What lint and check found, in the form that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.command import NO, Answer, text_answer
from promptlib.core.logs import Log
from promptlib.lint.violations import FORMATS, TEXT, sort_violations, summarize_violations

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.core.errors import MissingExtraError
    from promptlib.lint.violations import Violation

_log = Log(__name__)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the form."""
    parser.add_argument(
        "--format",
        choices=[*FORMATS],
        default=TEXT,
        help="how findings are told: as text (default), JSON, or annotations on GitHub",
    )


def tell_missing(missing: MissingExtraError | None) -> None:
    """Say in a line that squawk's rules were left out, where they were."""
    if missing:
        _log.warning("%s: its rules were left out; %s", missing.what, missing.remedy)


def violations_answer(found: Iterable[Violation], migrations: int, form: str) -> Answer:
    """The findings; what only people read is no part of a document.

    Args:
        found: in any order.
        migrations: how many were looked at.
        form: one of FORMATS.
    """
    ordered = sort_violations(found)
    told, summary = FORMATS[form](ordered), summarize_violations(ordered, migrations)
    if form == TEXT:
        ordered.sort(key=lambda each: each.severity != "error")  # what has to be mended first
        told = [*FORMATS[form](ordered), summary]
    else:
        _log.info("%s", summary)
    return text_answer(told, NO if ordered else 0)
