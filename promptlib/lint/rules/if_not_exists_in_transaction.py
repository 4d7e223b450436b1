"""IF NOT EXISTS where nothing of a failed run stays: it can only hide another object.

An extension of a name is the same one, which somebody else may have installed. A value stays in its
type when DOWN has run, and must be passed over by the next UP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.ddl import IF_NOT_EXISTS, VALUE, object_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText

_MAY_BE_THERE = ("EXTENSION", VALUE)


def find_needless_guards(text: MigrationText) -> Iterator[Complaint]:
    """Yield each IF NOT EXISTS in a section that runs in a transaction."""
    for section in text.sections(transactional=True):
        for statement in section:
            for change in object_changes(statement.tokens):
                if change.guard == IF_NOT_EXISTS and change.object.kind not in _MAY_BE_THERE:
                    what = f"IF NOT EXISTS hides another {change.object} that is there already"
                    remedy = "leave it out: nothing stays of a transaction that failed"
                    yield Complaint(change.object.offset, what, remedy)
