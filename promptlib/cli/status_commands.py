"""The commands that change nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from promptlib.cli.answers import NO, Answer, json_answer, open_project, text_answer
from promptlib.cli.views import (
    executed_lines,
    history_lines,
    pending_lines,
    readiness_lines,
    status_lines,
)
from promptlib.plan.status import (
    NOT_DONE,
    deploy_refusals,
    migration_document,
    pending_document,
    read_status,
    status_document,
)

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.answers import Terminal

_log = logging.getLogger(__name__)


def status(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Where each migration stands."""
    project, target = open_project(options)
    found = read_status(project, target)
    for problem in deploy_refusals(found, applies_late=project.settings.applies_late):
        _log.warning("%s", problem)
    document = status_document(found)
    behind = found.ledger.half_done or any(document[state] for state in NOT_DONE)
    code = NO if options.exit_code and behind else 0
    if options.json:
        return json_answer(document, code)
    return text_answer(status_lines(found, document, coloured=terminal.is_coloured), code)


def pending(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """The migrations that did not run."""
    found = read_status(*open_project(options))
    rows = [pending_document(entry) for entry in found.waiting]
    if options.json:
        return json_answer({"pending": rows})
    return text_answer(pending_lines(rows, coloured=terminal.is_coloured))


def executed(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """The migrations that ran."""
    found = read_status(*open_project(options))
    rows = [migration_document(found, entry) for entry in found.applied]
    if options.json:
        return json_answer({"executed": rows})
    return text_answer(executed_lines(rows, coloured=terminal.is_coloured))


def history(options: argparse.Namespace, terminal: Terminal) -> Answer:
    """Every attempt."""
    from promptlib.ledger.history import read_history

    found = read_history(*open_project(options), options.version)
    if options.json:
        return json_answer({"events": found})
    return text_answer(history_lines(found, coloured=terminal.is_coloured))


def completion(options: argparse.Namespace, _: Terminal) -> Answer:
    """A shell's completion script."""
    from promptlib.cli.arguments import make_parser
    from promptlib.cli.completion import completion_script

    return Answer(completion_script(options.shell, make_parser()))


def db_show(options: argparse.Namespace, _: Terminal) -> Answer:
    """Where the data is, and how many rows each table holds."""
    from promptlib.postgres.admin import count_rows

    _project, target = open_project(options)
    where, rows = count_rows(target)
    return text_answer([where, *(f"  {name:<24}{count:>8} rows" for name, count in rows)])


def db_test(options: argparse.Namespace, _: Terminal) -> Answer:
    """Whether a deploy could run."""
    from promptlib.plan.readiness import check_readiness

    document, problems = check_readiness(*open_project(options))
    for problem in problems:
        _log.warning("%s", problem)
    code = NO if problems else 0
    if options.json:
        return json_answer(document, code)
    return text_answer(readiness_lines(document), code)


def db_wait(options: argparse.Namespace, _: Terminal) -> Answer:
    """Wait for the database."""
    from promptlib.postgres.admin import wait_for_database

    _project, target = open_project(options)
    wait_for_database(target, options.timeout)
    _log.info("%s can be reached", target)
    return Answer()
