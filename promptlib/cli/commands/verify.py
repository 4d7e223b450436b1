"""`promptlib verify`: prove that DOWN undoes UP."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommonOptions,
    open_migrator,
    open_project,
    text_answer,
    write_file,
)
from promptlib.cli.parser import (
    FILE,
    VERSION_MAY_BE_SHORT,
    add_scratch,
    natural_number,
    not_empty,
)
from promptlib.cli.scratch_place import scratch_place
from promptlib.cli.verify_view import verify_lines
from promptlib.core.errors import PromptlibError, combine_errors
from promptlib.core.events import ignore
from promptlib.core.interrupts import interrupt_exit_code
from promptlib.core.logs import Log
from promptlib.files.directory import list_migrations, parse_all, resolve_version
from promptlib.files.repeatable import survey_repeatable
from promptlib.plan.states import State
from promptlib.verify.prover import ToProve, growing_reports

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.cli.command import Terminal
    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.verify.place import ScratchPlace

_log = Log(__name__)
ROWS = 3  # made up for each table, unless more or fewer are asked for


class VerifyOptions(NamedTuple):
    """What `promptlib verify` takes.

    Attributes:
        common: what every command takes.
        versions: these alone, as they begin; none: all.
        pending: whether those that have not run.
        since: those newer than this version alone, as it begins, if any.
        rows: how many to make up for each table.
        html: the file to write a page to, if any.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    versions: list[str]
    pending: bool
    since: str | None
    rows: int
    html: Path | None
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib verify` takes."""
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="these alone; default: all")
    parser.add_argument("--pending", action="store_true", help="those that have not run")
    parser.add_argument(
        "--since", type=not_empty, metavar="VERSION", help="those newer than this one"
    )
    parser.add_argument(
        "--rows",
        type=natural_number,
        default=ROWS,
        metavar="N",
        help=f"rows a table; default: {ROWS}",
    )
    parser.add_argument(
        "--html", type=Path, metavar=FILE, help="write a page with all that was found"
    )
    add_scratch(parser)


def verify(options: VerifyOptions, terminal: Terminal) -> Answer:
    """Prove that DOWN undoes UP."""
    project = open_project(options.common)
    if options.html:
        options.html.open("a").close()  # who may not write it had better know before the work
    migrations = parse_all(list_migrations(project.sql))
    repeatable, problems = survey_repeatable(project.sql)
    if problems:
        raise combine_errors(problems)
    chosen = _chosen(options, migrations)
    work = ToProve(migrations, chosen, [] if options.versions else repeatable)
    place = scratch_place(project, options)
    report, code = None, NO
    try:
        for report in growing_reports(place, work, project.settings, options.rows):
            code = 0 if report.is_clean else NO
    except KeyboardInterrupt as error:
        if not report:
            raise
        code = interrupt_exit_code(error)
        _log.error("interrupted; what was found until then:")
    assert report
    if options.html:
        from promptlib.verify.html_report import render_page

        write_file(options.html, render_page(report))
    lines = verify_lines(
        report,
        coloured=terminal.is_coloured,
        columns=terminal.columns,
        every_statement=options.common.verbose,
        ran=_ran_already(options, project, place),
    )
    return text_answer(lines, code)


def _ran_already(options: VerifyOptions, project: Project, place: ScratchPlace) -> set[str]:
    """The versions that ran on the project's database, as far as anybody knows.

    Who names migrations wants to know all of these.
    """
    if options.versions or options.since or options.pending or options.scratch:
        return set()
    from promptlib.engine.migrator import CommandMigrator

    with (
        contextlib.suppress(PromptlibError),
        CommandMigrator(project, ignore, place.target) as migrator,
    ):
        return {entry.version for entry in migrator.look().in_states(State.EXECUTED)}
    return set()


def _chosen(options: VerifyOptions, migrations: Iterable[Migration]) -> set[str]:
    """The versions that are to be proven."""
    known = [migration.version for migration in migrations]
    if options.since:
        base = resolve_version(known, options.since)
        return {each for each in known if each > base}
    if not options.pending and not options.versions:
        return {*known}
    chosen = {resolve_version(known, text) for text in options.versions}
    if options.pending:
        with open_migrator(options.common) as migrator:
            chosen |= {each.version for each in migrator.pending()}
    return chosen


COMMAND = Command(
    summary="prove that DOWN undoes UP",
    more=(
        "Runs migrations up, down and up again in a scratch database, on tables with made-up rows, "
        "and compares. Tells the locks that each statement takes. The target's own database is "
        f"not touched. Exit code: 0, or 1 with findings. {VERSION_MAY_BE_SHORT}"
    ),
    example="--pending",
    options=VerifyOptions,
    add_arguments=add_verify_arguments,
    run=verify,
)
