"""`promptlib restore`: let a database be what a backup says."""

from __future__ import annotations

import contextlib
from pathlib import Path

from promptlib.cli.command import NO, Answer, Command, CommonOptions, is_agreed, open_database
from promptlib.cli.parser import FILE, add_force, add_yes
from promptlib.core.errors import NoConnectionError, PromptlibError, display_path
from promptlib.core.events import ignore
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.engine.migrator import CommandMigrator
from promptlib.plan.status import describe_place
from promptlib.postgres.admin import maintenance_connection
from promptlib.postgres.archive import (
    count_differences,
    read_archive,
    restore_archive,
    total_rows,
)
from promptlib.postgres.client_programs import MAJOR
from promptlib.postgres.replacement import describe_losses, open_replacement

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal
    from promptlib.config.project import Project
    from promptlib.postgres.archive import Archive
    from promptlib.postgres.target import Target

_log = Log(__name__)


class RestoreOptions(NamedTuple):
    """What `promptlib restore` takes.

    Attributes:
        common: what every command takes.
        file: what `promptlib backup` or pg_dump wrote.
        yes: whether not to ask.
        force: whether the sessions of others are ended.
        no_owner: whether everything shall belong to this user, without rights of others.
    """

    common: CommonOptions
    file: Path
    yes: bool
    force: bool
    no_owner: bool


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib restore` takes."""
    parser.add_argument("file", type=Path, metavar=FILE, help="what `promptlib backup` wrote")
    add_yes(parser)
    add_force(parser)
    parser.add_argument(
        "--no-owner",
        action="store_true",
        help="let everything belong to this user, without the rights of others: where their roles "
        "are not on this server",
    )


def restore(options: RestoreOptions, terminal: Terminal) -> Answer:
    """Let a database be what a file says."""
    project, target = open_database(options.common, changes=True)
    archive = read_archive(options.file, _server_version(target))
    _log.info(
        "%s holds %s%s",
        display_path(archive.path),
        total_rows(archive.rows.values()),
        f", from PostgreSQL {archive.dumped_from}" * bool(archive.dumped_from),
    )
    losses, name = describe_losses(target), target.database
    question = "write the database's name to replace it:"
    if losses and not is_agreed(terminal, losses, question, unasked=options.yes, answers=[name]):
        return Answer(code=NO)
    with open_replacement(target, force=options.force) as new:
        restore_archive(archive, new.target, owners=not options.no_owner)
        new.take_properties()
        _verify(archive, new.target)
        place = _place(project, new.target)
        new.take_place(force=options.force)
    _log.info("%s: restored %s%s", target, total_rows(archive.rows.values()), place)
    return Answer()


def _server_version(target: Target) -> int:
    """The major version of the server, whose database need not be there."""
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(contextlib.closing(target.connect()))
        except NoConnectionError as error:
            connection = stack.enter_context(maintenance_connection(target, error))
        return connection.server_version // MAJOR


def _verify(archive: Archive, made: Target) -> None:
    """Refuse what has not come whole.

    Raises:
        PromptlibError: naming every table that differs.
    """
    if differences := [*count_differences(archive, made)]:
        raise PromptlibError(
            "not all rows came back, so nothing was replaced",
            "look at the tables below: something on this server may add or remove rows",
            place=display_path(archive.path),
            notes=differences,
        )


def _place(project: Project, made: Target) -> str:
    """Where the ledger says that the database stands, which is told and no reason to refuse."""
    try:
        with CommandMigrator(project, ignore, made) as migrator:
            return f"; {describe_place(migrator.look())}"
    except PromptlibError as error:
        _log.warning("%s", error)
        return ""


COMMAND = Command(
    summary="let the database be what a backup says",
    more=(
        "Reads FILE to its end first, restores it into a new database beside, counts the rows, and "
        "only then lets that take the place of the old one, which is removed. Asks for its name, "
        "unless it is empty or not there."
    ),
    example="backups/app-20250101000000-20250102T030405Z.dump",
    options=RestoreOptions,
    add_arguments=add_restore_arguments,
    run=restore,
)
