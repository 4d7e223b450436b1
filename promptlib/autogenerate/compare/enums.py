"""Enumerated types and domains: those of the model, and what the database knows of its own.

Alembic makes them with a new table only, and changes none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.operations import ops
from sqlalchemy import ARRAY, TypeDecorator
from sqlalchemy.dialects.postgresql import (
    DOMAIN,
    ENUM,
    CreateDomainType,
    CreateEnumType,
    NamedType,
)

from promptlib.autogenerate.compare.computed import computed_columns, remake_column
from promptlib.autogenerate.compare.introspect import fetch_rows
from promptlib.autogenerate.dialect import plain_dialect, quote_name, stable_spelling
from promptlib.autogenerate.enum_change import (
    EnumChange,
    EnumType,
    EnumUse,
    create_enum_named,
    create_enum_sql,
)
from promptlib.autogenerate.operations import Phase, SqlOperation, TableKey, operation_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Column, Table
    from sqlalchemy.types import TypeEngine

_RESOLVED = """
SELECT name, to_regtype(name)::oid FROM unnest(%s::text[]) AS name
WHERE to_regtype(name) IS NOT NULL"""
_ENUMS = """
SELECT t.oid, CASE WHEN NOT pg_type_is_visible(t.oid) THEN n.nspname END, t.typname,
    array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_enum e ON e.enumtypid = t.oid
GROUP BY 1, 2, 3 ORDER BY 2 NULLS FIRST, 3"""
_USES = """
SELECT nullif(n.nspname, current_schema()), c.relname, a.attname, a.atttypid = t.typarray,
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_type t
JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE t.oid = %s
ORDER BY 1 NULLS FIRST, 2, a.attnum"""
_RULES = """
SELECT DISTINCT nullif(n.nspname, current_schema()), c.relname,
    coalesce(con.conname, ind.relname), con.oid IS NULL,
    coalesce(pg_get_constraintdef(con.oid, true), pg_get_indexdef(ind.oid, 0, true))
FROM pg_type t
JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
LEFT JOIN pg_constraint con
    ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid AND con.contype IN ('c', 'x')
LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
LEFT JOIN pg_class ind ON ind.oid = i.indexrelid
JOIN pg_class c ON c.oid = coalesce(con.conrelid, i.indrelid)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.oid = %s
ORDER BY 1, 2, 3"""
# Functions, views, domains and composite types; views are set aside.
_OTHERS = """
SELECT pg_describe_object(d.classid, d.objid, d.objsubid),
    coalesce(c.relkind IN ('v', 'm'), d.classid = 'pg_rewrite'::regclass)
FROM pg_type t
JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
WHERE t.oid = %s AND d.deptype = 'n' AND (
    d.classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_rewrite'::regclass)
    OR c.relkind NOT IN ('r', 'p', 'i', 'I')
)
ORDER BY 1"""

_ASIDE = "promptlib_aside_"

_DROPS = (ops.DropTableOp, ops.DropColumnOp, ops.DropConstraintOp, ops.DropIndexOp)


class _DatabaseEnum(NamedTuple):
    """An enumerated type of the database."""

    oid: int
    schema: str | None
    name: str
    values: list[str]


def _named_type(type_: TypeEngine[object]) -> NamedType | None:
    """The enumerated type or domain behind a column's type."""
    if isinstance(type_, TypeDecorator):
        return _named_type(type_.load_dialect_impl(plain_dialect()))
    found = type_.dialect_impl(plain_dialect())
    if isinstance(found, ARRAY):
        return _named_type(found.item_type)
    return found if isinstance(found, NamedType) else None


