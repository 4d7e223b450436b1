"""Migrations that have no way back: their DOWN only raises an exception."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.plpgsql import only_refuses
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from promptlib.files.section import Section

# What stands for a DOWN that nobody wrote: a rollback ends with this error, and nothing is undone.
NO_WAY_BACK = b"""\
DO $$ BEGIN
  RAISE EXCEPTION 'this migration has no way back: none was written'
    USING HINT = 'write the SQL that undoes its UP section in place of this';
END $$;
"""


def is_one_way(down: Section) -> bool:
    """Whether a DOWN section refuses whatever the database holds."""
    if len(down.statements) != 1:
        return False
    return only_refuses(down.source, tokenize_statement(down.source, down.statements[0]))
