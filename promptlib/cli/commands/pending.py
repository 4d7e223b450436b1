"""`promptlib pending`: the migrations that did not run, and repeatable files that are to run."""

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
from promptlib.engine.results import migration_status, repeatable_statuses

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal


def pending(options: JsonOptions, terminal: Terminal) -> Answer:
    """What the next deploy runs."""
    with open_migrator(options.common) as migrator:
        seen = migrator.look()
    found = [migration_status(seen, {}, entry) for entry in seen.waiting]
    due = [each for each in repeatable_statuses(seen) if each.state.is_due]
    if options.json:
        repeatable = [{"name": each.name, "state": str(each.state)} for each in due]
        pending = [pending_document(each) for each in found]
        return json_answer({"pending": pending, "repeatable": repeatable})
    return text_answer(
        pending_lines(found, due, coloured=terminal.is_coloured, columns=terminal.columns)
    )


COMMAND = Command(
    summary="the migrations that have not run, oldest first, and repeatable files that are to run",
    example="--json",
    options=JsonOptions,
    add_arguments=add_json,
    run=pending,
)
