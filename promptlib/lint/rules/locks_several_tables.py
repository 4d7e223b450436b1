"""Locks on several tables, held together for longer than a moment.

Whoever reads both in another order meets a deadlock, and what is slow for one table keeps the users
of the other waiting. Changes that take a moment each may stand together: a deploy waits for their
locks no longer than lock_timeout, and begins again. Where the project names its busy tables, no two
of them may be locked by one transaction.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from promptlib.lint.locks import is_slow, listed_names, locked_tables
from promptlib.lint.migration_text import Complaint
from promptlib.syntax.ddl import may_be_same_name, object_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText
    from promptlib.lint.schema import Schema
    from promptlib.syntax.tokens import ObjectName, Token


def find_locks_on_several_tables(text: MigrationText) -> Iterator[Complaint]:
    """Yield where UP locks a second table that was there before it, if that matters."""
    if not text.migration.up.transactional:
        return
    locked: dict[ObjectName, int] = {}
    slow = False
    for statement, made in text.up_with_schema():
        for table in _kept_tables(statement.tokens):
            is_counted = not text.busy_tables or _is_busy(table, text.busy_tables)
            known = any(may_be_same_name(table, each) for each in locked)
            if is_counted and not known and not made.has_table(table):
                locked[table] = statement.offset
        slow = slow or (bool(locked) and _is_slow_for_others(statement.tokens, made))
    if len(locked) > 1 and (slow or text.busy_tables):
        yield _held_together(locked)


def _kept_tables(statement: Sequence[Token]) -> Iterator[ObjectName]:
    """The tables that a statement locks and that stay: nobody uses one that is dropped."""
    dropped = {
        changed.name
        for verb, changed, *_ in object_changes(statement)
        if verb == "drop" and changed.kind == "TABLE"
    }
    yield from (table for table in locked_tables(statement) if table not in dropped)


def _is_slow_for_others(statement: Sequence[Token], made: Schema) -> bool:
    """Whether a statement takes long, but for one on a table that UP has made: that is small."""
    tables = [*locked_tables(statement)]
    is_about_new = bool(tables) and all(map(made.has_table, tables))
    return is_slow(statement) and not is_about_new


def _is_busy(table: ObjectName, patterns: Sequence[str]) -> bool:
    return any(
        fnmatchcase(".".join(table), each) or fnmatchcase(table[-1], each) for each in patterns
    )


def _held_together(locked: dict[ObjectName, int]) -> Complaint:
    return Complaint(
        [*locked.values()][1],
        f"this transaction keeps {listed_names([*locked])} locked together until it ends",
        "write a migration for each table, and one for what takes long",
        "warning",
    )
