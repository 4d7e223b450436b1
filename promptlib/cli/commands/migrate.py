"""`promptlib migrate`: run the pending migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, announce, open_database
from promptlib.cli.parser import FOLDER, VERSION_MAY_BE_SHORT
from promptlib.cli.views import describe_place, plan_lines
from promptlib.plan.preview import HEAD, has_work, of, script, will_run
from promptlib.plan.status import Standing, read_status

if TYPE_CHECKING:
    import argparse

    from promptlib.alembic_bridge.commands import Alembic
    from promptlib.cli.command import Terminal
    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.postgres.target import Target

_log = logging.getLogger(__name__)


class MigrateOptions(NamedTuple):
    """What `promptlib migrate` takes.

    Attributes:
        common: what every command takes.
        target: a version or how it begins, `+N`, or `head`.
        dry_run: whether to show the plan and the SQL, and change nothing.
        late: what becomes of late migrations; None: what the configuration says.
        backup: the folder to write a backup to before, if any.
    """

    common: CommonOptions
    target: str
    dry_run: bool
    late: str | None
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
    parser.add_argument(
        "--backup",
        type=Path,
        metavar=FOLDER,
        help="first write a backup there, if anything is to run",
    )


def migrate(options: MigrateOptions, _: Terminal) -> Answer:
    """Run pending migrations, or show what would run."""
    late = {"late_migrations": options.late} if options.late else {}
    project, target = open_database(options.common, **late)
    to_head, read = options.target == HEAD, {}
    if to_head or options.dry_run or options.backup:
        found = read_status(project, target)
        read = found.migrations
        if to_head and not has_work(found, project.settings):
            _log.info("%s", describe_place(found))
            return Answer()
        if options.dry_run:
            return _dry_run(project, found, options.target, _alembic(project, target, late, read))
        if options.backup and will_run(found, project.settings):
            from promptlib.cli.commands.backup import back_up

            back_up(project, target, options.backup)
    _alembic(project, target, late, read).upgrade(options.target)
    return Answer()


def _dry_run(project: Project, found: Standing, target: str, alembic: Alembic) -> Answer:
    planned = of(found, target, project.settings)
    announce(plan_lines(planned, found))
    if planned.is_empty:
        return Answer()
    late = script(found, planned.late, project.settings)
    return Answer(late + alembic.script(found.current, planned.end or HEAD))


def _alembic(
    project: Project, target: Target, arguments: dict[str, str], read: dict[str, Migration]
) -> Alembic:
    from promptlib.alembic_bridge.commands import Alembic

    return Alembic(project, project.url_of(target), arguments, read)


COMMAND = Command(
    summary="run the pending migrations",
    more=f"Oldest first, each in its own transaction. {VERSION_MAY_BE_SHORT}",
    example="--late apply",
    options=MigrateOptions,
    add_arguments=add_migrate_arguments,
    run=migrate,
)
