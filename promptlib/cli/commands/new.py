"""`promptlib new`: prepare the next migration's file."""

from __future__ import annotations

from promptlib.cli.command import Answer, Command, CommonOptions, open_project
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import list_migrations
from promptlib.files.new_file import copy_template, name_next_migration, template_needs_alembic

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class NewOptions(NamedTuple):
    """What `promptlib new` takes.

    Attributes:
        common: what every command takes.
        name: what the migration does.
    """

    common: CommonOptions
    name: str


def add_new_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib new` takes."""
    parser.add_argument("name", metavar="NAME", help="what it does")


def new(options: NewOptions, _: Terminal) -> Answer:
    """Write the next migration's file."""
    project = open_project(options.common)
    file = name_next_migration(project.sql, options.name, after=list_migrations(project.sql))
    if not template_needs_alembic(project.scripts, hooks=project.hooks):
        return Answer(display_path(copy_template(project.scripts, file)))
    from promptlib.alembic_bridge.commands import Alembic

    return Answer(display_path(Alembic(project).new(options.name)))


COMMAND = Command(
    summary="prepare the next migration's file",
    more="Prints its path.",
    example='"add a region to providers"',
    options=NewOptions,
    add_arguments=add_new_arguments,
    run=new,
)
