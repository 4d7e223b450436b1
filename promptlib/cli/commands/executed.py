"""`promptlib executed`: the migrations that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import (
    Answer,
    Command,
    CommonOptions,
    json_answer,
    open_migrator,
    text_answer,
)
from promptlib.cli.documents import migration_document
from promptlib.cli.parser import add_json
from promptlib.cli.views import executed_lines

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
    with open_migrator(options.common) as migrator:
        found = migrator.executed()
    if options.json:
        return json_answer({"executed": [migration_document(each) for each in found]})
    return text_answer(executed_lines(found, coloured=terminal.is_coloured))


COMMAND = Command(
    summary="the migrations that ran, oldest first",
    example="--json",
    options=ExecutedOptions,
    add_arguments=add_json,
    run=executed,
)
