"""CREATE INDEX CONCURRENTLY without a name.

What an attempt leaves that failed is an invalid index under a name that PostgreSQL chose. Nobody
knows then which one to drop, and the next attempt makes another one beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.ddl import INDEX, object_changes
from promptlib.syntax.tokens import words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_unnamed_concurrent_indexes(text: MigrationText) -> Iterator[Complaint]:
    """Yield each index that is built concurrently and has no name."""
    for statement in (*text.up, *text.down):
        for change in object_changes(statement.tokens):
            is_unnamed = (change.verb, change.object.kind, change.object.name) == (
                "make",
                INDEX,
                (),
            )
            if is_unnamed and "CONCURRENTLY" in words_outside_parentheses(statement.tokens):
                what = "an attempt that fails leaves an invalid index whose name nobody knows"
                remedy = "give the index a name: the next attempt drops what it finds under it"
                yield Complaint(change.object.offset, what, remedy)
