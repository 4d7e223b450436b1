"""The commands of who writes migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib import answers, config
from promptlib.answers import NO
from promptlib.directory import File

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.answers import Answer, Terminal
    from promptlib.violations import Violation

_log = logging.getLogger(__name__)


def lint(options: argparse.Namespace, _: Terminal) -> Answer:
    """What breaks a rule in migrations."""
    from promptlib import directory, exclusions, lint  # noqa: PLC0415 - the others do without

    project = config.read(options.config, {}, options.url)
    files, problems = directory.survey(project.sql) if not options.file else (_given(options), [])
    found = lint.of(files, problems, exclusions.read(project.toml))
    return _answer(found, len(files), options.format)


def check(options: argparse.Namespace, _: Terminal) -> Answer:
    """Whether migrations may be merged."""
    from promptlib import directory, exclusions, lint, merging  # noqa: PLC0415 - the same

    project = config.read(options.config, {}, options.url)
    files, problems = directory.survey(project.sql)
    found = lint.of(files, problems, exclusions.read(project.toml))
    found += merging.check(project.sql, files, options.base)
    return _answer(found, len(files), options.format)


def _given(options: argparse.Namespace) -> list[File]:
    """The files that the command line names, each once, whatever they are called."""
    return [File("", "", path) for path in dict.fromkeys(map(Path, options.file))]


def _answer(found: Iterable[Violation], files: int, form: str) -> Answer:
    from promptlib import violations  # noqa: PLC0415 - the others do without

    ordered = sorted(found)
    _log.info("%s", violations.summary(ordered, files))
    return answers.lines(violations.FORMATS[form](ordered), NO if ordered else 0)