class EnumComparison:
    """The types of the model beside those of the database.

    Args:
        cursor: on the database.
        columns: of the model, and whether they are compared.
    """

    def __init__(self, cursor: Cursor, columns: Mapping[Column[object], bool]) -> None:
        self.cursor = cursor
        found = {column: _named_type(column.type) for column in columns}
        self.model = {_type_name(one): one for one in found.values() if one}
        self.compared = {_type_name(one) for each, one in found.items() if one and columns[each]}
        self.known = {
            oid: _DatabaseEnum(oid, *values) for oid, *values in fetch_rows(self.cursor, _ENUMS)
        }
        self.resolved = dict(fetch_rows(self.cursor, _RESOLVED, list(self.model)))

    def has_schema(self, name: str) -> bool:
        """Whether the database has a schema, by its name as SQL has it."""
        return bool(fetch_rows(self.cursor, "SELECT WHERE to_regnamespace(%s) IS NOT NULL", name))

    def temporary_types(self, table: Table) -> Iterator[str]:
        """Yield what makes, for a moment, the types of a table that the database has otherwise."""
        changed = ((k, v) for k, v in self._types_of(table).items() if self._differs(k, v))
        for number, (name, type_) in enumerate(changed):
            if not type_.schema:
                yield create_enum_named(f"pg_temp.{name}", type_.enums)
            elif self.has_schema(quote_name(type_.schema)):
                if name in self.resolved:
                    yield f"ALTER TYPE {name} RENAME TO {_ASIDE}{number}"
                yield create_enum_named(name, type_.enums)

    def _types_of(self, table: Table) -> dict[str, ENUM]:
        found = (_named_type(column.type) for column in table.columns)
        return {_type_name(one): one for one in found if isinstance(one, ENUM)}

    def _differs(self, name: str, type_: ENUM) -> bool:
        known = self.known.get(self.resolved.get(name, 0))
        return known is None or known.values != list(type_.enums)

    def type_operations(self, operations: Iterable[ops.MigrateOperation]) -> Iterator[SqlOperation]:
        """Yield what the types need, where these operations change the tables."""
        effect = _ColumnEffects(list(operations))
        for name, type_ in self.model.items():
            oid = self.resolved.get(name)
            if not type_.create_type or name not in self.compared:
                continue  # its author makes it himself
            if oid is None:
                yield _type_creation(name, type_)
            elif isinstance(type_, ENUM) and self._differs(name, type_):
                yield self._enum_change(self.known[oid], name, type_, effect)
        yield from self._drop_unused(effect)

    def _enum_change(
        self, known: _DatabaseEnum, name: str, type_: ENUM, effect: _ColumnEffects
    ) -> EnumChange:
        old = [use for use in self._enum_uses(known) if not effect.drops(use)]
        new = [use for use in old if effect.type_after(use, name) == name]
        new += [use for use in effect.columns_taking(name) if use not in new]
        rules = {key: rule for key, rule in self._dependent_rules(known) if key not in effect.gone}
        computed = dict(self._computed_columns(old, effect.gone | rules.keys()))
        others = fetch_rows(self.cursor, _OTHERS, known.oid)
        return EnumChange(
            EnumType(
                known.schema,
                known.name,
                known.values,
                [effect.with_default_settled(use) for use in old],
            ),
            EnumType(
                known.schema,
                known.name,
                list(type_.enums),
                [effect.with_default_settled(use) for use in new],
            ),
            [*rules.values(), *computed.values()],
            [*((TableKey(use.schema, use.table), use.column) for use in old), *computed],
            [text for text, is_view in others if not is_view],
        )

    def _drop_unused(self, effect: _ColumnEffects) -> Iterator[SqlOperation]:
        """Drop the types that go with their last column."""
        wanted = set(self.resolved.values())
        for known in self.known.values():
            uses = [] if known.oid in wanted else self._enum_uses(known)
            name = quote_name(known.name, known.schema)
            stay = [
                use
                for use in uses
                if not effect.drops(use) and effect.type_after(use, name) == name
            ]
            if uses and not stay and not fetch_rows(self.cursor, _OTHERS, known.oid):
                type_ = EnumType(known.schema, known.name, known.values, [])
                undo = SqlOperation(Phase.TYPE, create_enum_sql(type_))
                yield SqlOperation(
                    Phase.DROP_TYPE, f"DROP TYPE {name}", undo=undo, diff=("remove_type", name)
                )

    def _enum_uses(self, known: _DatabaseEnum) -> list[EnumUse]:
        return [EnumUse(*values) for values in fetch_rows(self.cursor, _USES, known.oid)]

    def _computed_columns(
        self, uses: Iterable[EnumUse], others: set[tuple[TableKey, str]]
    ) -> Iterator[tuple[tuple[TableKey, str], tuple[str, str]]]:
        """Yield how the columns that are computed from such columns go and come back."""
        sources: dict[TableKey, list[str]] = {}
        for use in uses:
            sources.setdefault(TableKey(use.schema, use.table), []).append(use.column)
        for table, columns in sources.items():
            relation = quote_name(table.name, table.schema)
            names = {name for owner, name in others if owner == table}
            for name in computed_columns(self.cursor, relation, columns):
                if name not in names:
                    yield (table, name), remake_column(self.cursor, relation, name, names)

    def _dependent_rules(
        self, known: _DatabaseEnum
    ) -> Iterator[tuple[tuple[TableKey, str], tuple[str, str]]]:
        """Yield the constraints and indexes that name a value: how they go and come back."""
        for schema, table, name, is_index, definition in fetch_rows(self.cursor, _RULES, known.oid):
            drop = f"DROP INDEX {quote_name(name, schema)}"
            restore = stable_spelling(definition)
            if not is_index:
                alter = f"ALTER TABLE {quote_name(table, schema)}"
                drop = f"{alter} DROP CONSTRAINT {quote_name(name)}"
                restore = f"{alter} ADD CONSTRAINT {quote_name(name)} {restore}"
            yield (TableKey(schema, table), name), (drop, restore)


