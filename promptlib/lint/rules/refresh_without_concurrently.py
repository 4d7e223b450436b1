"""REFRESH MATERIALIZED VIEW without CONCURRENTLY: nobody reads the view meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.tokens import TokenReader, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_plain_refreshes(text: MigrationText) -> Iterator[Complaint]:
    """Yield each REFRESH of a view that was there before UP and that keeps its readers waiting."""
    for statement, made in text.up_with_schema():
        reader = TokenReader(statement.tokens)
        if reader.take("REFRESH", "MATERIALIZED", "VIEW") and not reader.take("CONCURRENTLY"):
            view = reader.name()
            empties = "NO" in words_outside_parentheses(reader.rest)
            if view and not empties and not made.has_table(view):
                yield Complaint(
                    statement.offset,
                    f"readers of {'.'.join(view)} wait until it is filled anew",
                    "say CONCURRENTLY, which needs a unique index on the view",
                    "warning",
                )
