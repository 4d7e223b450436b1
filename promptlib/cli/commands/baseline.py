"""`promptlib baseline`: the first migration of a database that has none."""

from __future__ import annotations

from promptlib.cli.command import Answer, Command, CommonOptions, open_migrator
from promptlib.cli.parser import add_scratch, not_empty
from promptlib.cli.scratch_place import scratch_place
from promptlib.consolidate.baseline import make_baseline
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class BaselineOptions(NamedTuple):
    """What `promptlib baseline` takes.

    Attributes:
        common: what every command takes.
        name: of the migration.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    name: str
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_baseline_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib baseline` takes."""
    parser.add_argument(
        "name",
        nargs="?",
        type=not_empty,
        default="baseline",
        metavar="NAME",
        help="of the migration; default: baseline",
    )
    add_scratch(parser)


def baseline(options: BaselineOptions, _: Terminal) -> Answer:
    """Write the first migration."""
    with open_migrator(options.common, changes=True) as migrator:
        place = scratch_place(migrator.project, options)
        return Answer(display_path(make_baseline(migrator, options.name, place)))


COMMAND = Command(
    summary="write the first migration from what the database holds",
    more=(
        "One file, which makes what is there already, without rows, owners and rights. It is tried "
        "in a scratch database, and counts as executed here. Prints the file's path."
    ),
    example="",
    options=BaselineOptions,
    add_arguments=add_baseline_arguments,
    run=baseline,
)