class _ColumnEffects:
    """What operations do to columns."""

    def __init__(self, operations: list[ops.MigrateOperation]) -> None:
        self.gone = {operation_subject(one) for one in operations if isinstance(one, _DROPS)}
        self.altered = {
            operation_subject(one): one for one in operations if isinstance(one, ops.AlterColumnOp)
        }

    def drops(self, use: EnumUse) -> bool:
        """Whether a column goes, or its table."""
        table = TableKey(use.schema, use.table)
        return bool({(table, ""), (table, use.column)} & self.gone)

    def type_after(self, use: EnumUse, name: str) -> str:
        """The type that a column gets, or this one, if it keeps it."""
        change = self.altered.get((TableKey(use.schema, use.table), use.column))
        if change is None or change.modify_type is None:
            return name
        found = _named_type(change.modify_type)
        return _type_name(found) if found else ""

    def columns_taking(self, name: str) -> Iterator[EnumUse]:
        """Yield the columns that get a type."""
        for (table, column), change in self.altered.items():
            type_ = change.modify_type
            found = _named_type(type_) if type_ is not None else None
            if found and _type_name(found) == name:
                yield EnumUse(table.schema, table.name, column, isinstance(type_, ARRAY), "")

    def with_default_settled(self, use: EnumUse) -> EnumUse:
        """A column whose default need not be kept, if another operation sees to it."""
        change = self.altered.get((TableKey(use.schema, use.table), use.column))
        sees = change is not None and change.modify_server_default is not False
        return use._replace(default="") if sees else use


def _type_name(type_: NamedType) -> str:
    found: Any = type_
    return quote_name(found.name, found.schema)


def _type_creation(name: str, type_: NamedType) -> SqlOperation:
    create = CreateDomainType if isinstance(type_, DOMAIN) else CreateEnumType
    kind = "DOMAIN" if isinstance(type_, DOMAIN) else "TYPE"
    undo = SqlOperation(Phase.DROP_TYPE, f"DROP {kind} {name}")
    sql = str(create(type_).compile(dialect=plain_dialect()))
    return SqlOperation(Phase.TYPE, sql, undo=undo, diff=("add_type", name))
