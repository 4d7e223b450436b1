"""Operations in the order in which they can run: what goes, what comes, what is added to it.

Alembic names tables that go in no order, and makes two tables that reference each other at once.
"""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, TypeVar

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from promptlib.autogenerate.operations import (
    DEFERRED_KEYS,
    Phase,
    SqlOperation,
    TableKey,
    flatten_operations,
    name_constraint,
    operation_subject,
    operation_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.schema import SchemaItem

_TableOp = TypeVar("_TableOp", ops.CreateTableOp, ops.DropTableOp)
_PHASES: dict[type[ops.MigrateOperation], Phase] = {
    ops.DropIndexOp: Phase.DROP_INDEX,
    ops.DropConstraintOp: Phase.DROP_CONSTRAINT,
    ops.DropTableOp: Phase.DROP_TABLE,
    ops.DropColumnOp: Phase.DROP_COLUMN,
    ops.CreateTableOp: Phase.CREATE_TABLE,
    ops.AddColumnOp: Phase.ADD_COLUMN,
    ops.AlterColumnOp: Phase.ALTER_COLUMN,
    ops.CreateForeignKeyOp: Phase.ADD_FOREIGN_KEY,  # before what it is a kind of
    ops.AddConstraintOp: Phase.ADD_CONSTRAINT,
    ops.CreateIndexOp: Phase.CREATE_INDEX,
    ops.CreateTableCommentOp: Phase.COMMENT,
    ops.DropTableCommentOp: Phase.COMMENT,
}
# Alembic takes these out of sets: their names are an order that is always the same.
_UNORDERED = {
    Phase.DROP_FOREIGN_KEY,
    Phase.DROP_INDEX,
    Phase.DROP_CONSTRAINT,
    Phase.ADD_CONSTRAINT,
    Phase.CREATE_INDEX,
    Phase.ADD_FOREIGN_KEY,
}
_ITEMS = (
    Column,
    PrimaryKeyConstraint,
    UniqueConstraint,
    CheckConstraint,
    ForeignKeyConstraint,
)


def order_operations(operations: Iterable[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """Put operations into an order in which they can run.

    What somebody's own hook has put in between stays between what it was put between.
    """
    groups = itertools.groupby(
        flatten_operations(operations), key=lambda one: phase_of(one) is None
    )
    found = ((is_unknown, list(group)) for is_unknown, group in groups)
    return [
        one for unknown, group in found for one in (group if unknown else _sort_by_phase(group))
    ]


def phase_of(operation: ops.MigrateOperation) -> Phase | None:
    """The place of an operation; None for one that only its author knows."""
    if isinstance(operation, SqlOperation):
        return operation.phase
    if isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "foreignkey":
        return Phase.DROP_FOREIGN_KEY
    if isinstance(operation, ops.AddColumnOp) and operation.column.computed is not None:
        return Phase.ADD_COMPUTED
    return next((phase for kind, phase in _PHASES.items() if isinstance(operation, kind)), None)


def _sort_by_phase(operations: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    gone = {operation_table(one): one for one in operations if isinstance(one, ops.DropTableOp)}
    made = {operation_table(one): one for one in operations if isinstance(one, ops.CreateTableOp)}
    others = [
        one
        for one in operations
        if not isinstance(one, ops.DropTableOp | ops.CreateTableOp)
        and not (isinstance(one, ops.DropIndexOp) and operation_table(one) in gone)
    ]
    changed = {operation_table(one) for one in others} - made.keys()
    created, added = _order_created(list(made.values()), changed)
    everything = [*_order_dropped(list(gone.values())), *created, *added, *others]
    places = {operation_table(one): place for place, one in enumerate(created)}
    return sorted(everything, key=lambda one: _sort_key(one, places))


def _sort_key(
    operation: ops.MigrateOperation, created: Mapping[TableKey | None, int]
) -> tuple[Phase, int, str]:
    phase = phase_of(operation)
    assert phase
    table = created.get(operation_table(operation))
    if table is not None and phase in (Phase.CREATE_TABLE, Phase.CREATE_INDEX):
        return Phase.CREATE_TABLE, table, ""
    if isinstance(operation, ops.DropColumnOp):
        return phase, operation.to_column().computed is None, ""
    if phase not in _UNORDERED:
        return phase, 0, ""
    if isinstance(operation, SqlOperation):  # it says nowhere else what it is about
        return phase, 0, "".join(operation.sql)
    return phase, 0, str(operation_subject(operation))


def _order_created(
    tables: list[ops.CreateTableOp], changed: set[TableKey | None]
) -> tuple[list[ops.CreateTableOp], list[ops.MigrateOperation]]:
    """Tables behind those that they reference; the foreign keys that have to wait for them."""
    created, added = [], []
    for table, before in _by_dependency(tables):
        keys = [one for one in table.columns if isinstance(one, ForeignKeyConstraint)]
        later = [
            key
            for key in sorted(keys, key=_item_name)
            if _referenced_table(key) in changed | {operation_table(one) for one in tables} - before
            or key.use_alter
        ]
        made = copy.copy(table)
        made.columns = sorted(table.columns, key=_item_key)
        made.info = {**table.info, DEFERRED_KEYS: {tuple(key.column_keys) for key in later}}
        created.append(made)
        added += [name_constraint(ops.AddConstraintOp.from_constraint(key)) for key in later]
    return created, added


def _order_dropped(tables: list[ops.DropTableOp]) -> list[ops.MigrateOperation]:
    """Tables before those that they reference, and first the foreign keys of a circle."""
    dropped: list[ops.MigrateOperation] = []
    for table, before in _by_dependency(tables):
        others = {operation_table(one) for one in tables} - before
        circle = [key for key in _foreign_keys(table) if _referenced_table(key) in others]
        added = [name_constraint(ops.AddConstraintOp.from_constraint(key)) for key in circle]
        dropped = [*(one.reverse() for one in added), table, *dropped]
    return dropped


def _by_dependency(tables: list[_TableOp]) -> list[tuple[_TableOp, set[TableKey | None]]]:
    """Tables behind those that they reference, if there is such an order; each with those before.

    A table counts as being before itself.
    """
    left = {
        operation_table(one): {_referenced_table(key) for key in _foreign_keys(one)}
        for one in tables
    }
    found = {operation_table(one): one for one in tables}
    turns = []
    while left:
        free = (table for table, needed in left.items() if not needed & (left.keys() - {table}))
        table = next(free, next(iter(left)))
        del left[table]
        turns.append((found[table], found.keys() - left.keys()))
    return turns


def _foreign_keys(table: ops.CreateTableOp | ops.DropTableOp) -> list[ForeignKeyConstraint]:
    return sorted(table.to_table().foreign_key_constraints, key=_item_name)


def _referenced_table(key: ForeignKeyConstraint) -> TableKey:
    table = key.elements[0].column.table
    return TableKey(table.schema, table.name)


def referenced_columns(operation: ops.MigrateOperation) -> set[tuple[TableKey, frozenset[str]]]:
    """The columns that the foreign keys of an operation need a key of."""
    match operation:
        case ops.CreateTableOp():
            return {
                (_referenced_table(key), frozenset(one.column.name for one in key.elements))
                for key in _foreign_keys(operation)
            }
        case ops.CreateForeignKeyOp():
            table = TableKey(operation.kw.get("referent_schema"), operation.referent_table)
            return {(table, frozenset(operation.remote_cols))}
    return set()


def _item_name(item: SchemaItem) -> str:
    columns = getattr(item, "column_keys", ())
    return f"{getattr(item, 'name', None) or ''} {' '.join(columns)}"


def _item_key(item: SchemaItem) -> tuple[int, str]:
    """Where a table has a column or constraint: Alembic has taken the constraints from a set."""
    kind = next((place for place, one in enumerate(_ITEMS) if isinstance(item, one)), len(_ITEMS))
    return kind, "" if kind == 0 else _item_name(item)
