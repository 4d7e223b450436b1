"""LOCK TABLE in a mode that readers or writers wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.locks import listed_names, lock_mode, locked_tables
from promptlib.lint.migration_text import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_explicit_table_locks(text: MigrationText) -> Iterator[Complaint]:
    """Yield each LOCK TABLE of UP that keeps others of a table that was there before it."""
    for statement, made in text.up_with_schema():
        if statement.word == "LOCK":
            there = [each for each in locked_tables(statement.tokens) if not made.has_table(each)]
            if there:
                waits = (
                    "readers and writers" if "ACCESS" in lock_mode(statement.tokens) else "writers"
                )
                named = listed_names(there)
                yield Complaint(
                    statement.offset,
                    f"{waits} of {named} wait until this transaction has ended",
                    "lock rows instead (SELECT ... FOR UPDATE), or let the statements take the "
                    "locks that they need",
                    "warning",
                )
