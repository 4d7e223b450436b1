"""`promptlib adopt`: take over a database that another tool migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.adopt.adoption import check_adoption, find_adoption, make_adoption
from promptlib.adopt.schema_match import require_match
from promptlib.cli.adopt_view import explain_adoption
from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_migrator,
)
from promptlib.cli.parser import add_scratch, add_yes
from promptlib.cli.scratch_place import scratch_place
from promptlib.core.errors import NothingToAdoptError

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class AdoptOptions(NamedTuple):
    """What `promptlib adopt` takes.

    Attributes:
        common: what every command takes.
        dry_run: whether to show and compare, and write nothing.
        yes: whether not to ask.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    dry_run: bool
    yes: bool
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_adopt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib adopt` takes."""
    parser.add_argument("--dry-run", action="store_true", help="show and compare, write nothing")
    add_yes(parser)
    add_scratch(parser)


def adopt(options: AdoptOptions, terminal: Terminal) -> Answer:
    """Take over a database that the predecessor migrated."""
    with open_migrator(options.common, changes=not options.dry_run) as migrator:
        found, executions, _ = migrator.look_closely()
        try:
            announced = find_adoption(found)
        except NothingToAdoptError as error:
            announce([str(error)])
            return Answer()
        place = scratch_place(migrator.project, options)
        checked = check_adoption(migrator, found, announced, place)
        told = explain_adoption(found, executions, announced, checked)
        unasked = options.yes or options.dry_run or bool(checked.differences)
        if not is_agreed(terminal, told, "adopt? [y/N]", unasked=unasked):
            return Answer(code=NO)
        require_match(checked)
        if options.dry_run:
            said = "nothing was changed"
        elif make_adoption(migrator, found, announced, checked):
            said = f"adopted; the database is at {announced.end or 'base'}"
        else:
            said = "there is nothing to adopt any more: somebody else did so meanwhile"
    announce([said])
    return Answer()


COMMAND = Command(
    summary="take over a database that the Node service migrated",
    more=(
        "Shows what its table `migrations` says and what becomes of it, compares the schema with "
        "that of a scratch database, where the same migrations are run, asks, and writes the "
        "ledger. No migration runs on the database itself."
    ),
    example="--dry-run",
    options=AdoptOptions,
    add_arguments=add_adopt_arguments,
    run=adopt,
)
