"""The commands of who writes migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli import answers, arguments
from promptlib.cli.answers import NO, Answer
from promptlib.config import project as config
from promptlib.core.errors import shown
from promptlib.files import directory
from promptlib.files.directory import File
from promptlib.plan import status as standing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.cli.answers import Terminal
    from promptlib.lint.violations import Violation

_log = logging.getLogger(__name__)


def verify(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Prove that DOWN undoes UP."""
    from promptlib.cli import verify_view as verdict
    from promptlib.verify import prover as verify

    project = config.read(options.config, {}, options.url)
    if options.html:
        Path(options.html).open("a").close()  # who may not write it had better know before the work
    migrations = directory.read_all(directory.files(project.sql))
    known = [migration.version for migration in migrations]
    chosen = {directory.version(known, text) for text in options.versions}
    if options.pending:
        found = standing.look(project, project.target())
        chosen |= {entry.version for entry in found.waiting}
    if not options.pending and not options.versions:
        chosen = {*known}
    report = verify.report(
        project.embedded() if options.embedded else project.target(),
        migrations,
        chosen,
        project.settings,
        options.rows,
    )
    if options.html:
        from promptlib.verify import html_report as page

        _write(options.html, page.page(report))
    told = verdict.lines(report, coloured=terminal.is_coloured, every_statement=options.verbose)
    return answers.lines(told, 0 if report.is_clean else NO)


def erd(options: argparse.Namespace, _: Terminal) -> Answer:
    """Draw the model."""
    # They import SQLAlchemy and Alembic, which are slow.
    from promptlib.alembic_bridge import commands as handover
    from promptlib.erd import (
        diagram,
        graphviz,
        mermaid,
    )

    implied = arguments.SVG if (options.output or "").endswith(".svg") else arguments.MERMAID
    project = config.read(options.config, {}, options.url)
    drawn = diagram.of(handover.Alembic(project, "", {}).model())
    is_svg = (options.format or implied) == arguments.SVG
    text = graphviz.svg(drawn) if is_svg else mermaid.written(drawn)
    if not options.output:
        return Answer(text)
    _write(options.output, text)
    return Answer()


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    _log.info("wrote %s", shown(Path(name)))


def lint(options: argparse.Namespace, _: Terminal) -> Answer:
    """What breaks a rule in migrations."""
    from promptlib.lint import exclusions
    from promptlib.lint import linter as lint

    project = config.read(options.config, {}, options.url)
    files, problems = directory.survey(project.sql) if not options.file else (_given(options), [])
    found = lint.of(files, problems, exclusions.read(project.toml))
    return _answer(found, len(files), options.format)


def check(options: argparse.Namespace, _: Terminal) -> Answer:
    """Whether migrations may be merged."""
    from promptlib.lint import base_branch as merging
    from promptlib.lint import exclusions
    from promptlib.lint import linter as lint

    project = config.read(options.config, {}, options.url)
    files, problems = directory.survey(project.sql)
    found = lint.of(files, problems, exclusions.read(project.toml))
    found += merging.check(project.sql, files, options.base)
    if options.database and not any(each.rule in lint.BROKEN for each in found):
        from promptlib.cli import model_check as drift

        found += drift.check(project, directory.read_all(files))
    return _answer(found, len(files), options.format)


def _given(options: argparse.Namespace) -> list[File]:
    """The files that the command line names, each once, whatever they are called."""
    return [File("", "", str(path)) for path in dict.fromkeys(map(Path, options.file))]


def _answer(found: Iterable[Violation], migrations: int, form: str) -> Answer:
    """The findings; what only people read is no part of a document."""
    from promptlib.lint import violations

    ordered = violations.in_order(found)
    told, summary = violations.FORMATS[form](ordered), violations.summary(ordered, migrations)
    if form == violations.TEXT:
        told = [*told, summary]
    else:
        _log.info("%s", summary)
    return answers.lines(told, NO if ordered else 0)
