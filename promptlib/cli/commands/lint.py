"""`promptlib lint`: review migrations."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, open_project
from promptlib.cli.parser import FILE
from promptlib.cli.violations_view import add_format, tell_missing, violations_answer
from promptlib.core.errors import ConfigurationError
from promptlib.files.directory import MigrationFile, survey_folder
from promptlib.files.repeatable import survey_repeatable
from promptlib.lint.configuration import read_configuration
from promptlib.lint.linter import lint_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.cli.command import Terminal
    from promptlib.config.project import Project
    from promptlib.core.errors import PromptlibError


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
    known, problems = _survey(project, options)
    files = _given(options, known) if options.file else known
    result = lint_files(
        files,
        problems,
        read_configuration(project.toml, project.settings.rerunnable.split()),
        known,
    )
    tell_missing(result.missing)
    return violations_answer(result.violations, len(files), options.format)


def _survey(
    project: Project, options: LintOptions
) -> tuple[list[MigrationFile], list[PromptlibError]]:
    """The project's migrations; where files are named, others may be wrong, and none need be."""
    if not options.file:
        files, problems = survey_folder(project.sql)
        return files, [*problems, *survey_repeatable(project.sql)[1]]
    with contextlib.suppress(ConfigurationError):
        return survey_folder(project.sql)[0], []
    return [], []


def _given(options: LintOptions, known: Iterable[MigrationFile]) -> list[MigrationFile]:
    """The files that the command line names, each once, whatever they are called."""
    versions = {each.path.resolve(): each for each in known}
    return [
        versions.get(path.resolve(), MigrationFile("", "", ""))._replace(where=str(path))
        for path in dict.fromkeys(options.file)
    ]


COMMAND = Command(
    summary="review migrations, by the rules of squawk and our own",
    more=(
        "No database is needed. squawk's rules need the extra `lint`. "
        "Exit code: 1 when there are findings."
    ),
    example="sql/20250210120000_create_dynamic_providers.sql",
    options=LintOptions,
    add_arguments=add_lint_arguments,
    run=lint,
)
