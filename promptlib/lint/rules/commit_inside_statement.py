"""DO blocks and procedures that commit on their own.

Every other statement outside a transaction commits with its record, or can be looked up in the
catalog. Of these nobody knows after a crash how far they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText

_WHAT = "after a crash nobody knows whether this ran: it commits before it is recorded"


def find_commits_inside_statements(text: MigrationText) -> Iterator[Complaint]:
    """Yield the first COMMIT in each DO block outside a transaction, unless it may run again."""
    if text.is_rerunnable:
        return
    for section in text.sections(transactional=False):
        first: dict[int, int] = {}
        for statement in section:
            if statement.block and statement.word == "COMMIT":
                first.setdefault(statement.block[0].start, statement.offset)
        for offset in first.values():
            remedy = "let a second run do no more, and say rerunnable in alembic.ini"
            yield Complaint(offset, _WHAT, remedy)
