"""Foreign keys that stand in the way: what they refer to is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from promptlib.autogenerate.compare.introspect import fetch_rows
from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.operations import (
    Phase,
    TableKey,
    operation_subject,
    operation_table,
    set_aside,
)
from promptlib.autogenerate.write.table_sql import read_existing_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import cursor as Cursor

    from promptlib.autogenerate.operations import SqlOperation

_REFERENCES = """
SELECT n.nspname, n.nspname = pg_catalog.current_schema(), c.relname, f.conname
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class i ON i.oid = f.conindid
JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0 AND i.relname = %s
    AND f.confrelid = pg_catalog.to_regclass(%s)
ORDER BY 1, 3, 4"""


def set_references_aside(
    cursor: Cursor, operations: Sequence[ops.MigrateOperation]
) -> Iterator[SqlOperation]:
    """Yield what takes foreign keys away as long as the key or index that they refer to is gone.

    Args:
        cursor: on the database.
        operations: of all tables.
    """
    gone = {operation_subject(one) for one in operations if isinstance(one, _DROPS)}
    gone |= {(table, "") for one in operations if (table := _dropped_table(one))}
    made = {operation_subject(one) for one in operations if isinstance(one, _MADE)}
    for table, name in sorted(gone & made, key=str):
        rows = fetch_rows(cursor, _REFERENCES, name, quote_name(table.name, table.schema))
        for schema, is_default, other, key in rows:
            owner = TableKey(None if is_default else schema, other)
            if not {(owner, key), (owner, "")} & gone:
                yield from _set_aside(cursor, owner, key)


_DROPS = (ops.DropConstraintOp, ops.DropIndexOp)
_MADE = (ops.AddConstraintOp, ops.CreateIndexOp)


def _dropped_table(operation: ops.MigrateOperation) -> TableKey | None:
    return operation_table(operation) if isinstance(operation, ops.DropTableOp) else None


def _set_aside(cursor: Cursor, owner: TableKey, key: str) -> list[SqlOperation]:
    table = read_existing_table(cursor, quote_name(owner.name, owner.schema))
    assert table
    return set_aside(
        (Phase.DROP_FOREIGN_KEY, f"ALTER TABLE {table.name} DROP CONSTRAINT {quote_name(key)}"),
        (Phase.ADD_FOREIGN_KEY, table.statements_to_add(table.constraints[key])),
        ("constraint", table.name, key),
    )
