"""The commands of who writes migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib import answers, config, directory, standing
from promptlib.answers import NO, Answer

if TYPE_CHECKING:
    import argparse

    from promptlib.answers import Terminal


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
    told = verdict.lines(report, coloured=terminal.is_coloured, every_statement=options.verbose)
    return answers.lines(told, 0 if report.is_clean else NO)
