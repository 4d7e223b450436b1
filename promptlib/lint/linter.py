"""Every rule on some migrations, ours and squawk's, but for those excluded or ignored.

A comment ignores rules at a line or in its file. squawk does as its comments say; here they hold
for our rules too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import MigrationFileError, MissingExtraError
from promptlib.lint.migration_text import History, MigrationText
from promptlib.lint.rule_list import RULES, check_rules
from promptlib.lint.squawk import SquawkFinding, run_squawk
from promptlib.lint.squawk_findings import true_findings
from promptlib.lint.violations import violation_of_error
from promptlib.syntax.statements import line_and_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promptlib.core.errors import PromptlibError
    from promptlib.files.directory import MigrationFile
    from promptlib.lint.configuration import LintConfiguration
    from promptlib.lint.violations import Violation

_NAME, _FORMAT = BROKEN = ("name", "format")  # the rules that let nothing run
_IGNORE = re.compile(rb"(?:--|/\*)\s*+squawk-ignore(?P<file>-file)?(?![\w-])(?P<rules>[^\n\r*]*+)")
_UNUSED_IGNORE, _UNKNOWN = "unused-ignore", "unknown name "


class LintResult(NamedTuple):
    """What lint found.

    Attributes:
        violations: of rules, names and formats.
        missing: why squawk's rules were left out; None, where they were not.
    """

    violations: list[Violation]
    missing: MissingExtraError | None = None


def lint_files(
    files: Sequence[MigrationFile],
    problems: Iterable[PromptlibError],
    configuration: LintConfiguration,
    project: Sequence[MigrationFile] | None = None,
) -> LintResult:
    """What is wrong with migrations: their names, their formats, what breaks a rule.

    Args:
        files: to be read.
        problems: what the others are called.
        configuration: which rules do not fit.
        project: all migrations, oldest first, where `files` are not all.

    Raises:
        MigrationFileError: when a file cannot be read.
        ProgramError: when squawk fails.
    """
    texts, found = [], [violation_of_error(each, _NAME) for each in problems]
    history = History(files if project is None else project)
    for file in files:
        content = file.content()
        try:
            migration = file.parse(content)
        except MigrationFileError as error:
            found.append(violation_of_error(error, _FORMAT))
        else:
            rerunnable = migration.version in configuration.rerunnable
            busy = configuration.busy_tables
            texts.append(MigrationText(migration, history, busy, is_rerunnable=rerunnable))
    of_squawk, missing = _run_squawk(texts, configuration)
    for text in texts:
        found += _judge(text, of_squawk[text.migration.path], configuration)
    return LintResult(found, missing)


def _run_squawk(
    texts: Sequence[MigrationText], configuration: LintConfiguration
) -> tuple[Mapping[Path, list[SquawkFinding]], MissingExtraError | None]:
    """What squawk finds, by files; nothing, where it is not installed."""
    found = defaultdict[Path, list[SquawkFinding]](list)
    try:
        for each in run_squawk(texts, configuration.include):
            found[each.text.migration.path].append(each)
    except MissingExtraError as error:
        return found, error
    return found, None


def _judge(
    text: MigrationText, of_squawk: Iterable[SquawkFinding], configuration: LintConfiguration
) -> Iterator[Violation]:
    """What breaks a rule in a migration, but for what is excluded or ignored."""
    ignores = _read_ignores(text.source)
    theirs = (each.violation for each in true_findings(text, of_squawk))
    for each in (*filterfalse(_is_ours, theirs), *check_rules(text)):
        if not ignores.covers(each) and not configuration.excludes(each):
            yield each


def _is_ours(violation: Violation) -> bool:
    """Whether squawk only does not know one of our rules, which a comment ignores."""
    unknown = violation.message.removeprefix(_UNKNOWN)
    return violation.rule == _UNUSED_IGNORE and unknown in RULES


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
            found.everywhere.update(names or RULES)
        else:
            line, _ = line_and_column(source, comment.start("rules"))
            found.at_lines.update((line, name) for name in names)
    return found
