"""`promptlib executed`: the migrations that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import (
    Answer,
    Command,
    CommonOptions,
    json_answer,
    open_database,
    text_answer,
)
from promptlib.cli.parser import add_json
from promptlib.cli.views import executed_lines
from promptlib.plan.status import migration_document, read_status

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


class ExecutedOptions(NamedTuple):
    """What `promptlib executed` takes.

    Attributes:
        common: what every command takes.
        json: whether the result is a document.
    """

    common: CommonOptions
    json: bool


def executed(options: ExecutedOptions, terminal: Terminal) -> Answer:
    """The migrations that ran."""
    found = read_status(*open_database(options.common))
    rows = [migration_document(found, entry) for entry in found.applied]
    if options.json:
        return json_answer({"executed": rows})
    return text_answer(executed_lines(rows, coloured=terminal.is_coloured))


COMMAND = Command(
    summary="the migrations that ran, oldest first",
    example="--json",
    options=ExecutedOptions,
    add_arguments=add_json,
    run=executed,
)
