"""Statements that the server refuses inside a transaction, and inside a DO block.

It says what squawk does not say of a section's only statement, and not of every kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.alone import is_refused_in_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText, StatementText

_ENDS_TRANSACTION = ("COMMIT", "ROLLBACK")


def find_statements_refused_in_transaction(text: MigrationText) -> Iterator[Complaint]:
    """Yield what runs in a transaction, or in a DO block, and cannot."""
    for transactional in (True, False):
        for section in text.sections(transactional=transactional):
            for statement in section:
                if statement.block:
                    yield from _in_block(statement, transactional=transactional)
                elif transactional and is_refused_in_transaction(statement.tokens):
                    remedy = "write transaction:false behind the marker of a section of its own"
                    what = "the server refuses this in a transaction"
                    yield Complaint(statement.offset, what, remedy)


def _in_block(statement: StatementText, *, transactional: bool) -> Iterator[Complaint]:
    if is_refused_in_transaction(statement.tokens):
        what = "the server refuses this in a DO block"
        remedy = "write it as a statement of its own, in a section with transaction:false"
        yield Complaint(statement.offset, what, remedy)
    elif transactional and statement.word in _ENDS_TRANSACTION:
        what = f"the server refuses {statement.word} in a DO block inside a transaction"
        remedy = "take it out: promptlib commits the section and rolls back what fails"
        yield Complaint(statement.offset, what, remedy)
