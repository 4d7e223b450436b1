"""`promptlib backup`: write the whole database to a file."""

from __future__ import annotations

import shlex
from pathlib import Path

from promptlib.cli.command import Answer, Command, CommonOptions, open_migrator
from promptlib.cli.parser import FOLDER
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.core.remedies import CommandLine, Front
from promptlib.postgres.backup import write_backup

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal
    from promptlib.core.remedies import Given
    from promptlib.postgres.target import Target

_log = Log(__name__)


class BackupOptions(NamedTuple):
    """What `promptlib backup` takes.

    Attributes:
        common: what every command takes.
        folder: where the file shall be.
    """

    common: CommonOptions
    folder: Path


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib backup` takes."""
    parser.add_argument("folder", type=Path, metavar=FOLDER, help="where the file shall be")


def backup(options: BackupOptions, _: Terminal) -> Answer:
    """Write the whole database to a file."""
    with open_migrator(options.common) as migrator:
        current = max(migrator.ledger().current, default="")
    return Answer(
        display_path(back_up(migrator.target, options.folder, current, options.common.given))
    )


def back_up(target: Target, folder: Path, current: str, given: Given) -> Path:
    """Write the backup, whose name tells the current revision; say so, and what restores it."""
    path = write_backup(target, folder, current)
    shown = display_path(path)
    _log.info("backup of %s: %s, %d bytes", target, shown, path.stat().st_size)
    way = CommandLine("restore", shlex.quote(shown))
    _log.info("to restore it: %s", way.spelled(Front.PROMPTLIB, given))
    return path


COMMAND = Command(
    summary="write the whole database to a file",
    more=(
        "By pg_dump, in its custom format, which `promptlib restore` and pg_restore read. Prints "
        "the file's path, and says what restores it."
    ),
    example="backups/",
    options=BackupOptions,
    add_arguments=add_backup_arguments,
    run=backup,
)
