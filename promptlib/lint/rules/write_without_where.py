"""UPDATE and DELETE without WHERE. TRUNCATE says itself that it means every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.dml import INSERT, has_where, write_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_writes_of_every_row(text: MigrationText) -> Iterator[Complaint]:
    """Yield each UPDATE and DELETE that does not say which rows."""
    for statement in (*text.up, *text.down):
        for command in write_commands(statement.tokens):
            verb = command[0].word
            if verb != INSERT and not has_where(command):
                what = f"{verb} without WHERE means every row"
                yield Complaint(command[0].start, what, "say which rows, or WHERE true")
