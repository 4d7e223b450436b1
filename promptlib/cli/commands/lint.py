"""`promptlib lint`: review migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, open_project
from promptlib.cli.parser import FILE
from promptlib.cli.violations_view import add_format, violations_answer
from promptlib.files.directory import MigrationFile, survey_folder
from promptlib.lint.exclusions import read_exclusions
from promptlib.lint.linter import lint_files

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class LintOptions(NamedTuple):
    """What `promptlib lint` takes.

    Attributes:
        common: what every command takes.
        file: these files alone; none: all.
        format: how findings are told.
    """

    common: CommonOptions
    file: list[Path]
    format: str


def add_lint_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib lint` takes."""
    parser.add_argument(
        "file", nargs="*", type=Path, metavar=FILE, help="of these alone; default: all"
    )
    add_format(parser)


def lint(options: LintOptions, _: Terminal) -> Answer:
    """What breaks a rule in migrations."""
    project = open_project(options.common)
    files, problems = survey_folder(project.sql) if not options.file else (_given(options), [])
    found = lint_files(files, problems, read_exclusions(project.toml))
    return violations_answer(found, len(files), options.format)


def _given(options: LintOptions) -> list[MigrationFile]:
    """The files that the command line names, each once, whatever they are called."""
    return [MigrationFile("", "", str(path)) for path in dict.fromkeys(options.file)]


COMMAND = Command(
    summary="review migrations, by the rules of squawk and our own",
    more="No database is needed, but the extra `lint` is. Exit code: 1 when there are findings.",
    example="sql/20250210120000_create_dynamic_providers.sql",
    options=LintOptions,
    add_arguments=add_lint_arguments,
    run=lint,
)
