"""How Alembic's current revision changes with a migration, as SQL."""

from __future__ import annotations

from typing import NamedTuple

from promptlib.syntax.lexemes import quote_literal


class Move(NamedTuple):
    """From one revision to another. Nothing stands for none."""

    before: str
    now: str

    def sql(self, table: str) -> str:
        """Set it as Alembic does."""
        before, now = map(quote_literal, self)
        if not self.before:
            return f"INSERT INTO {table} (version_num) VALUES ({now});"
        where = f"WHERE version_num = {before}"
        if not self.now:
            return f"DELETE FROM {table} {where};"
        return f"UPDATE {table} SET version_num = {now} {where};"

    def guarded(self, value: str, table: str) -> str:
        """An expression that is NULL, and not this value, where the revision is not what it was.

        Alembic would count the rows that it changed. The row is locked: nobody changes it between.
        """
        if not self.before:
            return f"CASE WHEN NOT EXISTS (SELECT FROM {table}) THEN {value} END"
        where = f"WHERE version_num = {quote_literal(self.before)}"
        return f"(SELECT {value} FROM {table} {where} FOR UPDATE)"
