"""Columns that Alembic cannot change: generated ones, identities, and types with rules."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import Identity

from promptlib.autogenerate.compare.computed import computed_columns
from promptlib.autogenerate.dialect import driver_cursor, quote_name, stable_spelling
from promptlib.autogenerate.operations import Phase, SqlOperation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column

    from promptlib.autogenerate.compare.constraints import TableChanges

_INTEGERS = ("smallint", "integer", "bigint")


def correct_column_changes(table: TableChanges) -> None:
    """Put right what Alembic has found of a table's columns."""
    _remake_generated(table)
    _correct_identities(table)
    _widen_sequences(table)
    _restore_spelling(table)


def _remake_generated(table: TableChanges) -> None:
    """Make a column anew that is generated in another way, or from one that gets another type."""
    anew = []
    for name in sorted({*table.differences.generated, *_computed_from_others(table)}):
        real, model = table.real.columns[name], table.model.columns[name]
        if not table.is_included(name, model, "column", is_real=False):
            continue
        stored = table.differences.real.columns[name].generated == "s"
        if stored and model.server_default is None:
            table.add(_drop_expression(table, real, model))
        else:
            table.remove(*table.operations_on(name, ops.AlterColumnOp))
            table.add(*_drop_and_add(table, real, model))
            anew.append(name)
    for user, sql in _dependents(table, anew).items():  # they go with a column
        back = SqlOperation(Phase.CREATE_INDEX, stable_spelling(sql))
        table.add(
            SqlOperation(Phase.CREATE_INDEX, stable_spelling(sql), undo=back, diff=("add", user))
        )


def _computed_from_others(table: TableChanges) -> set[str]:
    """The generated columns that PostgreSQL computes from those that get another type."""
    changed = [one.column_name for one in _alterations(table) if one.modify_type is not None]
    if not changed:
        return set()
    with contextlib.closing(driver_cursor(table.connection)) as cursor:
        found = computed_columns(cursor, table.sql, changed)
    return {name for name in found if name in table.model.columns}


def _drop_expression(
    table: TableChanges, real: Column[object], model: Column[object]
) -> SqlOperation:
    """A column that is generated no more keeps its values."""
    back = ops.ModifyTableOps(table.table, _drop_and_add(table, model, real), schema=table.schema)
    return SqlOperation(
        Phase.DROP_COLUMN,
        f"ALTER TABLE {table.sql} ALTER COLUMN {quote_name(real.name)} DROP EXPRESSION",
        undo=back,
        diff=("remove_expression", table.schema, table.table, real.name),
    )


def _drop_and_add(
    table: TableChanges, before: Column[object], after: Column[object]
) -> list[ops.MigrateOperation]:
    return [
        ops.DropColumnOp.from_column_and_tablename(table.schema, table.table, before),
        ops.AddColumnOp.from_column_and_tablename(table.schema, table.table, after),
    ]


def _correct_identities(table: TableChanges) -> None:
    """An identity is never NULL, and takes the place of the sequence that a serial column has."""
    for change in _alterations(table):
        name, wanted = change.column_name, change.modify_server_default
        before = change.existing_server_default
        if isinstance(wanted, Identity) and not isinstance(before, Identity):
            if change.existing_nullable:
                change.modify_nullable = False
            default = table.differences.real.columns[name].default
            if default and table.real.columns[name].server_default is None:
                table.add(_drop_sequence(table, name, default))
        elif isinstance(before, Identity) and wanted is None:
            change.modify_nullable = table.model.columns[name].nullable or None


def _drop_sequence(table: TableChanges, column: str, default: str) -> SqlOperation:
    """Take away the sequence of a serial column: `nextval(...)`, its default, names it."""
    name, type_ = quote_name(column), table.differences.real.columns[column].type
    literal = default.removeprefix("nextval(").removesuffix("::regclass)")
    sequence = literal.strip("'").replace("''", "'")
    back = SqlOperation(
        Phase.DROP_TYPE,
        f"CREATE SEQUENCE {sequence} AS {type_} OWNED BY {table.sql}.{name}",
        f"ALTER TABLE {table.sql} ALTER COLUMN {name} SET DEFAULT {default}",
        f"SELECT setval({literal}, max({name})) FROM {table.sql}",
    )
    return SqlOperation(
        Phase.DROP_COLUMN,
        f"ALTER TABLE {table.sql} ALTER COLUMN {name} DROP DEFAULT",
        f"DROP SEQUENCE {sequence}",
        undo=back,
        diff=("remove_sequence", sequence),
    )


def _widen_sequences(table: TableChanges) -> None:
    """Let the sequence of a serial column count as far as the column's new type."""
    for change in _alterations(table):
        if change.modify_type is None or change.modify_server_default is not False:
            continue
        before, after = table.differences.types.get(change.column_name, ("", ""))
        column = table.existing.columns[change.column_name]
        if {before, after} <= {*_INTEGERS} and column.sequence and not column.identity:
            name, old = column.sequence.name, column.sequence.type
            back = SqlOperation(Phase.ALTER_COLUMN, f"ALTER SEQUENCE {name} AS {old}")
            widen = f"ALTER SEQUENCE {name} AS {after}"
            diff = ("modify_sequence", name, old, after)
            table.add(SqlOperation(Phase.ALTER_COLUMN, widen, undo=back, diff=diff))


def _restore_spelling(table: TableChanges) -> None:
    """With a column's type the server spells rules anew; DOWN has them as they were before."""
    names = [one.column_name for one in _alterations(table) if one.modify_type is not None]
    for user, sql in _dependents(table, names).items():
        if stable_spelling(sql) != sql:
            drop = f"DROP INDEX {quote_name(user, table.schema)}"
            if sql.startswith("ALTER"):
                drop = f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote_name(user)}"
            for phase, back in (
                (Phase.DROP_CONSTRAINT, drop),
                (Phase.CREATE_INDEX, stable_spelling(sql)),
            ):
                table.add(
                    SqlOperation(phase, undo=SqlOperation(phase, back), diff=("respell", user))
                )


def _alterations(table: TableChanges) -> list[ops.AlterColumnOp]:
    return [one for one in table.found.ops if isinstance(one, ops.AlterColumnOp)]


def _dependents(table: TableChanges, columns: Iterable[str]) -> dict[str, str]:
    """The constraints and indexes that need columns, and stay: what makes them again."""
    users = table.differences.real.dependents
    return {
        user: sql
        for column in columns
        for user, sql in users.get(column, {}).items()
        if not table.operations_on(user, ops.MigrateOperation)
    }
