"""The commands of who writes migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib import answers, arguments, config, directory, standing
from promptlib.answers import NO, Answer
from promptlib.errors import shown

if TYPE_CHECKING:
    import argparse

    from promptlib.answers import Terminal

_log = logging.getLogger(__name__)


def verify(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Prove that DOWN undoes UP."""
    from promptlib import verdict, verify  # noqa: PLC0415 - the others do without

    project = config.read(options.config, {}, options.url)
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
        from promptlib import page  # noqa: PLC0415 - slow to import

        _write(options.html, page.page(report))
    told = verdict.lines(report, coloured=terminal.is_coloured, every_statement=options.verbose)
    return answers.lines(told, 0 if report.is_clean else NO)


def erd(options: argparse.Namespace, _: Terminal) -> Answer:
    """Draw the model."""
    # They import SQLAlchemy and Alembic, which are slow.
    from promptlib import diagram, graphviz, handover, mermaid  # noqa: PLC0415

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
