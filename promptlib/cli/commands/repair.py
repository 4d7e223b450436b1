"""`promptlib repair`: take the files for right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_migrator,
)
from promptlib.cli.parser import add_yes
from promptlib.plan.repair import explain_repairs, find_repairs

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


class RepairOptions(NamedTuple):
    """What `promptlib repair` takes.

    Attributes:
        common: what every command takes.
        yes: whether not to ask.
    """

    common: CommonOptions
    yes: bool


def repair(options: RepairOptions, terminal: Terminal) -> Answer:
    """Take the files for right."""
    with open_migrator(options.common, changes=True) as migrator:
        found, executions, _ = migrator.look_closely()
        changes = find_repairs(found)
        if not changes:
            announce(["there is nothing to repair"])
            return Answer()
        told = explain_repairs(found, executions, changes)
        if not is_agreed(terminal, told, "repair? [y/N]", unasked=options.yes):
            return Answer(code=NO)
        with migrator.locked(found) as locked:
            locked.repair(changes)
    announce(["repaired"])
    return Answer()


COMMAND = Command(
    summary="accept edited files, and forget missing ones",
    more=(
        "Shows each difference between the files and the ledger, asks, and takes the files for "
        "right: the ledger gets the checksums and DOWN sections of edited files, and loses the "
        "rows of missing ones. No migration runs."
    ),
    example="",
    options=RepairOptions,
    add_arguments=add_yes,
    run=repair,
)
