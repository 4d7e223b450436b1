"""Alembic's version table, written in one message with the ledger's row.

Which step follows which, and what the table says then, is Alembic's. It would have SQLAlchemy
compile each of these statements anew, which takes longer than running a small migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptlib.ledger.moves import Move

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep


def move_of_step(step: RevisionStep) -> Move:
    """What Alembic writes for a step, as migrations form one line."""
    before, now = str(step.revision.down_revision or ""), step.revision.revision
    return Move(before, now) if step.is_upgrade else Move(now, before)


class _Written:
    """What Alembic makes its statement of where that has been executed: nothing, at no cost."""

    rowcount = 1  # all that it asks of a result: the database has made sure of that

    def __init__(self) -> None:
        self.c = self.version_num = self

    def _itself(self, *_: object, **__: object) -> _Written:
        return self

    insert = update = delete = values = where = _itself
    __eq__ = _itself  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


class VersionTable:
    """Stands between Alembic and its table: what has been written is not written again.

    Args:
        context: Alembic's.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._table, self._plain = context._version, context.impl._exec
        context.impl._exec = self._exec

    def written(self) -> None:
        """Take note that the next change has been made."""
        self._context._version = _Written()

    def _exec(self, construct: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(construct, _Written):
            return self._plain(construct, *arguments, **options)
        self._context._version = self._table
        return construct
