"""`promptlib db`: the database itself."""

from __future__ import annotations

from promptlib.cli.command import (
    NO,
    Answer,
    Command,
    CommandGroup,
    CommonOptions,
    JsonOptions,
    PlainOptions,
    RemovingOptions,
    is_agreed,
    json_answer,
    open_database,
    open_migrator,
    open_project,
    text_answer,
)
from promptlib.cli.documents import readiness_document
from promptlib.cli.parser import add_json, add_removing, number_of_seconds
from promptlib.cli.views import readiness_lines
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.core.remedies import Front
from promptlib.plan.limits import limit_warnings
from promptlib.postgres.admin import (
    count_rows,
    create_database,
    describe_contents,
    drop_database,
    wait_for_database,
)

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

_log = Log(__name__)


def show_database(options: PlainOptions, _: Terminal) -> Answer:
    """Where the data is, and how many rows each table holds."""
    _project, target = open_database(options.common)
    where, rows = count_rows(target)
    return text_answer([where, *(f"  {name:<24}{_shown(count):>8} rows" for name, count in rows)])


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)


def judge_database(options: JsonOptions, _: Terminal) -> Answer:
    """Whether a deploy could run."""
    with open_migrator(options.common) as migrator:
        readiness, problems = migrator.readiness()
    document = readiness_document(readiness, str(migrator.target), ok=not problems)
    for problem in problems:
        _log.warning("%s", problem.told(Front.PROMPTLIB, options.common.given))
    for warning in limit_warnings(readiness.limits, migrator.settings):
        _log.warning("%s", warning)
    for writer in readiness.writers:
        _log.warning("%s", writer)
    code = NO if problems else 0
    if options.json:
        return json_answer(document, code)
    return text_answer(readiness_lines(document), code)


def make_database(options: PlainOptions, _: Terminal) -> Answer:
    """Make the database."""
    _project, target = open_database(options.common, changes=True)
    _log.info("%s: %s", target, "made" if create_database(target) else "it is there already")
    return Answer()


def remove_database(options: RemovingOptions, terminal: Terminal) -> Answer:
    """Remove the database."""
    _project, target = open_database(options.common, changes=True)
    contents = describe_contents(target)
    if not contents:
        _log.info("%s: there is no such database", target)
        return Answer()
    told = [f"removes {contents}", "no rollback brings that back"]
    question, name = "write the database's name to remove it:", target.database
    if not is_agreed(terminal, told, question, unasked=options.yes, answers=[name]):
        return Answer(code=NO)
    drop_database(target, force=options.force)
    _log.info("%s: removed", target)
    return Answer()


class DatabaseWaitOptions(NamedTuple):
    """What `promptlib db wait` takes.

    Attributes:
        common: what every command takes.
        timeout: how many seconds.
    """

    common: CommonOptions
    timeout: float


def add_wait_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib db wait` takes."""
    parser.add_argument(
        "--timeout",
        type=number_of_seconds,
        default=60,
        metavar="SECONDS",
        help="how long; default: 60",
    )


def await_database(options: DatabaseWaitOptions, _: Terminal) -> Answer:
    """Wait for the database."""
    _project, target = open_database(options.common)
    wait_for_database(target, options.timeout)
    _log.info("%s can be reached", target)
    return Answer()


def stop_server(options: PlainOptions, _: Terminal) -> Answer:
    """Stop the embedded server."""
    from promptlib.postgres.embedded import stop_embedded

    stopped = stop_embedded(open_project(options.common).folder)
    _log.info("stopped" if stopped else "the embedded PostgreSQL does not run")
    return Answer()


COMMAND = CommandGroup(
    summary="the database itself",
    example="test",
    actions={
        "show": Command(
            summary="where the data is and how many rows are in it",
            example="| head -1",
            options=PlainOptions,
            run=show_database,
        ),
        "test": Command(
            summary="reach the server, and tell whether a deploy could run",
            more="Exit code: 0 or 1.",
            example="--json",
            options=JsonOptions,
            add_arguments=add_json,
            run=judge_database,
        ),
        "create": Command(
            summary="make the database, unless it is there",
            example="",
            options=PlainOptions,
            run=make_database,
        ),
        "drop": Command(
            summary="remove the database and all that is in it",
            more="Asks for its name.",
            example="",
            options=RemovingOptions,
            add_arguments=add_removing,
            run=remove_database,
        ),
        "wait": Command(
            summary="wait until the database can be reached",
            example="--timeout 30",
            options=DatabaseWaitOptions,
            add_arguments=add_wait_arguments,
            run=await_database,
        ),
        "stop": Command(
            summary="stop the embedded PostgreSQL; its data stays",
            example="",
            options=PlainOptions,
            run=stop_server,
        ),
    },
)
