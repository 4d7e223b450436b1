"""The commands that change a database or write files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli import answers, views
from promptlib.cli.answers import NO, Answer
from promptlib.config import project as config
from promptlib.core.errors import shown
from promptlib.plan import preview
from promptlib.plan import states as plan
from promptlib.plan import status as standing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.alembic_bridge.commands import Alembic
    from promptlib.cli.answers import Terminal
    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.postgres.target import Target

_log = logging.getLogger(__name__)


def migrate(options: argparse.Namespace, _: Terminal) -> Answer:
    """Run pending migrations, or show what would run."""
    late = {"late_migrations": options.late} if options.late else {}
    project, target = answers.opened(options, **late)
    to_head, read = options.target == preview.HEAD, {}
    if to_head or options.dry_run or options.backup:
        found = standing.look(project, target)
        read = found.migrations
        if to_head and not preview.has_work(found, project.settings):
            _log.info("%s", views.place(found))
            return Answer()
        if options.dry_run:
            return _dry_run(project, found, options.target, _alembic(project, target, late, read))
        if options.backup and preview.will_run(found, project.settings):
            _write_backup(project, target, options.backup)
    _alembic(project, target, late, read).upgrade(options.target)
    return Answer()


def _dry_run(project: Project, found: standing.Standing, target: str, alembic: Alembic) -> Answer:
    planned = preview.of(found, target, project.settings)
    _tell(views.plan(planned, found))
    if planned.is_empty:
        return Answer()
    late = preview.script(found, planned.late, project.settings)
    return Answer(late + alembic.script(found.current, planned.end or preview.HEAD))


def _alembic(
    project: Project, target: Target, arguments: dict[str, str], read: dict[str, Migration]
) -> Alembic:
    from promptlib.alembic_bridge import commands as handover

    return handover.Alembic(project, project.url_of(target), arguments, read)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        _log.info("%s", line)


def rollback(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take migrations back."""
    from promptlib.plan import backwards

    loss = {"allow_data_loss": "on"} if options.allow_data_loss else {}
    project, target = answers.opened(options, **loss)
    found = standing.look(project, target)
    plan.require_clear(found.ledger, found.files)
    back = backwards.after(found, options.to) if options.to else backwards.last(found, options.n)
    if not back.entries:
        _log.info("%s", views.place(found))
        return Answer()
    told = views.rollback(back, found)
    if options.yes or len(back.entries) == 1:
        _tell(told)
    elif not terminal.agrees(told, "take them back? [y/N]"):
        return Answer(code=NO)
    alembic = _alembic(project, target, loss, found.migrations)
    alembic.downgrade(back.end, found.ledger.current)
    return Answer()


def repair(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take the files for right."""
    from promptlib.plan import repair

    project, target = answers.opened(options)
    found = standing.look(project, target)
    changes = repair.differences(found)
    if not changes:
        _log.info("there is nothing to repair")
        return Answer()
    told = repair.explained(found, changes)
    if options.yes:
        _tell(told)
    elif not terminal.agrees(told, "repair? [y/N]"):
        return Answer(code=NO)
    repair.make(project, target, changes)
    _log.info("repaired")
    return Answer()


def adopt(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take over a database that the predecessor migrated."""
    from promptlib.adopt import adoption as adopt
    from promptlib.adopt import schema_match as conformity

    project, target = answers.opened(options)
    found = standing.look(project, target)
    announced = adopt.of(found)
    if not announced:
        _log.info("%s", adopt.nothing(found))
        return Answer()
    checked = adopt.check(project, found, announced, embedded=options.embedded)
    told = adopt.explained(found, announced, checked)
    if options.yes or options.dry_run or checked.differences:
        _tell(told)
        conformity.require(checked)
    elif not terminal.agrees(told, "adopt? [y/N]"):
        return Answer(code=NO)
    if options.dry_run:
        _log.info("nothing was changed")
    elif adopt.make(project, target, announced, checked):
        _log.info("adopted; the database is at %s", announced.end or "base")
    else:
        _log.info("there is nothing to adopt any more: somebody else did so meanwhile")
    return Answer()


def new(options: argparse.Namespace, _: Terminal) -> Answer:
    """Write the next migration's file."""
    from promptlib.files import creating

    project = config.read(options.config, {}, options.url)
    file = creating.named(project, options.name)
    if not creating.needs_alembic(project):
        return Answer(shown(creating.write(project, file)))
    from promptlib.alembic_bridge import commands as handover

    return Answer(shown(handover.Alembic(project, "", {}).new(options.name)))


def backup(options: argparse.Namespace, _: Terminal) -> Answer:
    """Write the whole database to a file."""
    project, target = answers.opened(options)
    return Answer(shown(_write_backup(project, target, options.folder)))


def _write_backup(project: Project, target: Target, folder: str) -> Path:
    from promptlib.postgres import backup

    path = backup.write(target, Path(folder), project.settings.version_table_schema)
    _log.info("backup of %s: %s, %d bytes", target, shown(path), path.stat().st_size)
    return path


def db_create(options: argparse.Namespace, _: Terminal) -> Answer:
    """Make the database."""
    from promptlib.postgres import admin as server

    _project, target = answers.opened(options)
    _log.info("%s: %s", target, "made" if server.create(target) else "it is there already")
    return Answer()


def db_drop(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Remove the database."""
    from promptlib.postgres import admin as server

    _project, target = answers.opened(options)
    contents = server.contents(target)
    if not contents:
        _log.info("%s: there is no such database", target)
        return Answer()
    told = [f"removes {contents}", "no rollback brings that back"]
    if options.yes:
        _tell(told)
    else:
        question = "write the database's name to remove it:"
        if not terminal.agrees(told, question, [target.parameters["dbname"]]):
            return Answer(code=NO)
    server.drop(target)
    _log.info("%s: removed", target)
    return Answer()


def db_stop(options: argparse.Namespace, _: Terminal) -> Answer:
    """Stop the embedded server."""
    from promptlib.postgres import embedded

    stopped = embedded.stop(config.read(options.config, {}, "").folder)
    _log.info("stopped" if stopped else "the embedded PostgreSQL does not run")
    return Answer()
