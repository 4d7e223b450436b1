"""`promptlib pending`: the migrations that did not run."""

from __future__ import annotations

from promptlib.cli.command import (
    Answer,
    Command,
    JsonOptions,
    json_answer,
    open_migrator,
    text_answer,
)
from promptlib.cli.documents import pending_document
from promptlib.cli.parser import add_json
from promptlib.cli.views import pending_lines
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


def pending(options: JsonOptions, terminal: Terminal) -> Answer:
    """The migrations that did not run."""
    with open_migrator(options.common) as migrator:
        found = migrator.pending()
    if options.json:
        return json_answer({"pending": [pending_document(each) for each in found]})
    return text_answer(pending_lines(found, coloured=terminal.is_coloured))


COMMAND = Command(
    summary="the migrations that have not run, oldest first",
    example="--json",
    options=JsonOptions,
    add_arguments=add_json,
    run=pending,
)
