"""`promptlib import`: convert another tool's migrations into files in sql/."""

from __future__ import annotations

from pathlib import Path

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    open_project,
)
from promptlib.cli.import_view import explain_import, require_convertible, what_next
from promptlib.cli.parser import FOLDER, add_partial, add_yes
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.files.file_set import write_together
from promptlib.importing.folder import plan_folder
from promptlib.importing.tool_list import BY_NAME

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

_log = Log(__name__)


class ImportOptions(NamedTuple):
    """What `promptlib import` takes.

    Attributes:
        common: what every command takes.
        tool: whose migrations they are.
        folder: where those are.
        dry_run: whether to write nothing.
        partial: whether to write what can be converted, and leave the rest.
        yes: whether not to ask.
    """

    common: CommonOptions
    tool: str
    folder: Path
    dry_run: bool
    partial: bool
    yes: bool


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib import` takes."""
    parser.add_argument("tool", metavar="TOOL", choices=tuple(BY_NAME), help=", ".join(BY_NAME))
    parser.add_argument("folder", metavar=FOLDER, type=Path, help="where its migrations are")
    parser.add_argument("--dry-run", action="store_true", help="show it, write nothing")
    add_partial(parser)
    add_yes(parser)


def import_folder(options: ImportOptions, terminal: Terminal) -> Answer:
    """Convert the folder, and write what is new."""
    project, tool = open_project(options.common), BY_NAME[options.tool]
    planned = plan_folder(tool, options.folder, project.sql)
    announce(explain_import(planned))
    require_convertible(planned, partial=options.partial)
    for problem in planned.problems:
        _log.warning("left out: %s", problem)
    if options.dry_run or not planned.new:
        announce(["nothing was written" if planned.new else "nothing is new"])
        return Answer()
    if not is_agreed(terminal, (), "write them? [y/N]", unasked=options.yes):
        return Answer(code=NO)
    write_together(planned.changes)
    number = len(planned.new)
    announce([f"wrote {number} migration{'s' * (number != 1)}"])
    return Answer(f"next: {what_next(planned.tool)}")


COMMAND = Command(
    summary="convert another tool's migrations into files in sql/",
    more=(
        "Their SQL stays as it is; versions of 14 digits stay, and others become such. Shows what "
        "it finds, what it cannot convert and what to do about that; asks; writes nothing twice."
    ),
    example="goose db/migrations --dry-run",
    options=ImportOptions,
    add_arguments=add_import_arguments,
    run=import_folder,
)
