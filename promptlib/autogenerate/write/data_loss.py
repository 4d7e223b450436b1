"""What a change of the schema loses, or may fail at: told in comments, and guarded in DOWN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy.types import NullType

from promptlib.autogenerate.conversions import ConversionEffect
from promptlib.autogenerate.dialect import ddl_compiler, plain_dialect, quote_name
from promptlib.autogenerate.operations import SqlOperation, operation_subject
from promptlib.syntax.lexemes import do_block, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Column, Table

    from promptlib.autogenerate.conversions import Conversion, Conversions

_GUARD = """DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
{counts}
    ) AS counted (number, what)
    WHERE number > 0;
    IF lost IS NOT NULL
        AND coalesce(current_setting('promptlib.allow_data_loss', true), '') <> 'on'
    THEN
        RAISE EXCEPTION 'this would delete %', lost
            USING HINT = 'back them up first if they matter; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;
END"""
_CONSTANT = re.compile(r"-?\d+(?:\.\d+)?|true|false|'(?:[^']|'')*'(?:::[\w ]+)?", re.IGNORECASE)
_INCOMPARABLE = ("JSON", "XML", "POINT")  # types without an operator `=`


def destroys_values(operation: ops.MigrateOperation, types: Conversions) -> bool:
    """Whether an operation takes values that nothing gives back."""
    match operation:
        case ops.DropTableOp():
            return True
        case ops.DropColumnOp():
            return not _is_computed(operation)
        case ops.AlterColumnOp(modify_type=type_) if type_ is not None:
            change = types.get(operation_subject(operation))
            return change is not None and change.effect is ConversionEffect.CHANGED
    return False


def data_loss_remarks(operation: ops.MigrateOperation, types: Conversions) -> Iterator[str]:
    """Yield what a reader has to know of an operation: what it loses, and where it fails."""
    match operation:
        case SqlOperation(remark=remark) if remark:
            yield remark
        case ops.DropTableOp():
            yield f"drops the table {_table_sql(operation)}: its rows are lost"
        case ops.DropColumnOp() if not _is_computed(operation):
            name, table = operation_subject(operation)[1], _table_sql(operation)
            yield f"drops the column {name} of {table}: its values are lost"
        case ops.AddColumnOp(column=column) if needs_value(column):
            place = f"fails while {_table_sql(operation)} has rows: give {column.name}"
            yield f"{place} a default, or fill it before NOT NULL"
        case ops.AlterColumnOp():
            place = f"{_table_sql(operation)}.{operation_subject(operation)[1]}"
            yield from _alteration_remarks(
                operation, place, types.get(operation_subject(operation))
            )


def _alteration_remarks(
    operation: ops.AlterColumnOp, column: str, change: Conversion | None
) -> Iterator[str]:
    if change:
        becomes = f"{column} becomes {change.new} from {change.old}"
        if change.effect is ConversionEffect.REFUSED:
            yield f"{becomes}: fails where a value does not fit"
        elif change.effect is ConversionEffect.CHANGED:
            yield f"{becomes}: what does not fit is rounded or cut"
    if operation.modify_nullable is False:
        yield f"fails where {column} is NULL"


def possible_renames(operations: list[ops.MigrateOperation]) -> dict[int, str]:
    """What may have been renamed: it looks like something that goes and something that comes.

    Returns:
        What to say of it, by the place of the operation that drops it.
    """
    found: dict[int, str] = {}
    gone = {operation_subject(one) for one in operations if isinstance(one, ops.DropColumnOp)}
    fresh = [one for one in operations if operation_subject(one) not in gone]
    for place, old in enumerate(operations):
        for new in fresh:
            if place not in found and (hint := _rename_hint(old, new)):
                found[place] = hint
                fresh.remove(new)
                break
    return found


def _rename_hint(old: ops.MigrateOperation, new: ops.MigrateOperation) -> str:
    before = after = way = ""
    match old, new:
        case ops.DropColumnOp(), ops.AddColumnOp(column=column):
            before, after = old.column_name, column.name
            same_type = _type_text(old.to_column()) == _type_text(column) != ""
            if _table_sql(old) == _table_sql(new) and same_type and not _is_computed(old):
                way = f"{_table_sql(old)} RENAME COLUMN {quote_name(before)} TO {quote_name(after)}"
        case ops.DropTableOp(), ops.CreateTableOp():
            before, after = old.table_name, new.table_name
            if _table_shape(old.to_table()) == _table_shape(new.to_table()):
                way = f"{_table_sql(old)} RENAME TO {quote_name(after)}"
    return f"if {before} is to be called {after}, write instead: ALTER TABLE {way}" if way else ""


def _table_sql(operation: ops.MigrateOperation) -> str:
    schema, name = operation_subject(operation)[0]
    return quote_name(name, schema)


def _type_text(column: Column[object]) -> str:
    """The type; nothing, if SQLAlchemy does not know it."""
    return "" if isinstance(column.type, NullType) else str(column.type.compile(plain_dialect()))


def _table_shape(table: Table) -> list[tuple[str, str]]:
    return [(column.name, _type_text(column)) for column in table.columns]


def data_loss_guard(operations: Iterable[ops.MigrateOperation], types: Conversions) -> str | None:
    """The statement that keeps DOWN from deleting what somebody has written; None: nothing is.

    It raises an error that counts it, unless the setting promptlib.allow_data_loss is on.
    """
    counts = [
        (operation_subject(one)[0], count)
        for one in operations
        if (count := _count_lost(one, types))
    ]
    if not counts:
        return None
    tables = dict.fromkeys(quote_name(key.name, key.schema) for key, _ in counts)
    return do_block(
        _GUARD.format(
            tables=", ".join(tables),
            counts="\n        UNION ALL\n".join(f"        {count}" for _, count in counts),
        )
    )


def _count_lost(operation: ops.MigrateOperation, types: Conversions) -> str:
    """The query that counts what an operation loses, and says what that is."""
    if not destroys_values(operation, types):
        return ""
    table = _table_sql(operation)
    if isinstance(operation, ops.DropTableOp):
        return f"SELECT count(*), {quote_literal(f'rows of {table}')} FROM {table}"
    column, change = (
        quote_name(operation_subject(operation)[1]),
        types.get(operation_subject(operation)),
    )
    if isinstance(operation, ops.DropColumnOp):
        default = _constant_default(operation.to_column())
        condition = f"{column} IS DISTINCT FROM {default}" if default else f"{column} IS NOT NULL"
        what = f"values of {table}.{column}"
    elif change and not change.old.upper().startswith(_INCOMPARABLE):
        condition = f"{column}::{change.new}::{change.old} IS DISTINCT FROM {column}"
        what = f"values of {table}.{column} that do not fit {change.new}"
    else:
        return ""
    return f"SELECT count(*), {quote_literal(what)} FROM {table} WHERE {condition}"


def _constant_default(column: Column[object]) -> str:
    """A default that each row got alike: it holds nothing that anybody has written."""
    if _type_text(column).startswith(_INCOMPARABLE) and not _type_text(column).startswith("JSONB"):
        return ""
    default = ddl_compiler().get_column_default_string(column)
    return default if default and _CONSTANT.fullmatch(default) else ""


def _is_computed(operation: ops.DropColumnOp) -> bool:
    return operation.to_column().computed is not None


def needs_value(column: Column[object]) -> bool:
    """Whether rows that are there would have to get a value from somewhere."""
    return not column.nullable and column.server_default is None and not column.primary_key
