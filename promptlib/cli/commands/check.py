"""`promptlib check`: whether migrations may be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, open_project
from promptlib.cli.violations_view import add_format, tell_missing, violations_answer
from promptlib.files.directory import parse_all, survey_folder
from promptlib.lint.base_branch import check_against_base
from promptlib.lint.configuration import read_configuration
from promptlib.lint.linter import BROKEN, lint_files

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class CheckOptions(NamedTuple):
    """What `promptlib check` takes.

    Attributes:
        common: what every command takes.
        base: the branch to merge into; empty: compare with none.
        database: whether to run the migrations on the embedded server.
        format: how findings are told.
    """

    common: CommonOptions
    base: str
    database: bool
    format: str


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib check` takes."""
    parser.add_argument(
        "--base", default="", metavar="REF", help="also compare with this branch, to merge into"
    )
    parser.add_argument(
        "--database",
        action="store_true",
        help="also alembic check and verify, on the embedded server",
    )
    add_format(parser)


def check(options: CheckOptions, _: Terminal) -> Answer:
    """Whether migrations may be merged."""
    project = open_project(options.common)
    files, problems = survey_folder(project.sql)
    found, missing = lint_files(
        files, problems, read_configuration(project.toml, project.settings.repeatable.split())
    )
    tell_missing(missing)
    found += check_against_base(project.sql, files, options.base)
    if options.database and not any(each.rule in BROKEN for each in found):
        from promptlib.cli.model_check import check_model

        found += check_model(project, parse_all(files))
    return violations_answer(found, len(files), options.format)


COMMAND = Command(
    summary="whether migrations may be merged",
    more=(
        "Formats, names, versions and lint; with --base also that nothing merged was changed. No "
        "database is needed. "
        "Exit code: 1 when there are findings."
    ),
    example="--base origin/main",
    options=CheckOptions,
    add_arguments=add_check_arguments,
    run=check,
)
