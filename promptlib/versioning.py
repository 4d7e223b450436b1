"""Alembic's version table, written in one round trip with the ledger's row.

Which step follows which, and what the table says then, is Alembic's. It would have SQLAlchemy
compile each of these statements anew, which takes longer than running a small migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep

    from promptlib.records import Tables


class _Written:
    """What Alembic makes its statement of where that has been executed: nothing, at no cost.

    Args:
        rowcount: how many rows were changed, which is all that Alembic asks of a result.
    """

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount
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
        tables: where the table is.
    """

    def __init__(self, context: Any, tables: Tables) -> None:
        self._context, self._tables = context, tables
        self._table, self._plain = context._version, context.impl._exec
        context.impl._exec = self._exec

    def sql(self, step: RevisionStep, heads: set[str]) -> str:
        """What Alembic would write for a step.

        Args:
            step: from Alembic.
            heads: what the table says before.
        """
        if step.should_delete_branch(heads):
            return self._tables.stepped(step.delete_version_num, "")
        if step.should_create_branch(heads):
            return self._tables.stepped("", step.insert_version_num)
        return self._tables.stepped(*step.update_version_num(heads))

    def written(self, count: int) -> None:
        """Take note that the next change has been made, and of how many rows."""
        self._context._version = _Written(count)

    def _exec(self, construct: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(construct, _Written):
            return self._plain(construct, *arguments, **options)
        self._context._version = self._table
        return construct
