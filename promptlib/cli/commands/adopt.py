"""`promptlib adopt`: take over a database that another tool migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.adopt.adoption import check_adoption, make_adoption
from promptlib.adopt.node_service import find_service_adoption
from promptlib.adopt.schema_match import require_match
from promptlib.adopt.tool_adoption import find_tool_adoption
from promptlib.cli.adopt_view import explain_adoption, explain_import
from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_migrator,
)
from promptlib.cli.parser import add_scratch, add_yes, not_empty
from promptlib.cli.scratch_place import scratch_place
from promptlib.core.errors import NothingToAdoptError
from promptlib.ledger.history import read_undone
from promptlib.ledger.tool_history import choose_table, find_tables, read_history
from promptlib.ledger.tool_tables import TOOL_TABLES
from promptlib.plan.elsewhere import imported_origins

if TYPE_CHECKING:
    import argparse

    from promptlib.adopt.adoption import Adoption
    from promptlib.cli.command import Terminal
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.plan.status import Status


class AdoptOptions(NamedTuple):
    """What `promptlib adopt` takes.

    Attributes:
        common: what every command takes.
        tool: which tool migrated the database; None: the one whose table is there.
        table: in which it remembers what ran; None: the usual one.
        dry_run: whether to show and compare, and write nothing.
        no_compare: whether not to compare the schema with what the files make.
        yes: whether not to ask.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    tool: str | None
    table: str | None
    dry_run: bool
    no_compare: bool
    yes: bool
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_adopt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib adopt` takes."""
    tools = sorted({each.tool for each in TOOL_TABLES})
    parser.add_argument(
        "--from", dest="tool", choices=tools, metavar="TOOL", help=f"of {', '.join(tools)}"
    )
    parser.add_argument(
        "--table",
        type=not_empty,
        metavar="NAME",
        help="where the tool remembers what ran, if not where usual",
    )
    parser.add_argument("--dry-run", action="store_true", help="show and compare, write nothing")
    parser.add_argument(
        "--no-compare",
        action="store_true",
        help="do not compare the schema: you know that the database holds what ran",
    )
    add_yes(parser)
    add_scratch(parser)


def adopt(options: AdoptOptions, terminal: Terminal) -> Answer:
    """Take over a database that another tool migrated."""
    with open_migrator(options.common, changes=not options.dry_run) as migrator:
        found, executions, _ = migrator.look_closely()

        def find(status: Status) -> Adoption:
            return _find(migrator, options, status)

        try:
            announced = find(found)
        except NothingToAdoptError as error:
            announce([str(error)])
            return Answer()
        checked = None
        if not options.no_compare:
            place = scratch_place(migrator.project, options)
            checked = check_adoption(migrator, found, announced, place)
        told = explain_adoption(found, executions, announced, checked)
        differs = bool(checked and checked.differences)
        unasked = options.yes or options.dry_run or differs
        if not is_agreed(terminal, told, "adopt? [y/N]", unasked=unasked):
            return Answer(code=NO)
        if checked:
            require_match(checked)
        if options.dry_run:
            said = "nothing was changed"
        elif make_adoption(migrator, found, announced, checked, find):
            said = f"adopted; the database is at {announced.end or 'base'}"
        else:
            said = "there is nothing to adopt any more: somebody else did so meanwhile"
    announce([said])
    return Answer()


def _find(migrator: CommandMigrator, options: AdoptOptions, found: Status) -> Adoption:
    """What there is to take over, of the tool that is meant or of the predecessor.

    Raises:
        NothingToAdoptError: where that is nothing.
        PromptlibError: where it is not clear.
    """
    origins = imported_origins(found.files)
    with migrator.looking() as cursor:
        tables = find_tables(cursor, options.table)
        # Alembic's is ours too.
        tables = [each for each in tables if each.tool != "alembic" or found.unknown]
        tools = {origin.tool for origin in origins.values()}
        table = choose_table(tables, tools, options.tool)
        if table:
            undone = read_undone(cursor, found.ledger, origins)
            return find_tool_adoption(found, read_history(cursor, table), undone)
    try:
        return find_service_adoption(found)
    except NothingToAdoptError as error:
        raise (explain_import(error, tables) if tables else error) from None


COMMAND = Command(
    summary="take over a database that another tool migrated",
    more=(
        "Shows what the tool's table says of the files that were imported from it, and what "
        "becomes of that; compares the schema with that of a scratch database, where the same "
        "migrations are run; asks, and writes the ledger. No migration runs on the database "
        "itself, and the tool's table stays as it is."
    ),
    example="--dry-run",
    options=AdoptOptions,
    add_arguments=add_adopt_arguments,
    run=adopt,
)
