"""`promptlib repair`: take the files for right."""

from __future__ import annotations

from promptlib.cli.command import (
    NO,
    YES,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_migrator,
)
from promptlib.cli.parser import add_yes
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.plan.repair import explain_repairs, find_repairs
from promptlib.plan.status import place_of_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.cli.command import Terminal
    from promptlib.plan.repair import Question


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
        texts = migrator.kept_texts(found, [each.entry.version for each in changes.edited])
        questions = explain_repairs(found, changes, executions, texts)
        versions = _agreed(questions, terminal, unasked=options.yes)
        if versions:
            chosen = find_repairs(found, versions)
            with migrator.locked(found) as locked:
                locked.repair(chosen)
            place = place_of_version(chosen.end, found.head)
            announce([f"repaired {', '.join(versions)}; {place}"])
    return Answer(code=0 if len(versions) == len(questions) else NO)


def _agreed(questions: Mapping[str, Question], terminal: Terminal, *, unasked: bool) -> list[str]:
    """The versions that shall be repaired; where nobody can be asked, all are told and none is."""
    if unasked or not terminal.can_answer:
        lines = [line for each in questions.values() for line in each.lines]
        is_agreed(terminal, lines, "", unasked=unasked)
        return [*questions]
    return [
        version
        for version, each in questions.items()
        if terminal.agrees(each.lines, each.asked, YES, "it stays as it is")
    ]


COMMAND = Command(
    summary="accept edited files, and forget missing ones",
    more=(
        "Shows each difference between the files and the ledger, asks about it, and takes the "
        "files for right: the ledger gets the text of edited files, and loses the rows of missing "
        "ones. No migration runs. Exit code: 1 where something stays as it is."
    ),
    example="",
    options=RepairOptions,
    add_arguments=add_yes,
    run=repair,
)
