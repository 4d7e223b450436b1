"""`promptlib squash`: old migrations become one."""

from __future__ import annotations

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    is_agreed,
    open_project,
)
from promptlib.cli.parser import VERSION_MAY_BE_SHORT, add_scratch, add_yes, not_empty
from promptlib.cli.scratch_place import scratch_place
from promptlib.consolidate.squash import choose_squash, put_in_place, try_squash
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.files.directory import list_migrations

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from promptlib.cli.command import Terminal
    from promptlib.consolidate.squash import Squash

_log = Log(__name__)


class SquashOptions(NamedTuple):
    """What `promptlib squash` takes.

    Attributes:
        common: what every command takes.
        to: the version of the newest migration that becomes a part of the one.
        yes: whether not to ask.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    to: str
    yes: bool
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_squash_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib squash` takes."""
    parser.add_argument(
        "--to",
        type=not_empty,
        required=True,
        metavar="VERSION",
        help="the newest that becomes a part of the one",
    )
    add_yes(parser)
    add_scratch(parser)


def squash(options: SquashOptions, terminal: Terminal) -> Answer:
    """Let old migrations become one."""
    project = open_project(options.common)
    chosen = choose_squash(list_migrations(project.sql), options.to)
    one = None
    if not chosen.is_whole:
        place = scratch_place(project, options, prefers_embedded=True)
        _log.info("trying %d migrations as one in scratch databases", len(chosen.migrations))
        one = try_squash(chosen, project.settings, place)
    told, question = _deeds(chosen), "squash? [y/N]"
    if not is_agreed(terminal, told, question, unasked=options.yes or chosen.is_whole):
        return Answer(code=NO)
    return Answer(display_path(put_in_place(chosen, one)))


def _deeds(chosen: Squash) -> Iterator[str]:
    gone = [*chosen.left, *chosen.migrations[:-1]]
    if not chosen.is_whole:
        yield f"writes {display_path(chosen.path)}, which makes what these made, rows too"
        gone.append(chosen.last)
    yield from (f"removes {display_path(each.path)}" for each in gone)
    yield "databases that ran them all know it by its first lines; others are refused"


COMMAND = Command(
    summary="let old migrations become one",
    more=(
        "All up to VERSION, which is tried in scratch databases first: it makes the same, rows "
        "too. Databases that ran them need nothing; one that ran a part of them has to run the "
        f"rest first. {VERSION_MAY_BE_SHORT}"
    ),
    example="--to 20250101000000",
    options=SquashOptions,
    add_arguments=add_squash_arguments,
    run=squash,
)
