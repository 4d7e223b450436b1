"""`promptlib executed`: the migrations that ran."""

from __future__ import annotations

from promptlib.cli.command import (
    Answer,
    Command,
    JsonOptions,
    json_answer,
    open_migrator,
    text_answer,
)
from promptlib.cli.documents import migration_document
from promptlib.cli.parser import add_json
from promptlib.cli.views import executed_lines
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


def executed(options: JsonOptions, terminal: Terminal) -> Answer:
    """The migrations that ran."""
    with open_migrator(options.common) as migrator:
        found = migrator.executed()
    if options.json:
        return json_answer({"executed": [migration_document(each) for each in found]})
    return text_answer(
        executed_lines(found, coloured=terminal.is_coloured, columns=terminal.columns)
    )


COMMAND = Command(
    summary="the migrations that ran, oldest first",
    example="--json",
    options=JsonOptions,
    add_arguments=add_json,
    run=executed,
)
