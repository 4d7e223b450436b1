"""The commands that change nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from promptlib.cli import answers, views
from promptlib.cli.answers import NO, Answer
from promptlib.plan import status as standing

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.answers import Terminal

_log = logging.getLogger(__name__)


def status(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Where each migration stands."""
    project, target = answers.opened(options)
    found = standing.look(project, target)
    for problem in standing.refusals(found, applies_late=project.settings.applies_late):
        _log.warning("%s", problem)
    document = standing.document(found)
    behind = found.ledger.half_done or any(document[state] for state in standing.NOT_DONE)
    code = NO if options.exit_code and behind else 0
    if options.json:
        return answers.document(document, code)
    return answers.lines(views.status(found, document, coloured=terminal.is_coloured), code)


def pending(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """The migrations that did not run."""
    found = standing.look(*answers.opened(options))
    rows = [standing.named(entry) for entry in found.waiting]
    if options.json:
        return answers.document({"pending": rows})
    return answers.lines(views.pending(rows, coloured=terminal.is_coloured))


def executed(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """The migrations that ran."""
    found = standing.look(*answers.opened(options))
    rows = [standing.row(found, entry) for entry in found.applied]
    if options.json:
        return answers.document({"executed": rows})
    return answers.lines(views.executed(rows, coloured=terminal.is_coloured))


def history(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Every attempt."""
    from promptlib.ledger import history as events

    found = events.read(*answers.opened(options), options.version)
    if options.json:
        return answers.document({"events": found})
    return answers.lines(views.history(found, coloured=terminal.is_coloured))


def completion(options: argparse.Namespace, _: Terminal) -> Answer:
    """A shell's completion script."""
    from promptlib.cli import (
        arguments,
        completion,
    )

    return Answer(completion.script(options.shell, arguments.parser()))


def db_show(options: argparse.Namespace, _: Terminal) -> Answer:
    """Where the data is, and how many rows each table holds."""
    from promptlib.postgres import admin as server

    _project, target = answers.opened(options)
    where, rows = server.rows(target)
    return answers.lines([where, *(f"  {name:<24}{count:>8} rows" for name, count in rows)])


def db_test(options: argparse.Namespace, _: Terminal) -> Answer:
    """Whether a deploy could run."""
    from promptlib.postgres import admin as server

    document, problems = server.test(*answers.opened(options))
    for problem in problems:
        _log.warning("%s", problem)
    code = NO if problems else 0
    if options.json:
        return answers.document(document, code)
    return answers.lines(views.test(document), code)


def db_wait(options: argparse.Namespace, _: Terminal) -> Answer:
    """Wait for the database."""
    from promptlib.postgres import admin as server

    _project, target = answers.opened(options)
    server.wait(target, options.timeout)
    _log.info("%s can be reached", target)
    return Answer()
