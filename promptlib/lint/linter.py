"""Every rule on some migrations, ours and squawk's, but for those excluded or ignored.

A comment ignores rules at a line or in its file. squawk does as its comments say; here they hold
for our rules too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import MigrationFileError
from promptlib.lint.rules import RULE_NAMES, check_rules
from promptlib.lint.squawk import run_squawk
from promptlib.lint.violations import violation_of_error
from promptlib.syntax.statements import line_and_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptlib.core.errors import PromptlibError
    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.lint.exclusions import Exclusions
    from promptlib.lint.violations import Violation

_NAME, _FORMAT = BROKEN = ("name", "format")  # the rules that let nothing run
_IGNORE = re.compile(rb"(?:--|/\*)\s*+squawk-ignore(?P<file>-file)?(?![\w-])(?P<rules>[^\n\r*]*+)")
_UNUSED_IGNORE, _UNKNOWN = "unused-ignore", "unknown name "


def lint_files(
    files: Iterable[MigrationFile], problems: Iterable[PromptlibError], exclusions: Exclusions
) -> list[Violation]:
    """What is wrong with migrations: their names, their formats, what breaks a rule.

    Args:
        files: to be read.
        problems: what the others are called.
        exclusions: which rules do not fit.

    Raises:
        MigrationFileError: when a file cannot be read.
        MissingExtraError: when squawk is not installed.
        ProgramError: when it fails.
    """
    migrations, found = [], [violation_of_error(each, _NAME) for each in problems]
    for file in files:
        content = file.content()
        try:
            migrations.append(file.parse(content))
        except MigrationFileError as error:
            found.append(violation_of_error(error, _FORMAT))
    return [*found, *_lint_migrations(migrations, exclusions)]


def _lint_migrations(
    migrations: Sequence[Migration], exclusions: Exclusions
) -> Iterator[Violation]:
    """Yield what breaks a rule.

    Raises:
        MissingExtraError: when squawk is not installed.
        ProgramError: when it fails.
    """
    found = [each for each in run_squawk(migrations, exclusions.include) if not _is_ours(each)]
    for migration in migrations:
        ignores = _read_ignores(migration.up.source)
        found += (each for each in check_rules(migration) if not ignores.covers(each))
    return (each for each in found if not exclusions.covers(each))


def _is_ours(violation: Violation) -> bool:
    """Whether squawk only does not know one of our rules, which a comment ignores."""
    unknown = violation.message.removeprefix(_UNKNOWN)
    return violation.rule == _UNUSED_IGNORE and unknown in RULE_NAMES


class _Ignores(NamedTuple):
    """What the comments of a file ignore: rules, by the lines of the comments, and everywhere."""

    at_lines: set[tuple[int, str]]
    everywhere: set[str]

    def covers(self, violation: Violation) -> bool:
        """Whether a comment stands on the line of a violation, or on the one before it."""
        lines = (violation.line - 1, violation.line)
        return violation.rule in self.everywhere or any(
            (line, violation.rule) in self.at_lines for line in lines
        )


def _read_ignores(source: bytes) -> _Ignores:
    found = _Ignores(set(), set())
    for comment in _IGNORE.finditer(source):
        names = {name.strip() for name in comment["rules"].decode().split(",")} - {""}
        if comment["file"]:
            found.everywhere.update(names or RULE_NAMES)
        else:
            line, _ = line_and_column(source, comment.start("rules"))
            found.at_lines.update((line, name) for name in names)
    return found
