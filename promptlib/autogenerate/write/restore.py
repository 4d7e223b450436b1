"""What DOWN puts back: what UP drops, as the server itself spells it.

SQLAlchemy reads less of it, and each version something else: operator classes, collations, rules
that were never checked, triggers.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import DefaultClause, Identity, literal_column
from sqlalchemy.types import UserDefinedType

from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.operations import (
    Phase,
    SqlOperation,
    flatten_operations,
    operation_subject,
    operation_table,
)
from promptlib.autogenerate.write.table_sql import SEQUENCE_OPTIONS, read_existing_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.autogenerate.write.table_sql import ExistingTable, TableColumn


class _VerbatimType(UserDefinedType[object]):
    """A type as the server spells it."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: object) -> str:
        """Give SQLAlchemy the text."""
        return self.text


class TableRestore:
    """The tables that operations change, as they are now.

    Args:
        cursor: on the database.
        operations: those of UP.
    """

    def __init__(self, cursor: Cursor, operations: Iterable[ops.MigrateOperation]) -> None:
        keys = {key for one in flatten_operations(operations) if (key := operation_table(one))}
        found = {key: read_existing_table(cursor, quote_name(key.name, key.schema)) for key in keys}
        self.tables = {key: table for key, table in found.items() if table}

    def put_back(
        self, operations: Iterable[ops.MigrateOperation]
    ) -> Iterator[ops.MigrateOperation]:
        """Yield the operations of DOWN, those that put something back as statements."""
        for one in flatten_operations(operations):
            key, name = operation_subject(one)
            table = self.tables.get(key)
            if table:
                yield from self._restore(table, one, name)
            else:
                yield one

    def _restore(
        self, table: ExistingTable, one: ops.MigrateOperation, name: str
    ) -> Iterator[ops.MigrateOperation]:
        match one:
            case ops.CreateTableOp():
                yield from _restore_table(table)
            case ops.AddColumnOp() if name in table.columns:
                yield _restore_column(table.columns[name])
            case ops.CreateIndexOp() if name in table.indexes:
                yield SqlOperation(Phase.CREATE_INDEX, *table.indexes[name])
            case ops.AddConstraintOp() if name in table.constraints:
                yield _restore_constraint(table, name)
            case ops.AlterColumnOp() if name in table.columns:
                yield _restore_alteration(table, one, name)
            case _:
                yield one


def _restore_table(table: ExistingTable) -> Iterator[SqlOperation]:
    lost = ", ".join(table.lost)
    remark = f"not put back: {lost} of {table.name}" if lost else ""
    yield SqlOperation(Phase.CREATE_TABLE, *table.statements_to_create, remark=remark)
    for name, constraint in table.constraints.items():
        if constraint.kind == "f":
            yield _restore_constraint(table, name)
    for sql in table.extras:
        yield SqlOperation(Phase.TRIGGER, sql)


def _restore_column(column: TableColumn) -> SqlOperation:
    place, filler = f"{column.table}.{quote_name(column.name)}", column.filler
    remark = f"rows that are there get {filler} for what {place} has lost" if filler else ""
    if filler == "":
        remark = f"fails while {column.table} has rows: write what they get for {place}"
    phase = Phase.ADD_COMPUTED if column.generated else Phase.ADD_COLUMN
    return SqlOperation(phase, *column.statements_to_add, remark=remark)


def _restore_constraint(table: ExistingTable, name: str) -> SqlOperation:
    constraint = table.constraints[name]
    phase = Phase.ADD_FOREIGN_KEY if constraint.kind == "f" else Phase.ADD_CONSTRAINT
    return SqlOperation(phase, *table.statements_to_add(constraint))


def _restore_alteration(
    table: ExistingTable, one: ops.AlterColumnOp, name: str
) -> ops.AlterColumnOp:
    column = table.columns[name]
    back = copy.copy(one)
    if back.modify_type is not None:
        back.modify_type = _VerbatimType(column.type)
    if isinstance(back.modify_server_default, DefaultClause) and column.default is not None:
        default: Any = literal_column(column.default)
        back.modify_server_default = default
    if isinstance(back.modify_server_default, Identity) and column.sequence:
        back.modify_server_default = _restored_identity(column, back.existing_server_default)
    return back


def _restored_identity(column: TableColumn, after: object) -> Identity:
    """An identity, with those options that are not the usual ones, or that UP changes."""
    assert column.sequence
    changed = (name for name in SEQUENCE_OPTIONS if getattr(after, name, None) is not None)
    options = {
        name: getattr(column.sequence, name)
        for name in (*column.sequence.unusual_options, *changed)
    }
    return Identity(always=column.identity == "a", **options)
