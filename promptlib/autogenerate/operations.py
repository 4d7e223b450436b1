"""Operations that Alembic has none for, what operations are about, and what comes before what."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# In the info of CREATE TABLE: the columns of foreign keys that have operations of their own.
DEFERRED_KEYS = "promptlib_later"


class Phase(enum.IntEnum):
    """What has to be done before what. Names of what goes may be those of what comes."""

    SCHEMA = enum.auto()
    DROP_VIEW = enum.auto()
    DROP_FOREIGN_KEY = enum.auto()
    DROP_TABLE = enum.auto()
    DROP_INDEX = enum.auto()
    DROP_CONSTRAINT = enum.auto()
    DROP_COLUMN = enum.auto()
    TYPE = enum.auto()
    CREATE_TABLE = enum.auto()
    ADD_COLUMN = enum.auto()
    ALTER_COLUMN = enum.auto()
    ADD_COMPUTED = enum.auto()
    DROP_TYPE = enum.auto()
    ADD_CONSTRAINT = enum.auto()
    CREATE_INDEX = enum.auto()
    ADD_FOREIGN_KEY = enum.auto()
    CREATE_VIEW = enum.auto()
    TRIGGER = enum.auto()
    COMMENT = enum.auto()
    DROP_SCHEMA = enum.auto()


class TableKey(NamedTuple):
    """A table: its schema, None for the one that comes first in the search_path, and its name."""

    schema: str | None
    name: str


class SqlOperation(ops.ExecuteSQLOp):
    """SQL as it is written, in its place among the operations.

    Args:
        phase: its place.
        sql: one statement or several, without a semicolon.
        undo: what takes it back; nothing, if that comes by itself.
        diff: how `alembic check` shows it.
        remark: what a reader has to know of it.
    """

    def __init__(
        self,
        phase: Phase,
        *sql: str,
        undo: ops.MigrateOperation | None = None,
        diff: tuple[object, ...] = (),
        remark: str = "",
    ) -> None:
        super().__init__(";\n".join(sql))
        self.phase, self.sql, self.undo = phase, sql, undo
        self.diff, self.remark = diff, remark

    def reverse(self) -> ops.MigrateOperation:
        """What takes it back."""
        return self.undo or ops.OpContainer()

    def to_diff_tuple(self) -> Any:
        """How `alembic check` shows it."""
        return self.diff or super().to_diff_tuple()


def set_aside(
    drop: tuple[Phase, str], restore: tuple[Phase, list[str]], diff: tuple[object, ...]
) -> list[SqlOperation]:
    """What takes something out of the way, and puts it back as it was: in UP, and in DOWN too.

    Args:
        drop: when and how it goes.
        restore: when and how it comes back.
        diff: how `alembic check` shows it.
    """
    forth, back = SqlOperation(drop[0], drop[1]), SqlOperation(restore[0], *restore[1])
    return [
        SqlOperation(drop[0], drop[1], undo=back, diff=("remove", *diff)),
        SqlOperation(restore[0], *restore[1], undo=forth, diff=("add", *diff)),
    ]


def flatten_operations(
    operations: Iterable[ops.MigrateOperation],
) -> Iterator[ops.MigrateOperation]:
    """Yield the operations one by one: those of a table are kept together by Alembic."""
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from flatten_operations(operation.ops)
        else:
            yield operation


_LONGEST = 63  # bytes of a name
_SUFFIXES = {"unique": "key", "foreignkey": "fkey", "primarykey": "pkey"}


def name_constraint(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    """Give a constraint without a name the one that PostgreSQL would: DOWN has to know it."""
    unnamed: Any = operation
    if isinstance(operation, ops.AddConstraintOp) and not unnamed.constraint_name:
        constraint: Any = operation.to_constraint()
        suffix = _SUFFIXES.get(operation.constraint_type, "check")
        columns = () if suffix == "pkey" else (each.name for each in constraint.columns)
        base = "_".join([constraint.table.name, *columns]).encode()[: _LONGEST - 1 - len(suffix)]
        unnamed.constraint_name = conv(f"{base.decode(errors='ignore')}_{suffix}")
    return operation


def operation_table(operation: ops.MigrateOperation) -> TableKey | None:
    """The table of an operation, if it has one."""
    if isinstance(operation, ops.CreateForeignKeyOp):
        return TableKey(operation.kw.get("source_schema"), operation.source_table)
    name = getattr(operation, "table_name", None)
    return TableKey(getattr(operation, "schema", None), name) if name else None


def operation_subject(operation: ops.MigrateOperation) -> tuple[TableKey, str]:
    """What an operation is about: a column, constraint or index of a table; or all of it: ""."""
    table = operation_table(operation) or TableKey(None, "")
    if isinstance(operation, ops.AddColumnOp):
        return table, operation.column.name
    names = (getattr(operation, f"{kind}_name", None) for kind in ("column", "constraint", "index"))
    return table, str(next(filter(None, names), ""))
