"""`promptlib migrate`: run the pending migrations."""

from __future__ import annotations

from promptlib.cli.command import Answer, Command, CommonOptions, announce, open_migrator
from promptlib.cli.parser import FOLDER, VERSION_MAY_BE_SHORT, add_answers, given_answers, path
from promptlib.cli.views import plan_lines
from promptlib.core.errors import HalfDoneMigrationError, PromptlibError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.engine.request import request_upgrade
from promptlib.engine.results import describe_deployment
from promptlib.plan.status import describe_half_done
from promptlib.plan.steps import HEAD

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from promptlib.cli.command import Terminal
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.engine.request import Request
    from promptlib.plan.status import Status


class MigrateOptions(NamedTuple):
    """What `promptlib migrate` takes.

    Attributes:
        common: what every command takes.
        target: a version or how it begins, `+N`, or `head`.
        dry_run: whether to show the plan and the SQL, and change nothing.
        late: what becomes of late migrations; None: what the configuration says.
        rerun: the version whose statement is to run again that a deploy has asked about, if any.
        skip: the version whose statement counts as done that a deploy has asked about, if any.
        backup: the folder to write a backup to before, if any.
    """

    common: CommonOptions
    target: str
    dry_run: bool
    late: str | None
    rerun: str | None
    skip: str | None
    backup: Path | None


def add_migrate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib migrate` takes."""
    parser.add_argument(
        "target", nargs="?", default=HEAD, metavar="TARGET", help="VERSION, +N or head (default)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plan and the SQL, change nothing"
    )
    parser.add_argument(
        "--late", choices=["apply", "refuse"], help="run late migrations first, or refuse them"
    )
    add_answers(parser)
    parser.add_argument(
        "--backup",
        type=path,
        metavar=FOLDER,
        help="first write a backup there, if anything is to run",
    )


def migrate(options: MigrateOptions, _: Terminal) -> Answer:
    """Run pending migrations, or show what would run."""
    late = {"late_migrations": options.late} if options.late else {}
    answers = given_answers(options.rerun, options.skip)
    request = request_upgrade(options.target)
    with open_migrator(options.common, changes=not options.dry_run, **late, **answers) as migrator:
        found = migrator.look()
        if options.dry_run:
            return _dry_run(migrator, found, request)
        if options.backup and _runs_something(migrator, found, request):
            from promptlib.cli.commands.backup import back_up

            back_up(migrator.target, options.backup, found.current, options.common.given)
        announce([describe_deployment(migrator.deploy(request, found))])
    return Answer()


def _runs_something(migrator: CommandMigrator, found: Status, request: Request) -> bool:
    """Whether a section would run; where something refuses that, the deploy says so."""
    try:
        return bool(migrator.plan(found, request))
    except PromptlibError:
        return False


def _dry_run(migrator: CommandMigrator, found: Status, request: Request) -> Answer:
    """Show the plan, and the SQL for psql."""
    steps = migrator.plan(found, request)
    if found.ledger.half_done:
        raise HalfDoneMigrationError(
            "no script holds the rest of a section that was cut off",
            notes=[f"  {each}" for each in map(describe_half_done, found.ledger.half_done)],
        )
    announce(plan_lines(steps, found))
    makes_ledger = not found.ledger.is_ready
    return Answer(migrator.script(found, steps) if steps or makes_ledger else "")


COMMAND = Command(
    summary="run the pending migrations",
    more=f"Oldest first, each in its own transaction. {VERSION_MAY_BE_SHORT}",
    example="--late apply",
    options=MigrateOptions,
    add_arguments=add_migrate_arguments,
    run=migrate,
)
