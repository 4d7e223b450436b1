"""`promptlib rollback`: take the last migration back."""

from __future__ import annotations

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_migrator,
)
from promptlib.cli.parser import (
    VERSION_MAY_BE_SHORT,
    add_answers,
    add_data_loss,
    add_yes,
    given_answers,
    not_empty,
    positive_number,
)
from promptlib.cli.views import rollback_lines
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.engine.kept_downs import describe_kept_downs, refuse_kept_downs
from promptlib.engine.request import request_downgrade
from promptlib.engine.results import describe_deployment
from promptlib.plan.status import describe_place
from promptlib.plan.steps import choose_rollback

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Protocol

    from promptlib.cli.command import Terminal
    from promptlib.engine.kept_downs import KeptDown
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.engine.request import Request
    from promptlib.plan.status import Status
    from promptlib.plan.steps import Rollback

    class RollbackAnswers(Protocol):
        """What may have been answered on the command line."""

        @property
        def yes(self) -> bool:
            """Whether not to ask."""

        @property
        def kept_down(self) -> bool:
            """Whether DOWN sections may run that only the ledger has."""


class RollbackOptions(NamedTuple):
    """What `promptlib rollback` takes.

    Attributes:
        common: what every command takes.
        n: how many of the last migrations; None: one.
        to: the version that all are taken back after, or `base`; None: `n` counts.
        yes: whether not to ask.
        allow_data_loss: whether DOWN may delete rows that no migration made.
        kept_down: whether DOWN sections may run that only the ledger has.
        rerun: the version whose statement is to run again that a deploy has asked about, if any.
        skip: the version whose statement counts as done that a deploy has asked about, if any.
    """

    common: CommonOptions
    n: int | None
    to: str | None
    yes: bool
    allow_data_loss: bool
    kept_down: bool
    rerun: str | None
    skip: str | None


def add_rollback_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib rollback` takes."""
    how_far = parser.add_mutually_exclusive_group()
    how_far.add_argument(
        "-n", type=positive_number, default=None, metavar="N", help="the last N, default 1"
    )
    how_far.add_argument(
        "--to", type=not_empty, metavar="VERSION", help="all after VERSION; `base`: all"
    )
    add_yes(parser)
    add_data_loss(parser)
    parser.add_argument(
        "--kept-down",
        action="store_true",
        help="show and run DOWN sections that only the ledger has",
    )
    add_answers(parser)


def rollback(options: RollbackOptions, terminal: Terminal) -> Answer:
    """Take migrations back."""
    loss = {"allow_data_loss": "on"} if options.allow_data_loss else {}
    answers = given_answers(options.rerun, options.skip)
    with open_migrator(options.common, changes=True, **loss, **answers) as migrator:
        found = migrator.look()
        back = choose_rollback(found, options.n, options.to)
        if not back.entries:
            announce([describe_place(found)])
            return Answer()
        request = agreed_rollback(migrator, found, back, options, terminal)
        if not request:
            return Answer(code=NO)
        announce([describe_deployment(migrator.deploy(request, found))])
    return Answer()


def agreed_rollback(
    migrator: CommandMigrator,
    found: Status,
    back: Rollback,
    options: RollbackAnswers,
    terminal: Terminal,
) -> Request | None:
    """What somebody wants to be taken back; None: he does not. One alone is not asked about.

    Args:
        migrator: of the database.
        found: the database and the files.
        back: what is to be taken back.
        options: what was answered already.
        terminal: who is asked.
    """
    told, unasked = rollback_lines(back, found), options.yes or len(back.entries) == 1
    if not is_agreed(terminal, told, "take them back? [y/N]", unasked=unasked):
        return None
    request = request_downgrade(back.end, agreed=found)
    kept = migrator.kept_downs(found, [entry.version for entry in back.entries])
    if kept and not _is_agreed_on(kept, options, terminal):
        return None
    return request._replace(kept_downs={key: each.text for key, each in kept.items()})


def _is_agreed_on(
    kept: Mapping[str, KeptDown], options: RollbackAnswers, terminal: Terminal
) -> bool:
    """Whether somebody has seen the DOWN sections of the ledger's, and wants them to run."""
    if not (options.kept_down or terminal.can_answer):
        raise refuse_kept_downs(kept.values())
    shown = describe_kept_downs(kept.values())
    return is_agreed(terminal, shown, "run that? [y/N]", unasked=options.kept_down)


COMMAND = Command(
    summary="take the last migration back",
    more=f"Runs its DOWN section, and asks when there are several. {VERSION_MAY_BE_SHORT}",
    example="-n 2",
    options=RollbackOptions,
    add_arguments=add_rollback_arguments,
    run=rollback,
)
