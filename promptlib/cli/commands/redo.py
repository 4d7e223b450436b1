"""`promptlib redo`: take the last migration back, and run it again."""

from __future__ import annotations

from promptlib.cli.command import NO, Answer, Command, CommonOptions, announce, open_migrator
from promptlib.cli.parser import add_data_loss, add_yes, positive_number
from promptlib.core.errors import MissingMigrationError, PromptlibError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import MIGRATE, ROLLBACK, Front, Remedy
from promptlib.engine.request import request_upgrade
from promptlib.engine.results import describe_deployment
from promptlib.plan.status import compare_status
from promptlib.plan.steps import BASE, choose_rollback

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.engine.results import Deployment
    from promptlib.plan.status import Status
    from promptlib.plan.steps import Rollback


class RedoOptions(NamedTuple):
    """What `promptlib redo` takes.

    Attributes:
        common: what every command takes.
        n: how many of the last migrations.
        yes: whether not to ask.
        allow_data_loss: whether DOWN may delete rows that no migration made.
        kept_down: whether DOWN sections may run that only the ledger has.
    """

    common: CommonOptions
    n: int
    yes: bool
    allow_data_loss: bool
    kept_down: bool


def add_redo_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib redo` takes."""
    parser.add_argument(
        "-n", type=positive_number, default=1, metavar="N", help="the last N, default 1"
    )
    add_yes(parser)
    add_data_loss(parser)
    parser.add_argument(
        "--kept-down",
        action="store_true",
        help="show and run DOWN sections that only the ledger has, as of an edited file",
    )


def redo(options: RedoOptions, terminal: Terminal) -> Answer:
    """Take migrations back, and run them again."""
    from promptlib.cli.commands.rollback import agreed_rollback

    loss = {"allow_data_loss": "on"} if options.allow_data_loss else {}
    with open_migrator(options.common, changes=True, **loss) as migrator:
        found = migrator.look()
        back = choose_rollback(found, options.n, None)
        target = max(entry.version for entry in back.entries)
        _require_files(found, back)
        migrator.plan(_afterwards(found, back), request_upgrade(target))
        down = agreed_rollback(migrator, found, back, options, terminal)
        if not down:
            return Answer(code=NO)
        migrator.deploy(down, found)
        announce([describe_deployment(_run_again(migrator, target, options.common))])
    return Answer()


def _require_files(found: Status, back: Rollback) -> None:
    """Refuse what could not run again.

    Raises:
        MissingMigrationError: naming the first file that is gone.
    """
    for entry in back.entries:
        if entry.version not in found.files:
            path = found.files.path(entry.version, entry.name)
            raise MissingMigrationError(
                "is gone, so it cannot run again",
                Remedy("restore the file, or take the migration back alone: {}", ROLLBACK),
                place=display_path(path),
            )


def _afterwards(found: Status, back: Rollback) -> Status:
    """Where the database will stand once they are taken back: what is refused then, is now."""
    gone = {entry.version for entry in back.entries}
    rows = {version: row for version, row in found.rows.items() if version not in gone}
    current = () if back.end == BASE else (back.end,)
    return compare_status(
        found.files, found.ledger._replace(rows=rows, current=current, half_done=())
    )


def _run_again(migrator: CommandMigrator, target: str, common: CommonOptions) -> Deployment:
    """Run what has been taken back; where that fails, say that it is."""
    try:
        return migrator.deploy(request_upgrade(target), migrator.look())
    except PromptlibError as error:
        again = MIGRATE.spelled(Front.PROMPTLIB, common.given)
        note = f"  its DOWN section has run; mend the file, then run it: {again}"
        raise error.but(notes=(*error.notes, note)) from None


COMMAND = Command(
    summary="take the last migration back, and run it again",
    more=(
        "Runs its DOWN section, then its UP section as the file has it now. Where that would be "
        "refused, nothing runs. Asks when there are several."
    ),
    example="",
    options=RedoOptions,
    add_arguments=add_redo_arguments,
    run=redo,
)
