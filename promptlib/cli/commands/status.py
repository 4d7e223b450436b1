"""`promptlib status`: where each migration stands."""

from __future__ import annotations

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    json_answer,
    open_migrator,
    text_answer,
)
from promptlib.cli.documents import status_document
from promptlib.cli.parser import add_json
from promptlib.cli.views import status_lines
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.core.remedies import Front
from promptlib.plan.refusals import deploy_refusals
from promptlib.plan.states import State

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

_log = Log(__name__)


class StatusOptions(NamedTuple):
    """What `promptlib status` takes.

    Attributes:
        common: what every command takes.
        json: whether the result is a document.
        exit_code: whether the exit code tells that something is to be done.
    """

    common: CommonOptions
    json: bool
    exit_code: bool


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib status` takes."""
    add_json(parser)
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 when something is to run, or a migration is not executed",
    )


def status(options: StatusOptions, terminal: Terminal) -> Answer:
    """Where each migration stands."""
    with open_migrator(options.common) as migrator:
        seen = migrator.look_closely()
        found, report = seen.status, migrator.report(seen)
    for problem in deploy_refusals(found, applies_late=migrator.settings.applies_late):
        _log.warning("%s", problem.told(Front.PROMPTLIB, options.common.given))
    for writer in found.ledger.writers:
        _log.warning("%s", writer)
    behind = report.half_done or any(each.state is not State.EXECUTED for each in report.migrations)
    behind = behind or any(each.state.is_due for each in report.repeatable)
    code = NO if options.exit_code and behind else 0
    if options.json:
        return json_answer(status_document(report), code)
    return text_answer(
        status_lines(report, coloured=terminal.is_coloured, columns=terminal.columns), code
    )


COMMAND = Command(
    summary="where each migration stands",
    more="Changes nothing, waits for nobody.",
    example="--exit-code",
    options=StatusOptions,
    add_arguments=add_status_arguments,
    run=status,
)
