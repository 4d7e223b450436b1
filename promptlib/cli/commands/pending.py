"""`promptlib pending`: the migrations that did not run."""

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
from promptlib.cli.views import pending_lines
from promptlib.plan.status import pending_document, read_status

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


class PendingOptions(NamedTuple):
    """What `promptlib pending` takes.

    Attributes:
        common: what every command takes.
        json: whether the result is a document.
    """

    common: CommonOptions
    json: bool


def pending(options: PendingOptions, terminal: Terminal) -> Answer:
    """The migrations that did not run."""
    found = read_status(*open_database(options.common))
    rows = [pending_document(entry) for entry in found.waiting]
    if options.json:
        return json_answer({"pending": rows})
    return text_answer(pending_lines(rows, coloured=terminal.is_coloured))


COMMAND = Command(
    summary="the migrations that have not run, oldest first",
    example="--json",
    options=PendingOptions,
    add_arguments=add_json,
    run=pending,
)
