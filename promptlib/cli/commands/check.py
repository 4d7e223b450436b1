"""`promptlib check`: whether migrations may be merged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, open_project
from promptlib.cli.parser import add_scratch
from promptlib.cli.scratch_place import scratch_place
from promptlib.cli.violations_view import add_format, tell_missing, violations_answer
from promptlib.files.directory import parse_all, survey_folder
from promptlib.files.repeatable import survey_repeatable
from promptlib.ledger.repeatable import repeatable_version
from promptlib.lint.base_branch import compare_with_base
from promptlib.lint.configuration import read_configuration
from promptlib.lint.linter import BROKEN, lint_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from promptlib.cli.command import Terminal
    from promptlib.config.project import Project
    from promptlib.files.directory import MigrationFile
    from promptlib.files.repeatable import RepeatableFile
    from promptlib.lint.violations import Violation


class CheckOptions(NamedTuple):
    """What `promptlib check` takes.

    Attributes:
        common: what every command takes.
        base: the branch to merge into; empty: compare with none.
        every: whether those that the branch has are looked at, too.
        database: whether to run the migrations.
        format: how findings are told.
        embedded: whether to make scratch databases on the embedded server.
        scratch: a URL of where to make them, if any.
        scratch_template: the database that they are copies of, if any.
        scratch_setup: the SQL file that runs first in them, if any.
    """

    common: CommonOptions
    base: str
    every: bool
    database: bool
    format: str
    embedded: bool
    scratch: str | None
    scratch_template: str | None
    scratch_setup: str | None


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib check` takes."""
    parser.add_argument(
        "--base", default="", metavar="REF", help="also compare with this branch, to merge into"
    )
    parser.add_argument(
        "--database",
        action="store_true",
        help="also alembic check and verify, on the embedded server, or beside the database",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        dest="every",
        help="with --base: look at what the branch has, too, not only at what is new",
    )
    add_format(parser)
    add_scratch(parser)


def check(options: CheckOptions, _: Terminal) -> Answer:
    """Whether migrations may be merged."""
    project = open_project(options.common)
    files, problems = survey_folder(project.sql)
    repeatable, broken = survey_repeatable(project.sql)
    problems += broken
    compared = compare_with_base(project.sql, files, options.base)
    judged = files if options.every else compared.changed
    known = {each.path for each in files} - {each.path for each in judged}
    linted, missing = lint_files(
        files, problems, read_configuration(project.toml, project.settings.rerunnable.split())
    )
    tell_missing(missing)
    found = [each for each in linted if each.path not in known]  # which the rules have to know
    found += compared.violations
    if project.settings.schema_file and not any(each.rule in BROKEN for each in found):
        found += _check_schema_file(project, files, repeatable)
    if options.database and not any(each.rule in BROKEN for each in found):
        from promptlib.cli.model_check import check_model
        from promptlib.verify.prover import ToProve

        place = scratch_place(project, options, prefers_embedded=True)
        work = ToProve(parse_all(files), {each.version for each in judged}, repeatable)
        found += check_model(project, place, work)
    return violations_answer(found, len(files), options.format)


def _check_schema_file(
    project: Project, files: Iterable[MigrationFile], repeatable: Iterable[RepeatableFile]
) -> Iterator[Violation]:
    from promptlib.cli.schema_check import check_recorded

    checksums = {each.version: each.up.checksum for each in parse_all(files)}
    checksums |= {repeatable_version(each.name): each.checksum for each in repeatable}
    yield from check_recorded(Path(project.settings.schema_file), checksums)


COMMAND = Command(
    summary="whether migrations may be merged",
    more=(
        "Formats, names, versions and lint; with --base of what is new, and that nothing merged "
        "was changed; that schema_file is current. No database is needed. "
        "Exit code: 1 when there are findings."
    ),
    example="--base origin/main",
    options=CheckOptions,
    add_arguments=add_check_arguments,
    run=check,
)
