"""ATTACH PARTITION of a table whose rows must all be read first, under a lock.

A valid CHECK that implies the bounds spares that. Whether it does, only the server can say: a CHECK
of whatever kind keeps the rule silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.lint.schema import table_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText
    from promptlib.lint.schema import Schema
    from promptlib.syntax.tokens import ObjectName


def find_unchecked_attachments(text: MigrationText) -> Iterator[Complaint]:
    """Yield each partition that is attached with rows and without a valid CHECK."""
    for statement, made in text.up_with_schema():
        for _, action in table_actions(statement.tokens):
            if action.take("ATTACH", "PARTITION"):
                offset, partition = action.offset, action.name()
                if not _needs_no_scan(made, text.earlier, partition):
                    yield Complaint(
                        offset,
                        f"every row of {'.'.join(partition)} is read under a lock that keeps "
                        "others out",
                        "first add a CHECK with the bounds, NOT VALID, and validate it; drop it "
                        "behind ATTACH",
                        "warning",
                    )


def _needs_no_scan(made: Schema, earlier: Schema, partition: ObjectName) -> bool:
    if made.has_table(partition):
        return True
    checks = made.checks(partition) + earlier.checks(partition)
    return any(each.is_valid for each in checks)
