"""`promptlib dump`: write the schema down as text."""

from __future__ import annotations

import contextlib
from pathlib import Path

from promptlib.cli.command import Answer, Command, CommonOptions, open_database
from promptlib.cli.parser import FILE
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.plan.reading import MigrationFiles
from promptlib.schema_dump.schema_file import write_schema_file
from promptlib.schema_dump.schema_text import dump_schema

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

_log = Log(__name__)
_STDOUT = Path("-")


class DumpOptions(NamedTuple):
    """What `promptlib dump` takes.

    Attributes:
        common: what every command takes.
        file: where to; `-` is stdout. None: what schema_file says, or stdout.
    """

    common: CommonOptions
    file: Path | None


def add_dump_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib dump` takes."""
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar=FILE,
        help="where to; `-` is stdout. Default: schema_file of alembic.ini, or stdout",
    )


def dump(options: DumpOptions, _: Terminal) -> Answer:
    """Write the schema down."""
    project, target = open_database(options.common)
    path = options.file or Path(project.settings.schema_file or _STDOUT)
    with contextlib.closing(target.connect()) as connection:
        text = dump_schema(connection, target, MigrationFiles(project.sql), project.settings)
    if path == _STDOUT:
        return Answer(text, is_document=True)
    if write_schema_file(path, text):
        _log.info("wrote %s", display_path(path))
    else:
        _log.info("%s is current", display_path(path))
    return Answer()


COMMAND = Command(
    summary="write the schema as SQL, and the versions that made it",
    more=(
        "The same bytes for one schema on every machine: to be read, reviewed, and run by psql in "
        "an empty database. Without rows, owners and rights. Takes pg_dump."
    ),
    example="schema.sql",
    options=DumpOptions,
    add_arguments=add_dump_arguments,
    run=dump,
)
