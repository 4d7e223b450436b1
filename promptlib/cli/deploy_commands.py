"""The commands that change a database or write files."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli.answers import NO, Answer, open_project
from promptlib.cli.views import describe_place, plan_lines, rollback_lines
from promptlib.config.project import read_project
from promptlib.core.errors import display_path
from promptlib.plan.preview import HEAD, has_work, of, script, will_run
from promptlib.plan.states import require_clear
from promptlib.plan.status import Standing, read_status

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
    project, target = open_project(options, **late)
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
            _write_backup(target, options.backup, found.current)
    _alembic(project, target, late, read).upgrade(options.target)
    return Answer()


def _dry_run(project: Project, found: Standing, target: str, alembic: Alembic) -> Answer:
    planned = of(found, target, project.settings)
    _tell(plan_lines(planned, found))
    if planned.is_empty:
        return Answer()
    late = script(found, planned.late, project.settings)
    return Answer(late + alembic.script(found.current, planned.end or HEAD))


def _alembic(
    project: Project, target: Target, arguments: dict[str, str], read: dict[str, Migration]
) -> Alembic:
    from promptlib.alembic_bridge.commands import Alembic

    return Alembic(project, project.url_of(target), arguments, read)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        _log.info("%s", line)


def rollback(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take migrations back."""
    from promptlib.plan.backwards import after, last

    loss = {"allow_data_loss": "on"} if options.allow_data_loss else {}
    project, target = open_project(options, **loss)
    found = read_status(project, target)
    require_clear(found.ledger, found.files)
    back = after(found, options.to) if options.to else last(found, options.n)
    if not back.entries:
        _log.info("%s", describe_place(found))
        return Answer()
    told = rollback_lines(back, found)
    if options.yes or len(back.entries) == 1:
        _tell(told)
    elif not terminal.agrees(told, "take them back? [y/N]"):
        return Answer(code=NO)
    alembic = _alembic(project, target, loss, found.migrations)
    alembic.downgrade(back.end, found.ledger.current)
    return Answer()


def repair(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take the files for right."""
    from promptlib.plan.repair import explain_repairs, find_repairs, make_repairs

    project, target = open_project(options)
    found = read_status(project, target)
    changes = find_repairs(found)
    if not changes:
        _log.info("there is nothing to repair")
        return Answer()
    told = explain_repairs(found, changes)
    if options.yes:
        _tell(told)
    elif not terminal.agrees(told, "repair? [y/N]"):
        return Answer(code=NO)
    make_repairs(project, target, changes)
    _log.info("repaired")
    return Answer()


def adopt(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Take over a database that the predecessor migrated."""
    from promptlib.adopt.adoption import (
        check_adoption,
        explain_adoption,
        find_adoption,
        make_adoption,
        nothing_to_adopt,
    )
    from promptlib.adopt.schema_match import require_match

    project, target = open_project(options)
    found = read_status(project, target)
    announced = find_adoption(found)
    if not announced:
        _log.info("%s", nothing_to_adopt(found))
        return Answer()
    checked = check_adoption(project, found, announced, embedded=options.embedded)
    told = explain_adoption(found, announced, checked)
    if options.yes or options.dry_run or checked.differences:
        _tell(told)
        require_match(checked)
    elif not terminal.agrees(told, "adopt? [y/N]"):
        return Answer(code=NO)
    if options.dry_run:
        _log.info("nothing was changed")
    elif make_adoption(project, target, announced, checked):
        _log.info("adopted; the database is at %s", announced.end or "base")
    else:
        _log.info("there is nothing to adopt any more: somebody else did so meanwhile")
    return Answer()


def new(options: argparse.Namespace, _: Terminal) -> Answer:
    """Write the next migration's file."""
    from promptlib.files.directory import list_migrations
    from promptlib.files.new_file import (
        copy_template,
        name_next_migration,
        template_needs_alembic,
    )

    project = read_project(options.config, {}, options.url)
    file = name_next_migration(project.sql, options.name, after=list_migrations(project.sql))
    if not template_needs_alembic(project.scripts, hooks=project.hooks):
        return Answer(display_path(copy_template(project.scripts, file)))
    from promptlib.alembic_bridge.commands import Alembic

    return Answer(display_path(Alembic(project, "", {}).new(options.name)))


def backup(options: argparse.Namespace, _: Terminal) -> Answer:
    """Write the whole database to a file."""
    from promptlib.ledger.state import read_ledger
    from promptlib.postgres.target import read_only_snapshot

    project, target = open_project(options)
    with (
        contextlib.closing(target.connect()) as connection,
        read_only_snapshot(connection) as cursor,
    ):
        found = read_ledger(cursor, project.settings.version_table_schema)
    return Answer(display_path(_write_backup(target, options.folder, found.version)))


def _write_backup(target: Target, folder: str, current: str) -> Path:
    from promptlib.postgres.backup import write_backup

    path = write_backup(target, Path(folder), current)
    _log.info("backup of %s: %s, %d bytes", target, display_path(path), path.stat().st_size)
    return path


def db_create(options: argparse.Namespace, _: Terminal) -> Answer:
    """Make the database."""
    from promptlib.postgres.admin import create_database

    _project, target = open_project(options)
    _log.info("%s: %s", target, "made" if create_database(target) else "it is there already")
    return Answer()


def db_drop(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Remove the database."""
    from promptlib.postgres.admin import describe_contents, drop_database

    _project, target = open_project(options)
    contents = describe_contents(target)
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
    drop_database(target)
    _log.info("%s: removed", target)
    return Answer()


def db_stop(options: argparse.Namespace, _: Terminal) -> Answer:
    """Stop the embedded server."""
    from promptlib.postgres.embedded import stop_embedded

    stopped = stop_embedded(read_project(options.config, {}, "").folder)
    _log.info("stopped" if stopped else "the embedded PostgreSQL does not run")
    return Answer()
