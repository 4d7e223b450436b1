"""CREATE INDEX CONCURRENTLY without a name.

What an attempt leaves that failed is an invalid index under a name that PostgreSQL chose, and the
next attempt makes another one beside it. After a crash no catalog tells whether it ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.alone import Effect, read_alone_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_unnamed_concurrent_indexes(text: MigrationText) -> Iterator[Complaint]:
    """Yield each index that is built concurrently and has no name."""
    for statement in (*text.up, *text.down):
        built = read_alone_tokens(statement.tokens)
        if built.effect is Effect.MAKES_INDEX and not built.name:
            what = "an attempt that fails leaves an invalid index whose name nobody knows"
            remedy = "give the index a name: the next attempt drops what it finds under it"
            yield Complaint(statement.offset, what, remedy)
