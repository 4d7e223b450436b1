"""`promptlib history`: every attempt at a migration."""

from __future__ import annotations

from promptlib.cli.command import (
    Answer,
    Command,
    CommonOptions,
    json_answer,
    open_migrator,
    text_answer,
)
from promptlib.cli.parser import VERSION_MAY_BE_SHORT, add_json
from promptlib.cli.views import deploy_lines, history_lines
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal


class HistoryOptions(NamedTuple):
    """What `promptlib history` takes.

    Attributes:
        common: what every command takes.
        version: how the versions of interest begin; empty: all.
        json: whether the result is a document.
    """

    common: CommonOptions
    version: str
    json: bool


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib history` takes."""
    parser.add_argument("version", nargs="?", default="", metavar="VERSION", help="of this alone")
    add_json(parser)


def history(options: HistoryOptions, terminal: Terminal) -> Answer:
    """Every attempt."""
    with open_migrator(options.common) as migrator:
        found = migrator.history(options.version)
        recorded = () if options.version else migrator.deploys()
        is_open = any(not each.finished_at for each in recorded)
        now = migrator.look_closely().deploys if is_open else ()
    if options.json:
        events, deploys = ([each._asdict() for each in some] for some in (found, recorded))
        return json_answer({"events": events, "deploys": deploys})
    lines = history_lines(found, coloured=terminal.is_coloured, columns=terminal.columns)
    return text_answer([*lines, *deploy_lines(recorded, now)])


COMMAND = Command(
    summary="every attempt at a migration, failures too",
    more=VERSION_MAY_BE_SHORT,
    example="20250210120000",
    options=HistoryOptions,
    add_arguments=add_history_arguments,
    run=history,
)
