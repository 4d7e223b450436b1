"""The commands of who writes migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli.answers import NO, Answer, text_answer
from promptlib.cli.arguments import MERMAID, SVG
from promptlib.config.project import read_project
from promptlib.core.errors import display_path
from promptlib.files.directory import (
    MigrationFile,
    list_migrations,
    parse_all,
    resolve_version,
    survey_folder,
)
from promptlib.plan.status import read_status

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from promptlib.cli.answers import Terminal
    from promptlib.lint.violations import Violation

_log = logging.getLogger(__name__)


def verify(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Prove that DOWN undoes UP."""
    from promptlib.cli.verify_view import verify_lines
    from promptlib.verify.prover import prove_migrations

    project = read_project(options.config, {}, options.url)
    if options.html:
        Path(options.html).open("a").close()  # who may not write it had better know before the work
    migrations = parse_all(list_migrations(project.sql))
    known = [migration.version for migration in migrations]
    chosen = {resolve_version(known, text) for text in options.versions}
    if options.pending:
        found = read_status(project, project.target())
        chosen |= {entry.version for entry in found.waiting}
    if not options.pending and not options.versions:
        chosen = {*known}
    report = prove_migrations(
        project.embedded() if options.embedded else project.target(),
        migrations,
        chosen,
        project.settings,
        options.rows,
    )
    if options.html:
        from promptlib.verify.html_report import render_page

        _write(options.html, render_page(report))
    told = verify_lines(report, coloured=terminal.is_coloured, every_statement=options.verbose)
    return text_answer(told, 0 if report.is_clean else NO)


def erd(options: argparse.Namespace, _: Terminal) -> Answer:
    """Draw the model."""
    # They import SQLAlchemy and Alembic, which are slow.
    from promptlib.alembic_bridge.commands import Alembic
    from promptlib.erd.diagram import build_diagram
    from promptlib.erd.graphviz import render_svg
    from promptlib.erd.mermaid import render_mermaid

    implied = SVG if (options.output or "").endswith(".svg") else MERMAID
    project = read_project(options.config, {}, options.url)
    drawn = build_diagram(Alembic(project, "", {}).model())
    is_svg = (options.format or implied) == SVG
    text = render_svg(drawn) if is_svg else render_mermaid(drawn)
    if not options.output:
        return Answer(text)
    _write(options.output, text)
    return Answer()


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    _log.info("wrote %s", display_path(Path(name)))


def lint(options: argparse.Namespace, _: Terminal) -> Answer:
    """What breaks a rule in migrations."""
    from promptlib.lint.exclusions import read_exclusions
    from promptlib.lint.linter import lint_files

    project = read_project(options.config, {}, options.url)
    files, problems = survey_folder(project.sql) if not options.file else (_given(options), [])
    found = lint_files(files, problems, read_exclusions(project.toml))
    return _answer(found, len(files), options.format)


def check(options: argparse.Namespace, _: Terminal) -> Answer:
    """Whether migrations may be merged."""
    from promptlib.lint.base_branch import check_against_base
    from promptlib.lint.exclusions import read_exclusions
    from promptlib.lint.linter import BROKEN, lint_files

    project = read_project(options.config, {}, options.url)
    files, problems = survey_folder(project.sql)
    found = lint_files(files, problems, read_exclusions(project.toml))
    found += check_against_base(project.sql, files, options.base)
    if options.database and not any(each.rule in BROKEN for each in found):
        from promptlib.cli.model_check import check_model

        found += check_model(project, parse_all(files))
    return _answer(found, len(files), options.format)


def _given(options: argparse.Namespace) -> list[MigrationFile]:
    """The files that the command line names, each once, whatever they are called."""
    return [MigrationFile("", "", str(path)) for path in dict.fromkeys(map(Path, options.file))]


def _answer(found: Iterable[Violation], migrations: int, form: str) -> Answer:
    """The findings; what only people read is no part of a document."""
    from promptlib.lint.violations import FORMATS, TEXT, sort_violations, summarize_violations

    ordered = sort_violations(found)
    told, summary = FORMATS[form](ordered), summarize_violations(ordered, migrations)
    if form == TEXT:
        told = [*told, summary]
    else:
        _log.info("%s", summary)
    return text_answer(told, NO if ordered else 0)
