"""Views that show what changes: PostgreSQL lets no column go, or get another type, that one shows.

They are dropped before and made again behind, as the server had them. One whose column goes for
good cannot be made again: its author has to say what it shows from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alembic.operations import ops

from promptlib.autogenerate.compare.introspect import fetch_definitions, fetch_rows
from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.operations import Phase, SqlOperation, operation_subject
from promptlib.autogenerate.write.table_extras import read_column_extras, read_extras
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.autogenerate.enum_change import EnumChange
    from promptlib.autogenerate.operations import TableKey

    Subject = tuple[TableKey, str]

# What each view shows: tables and other views by column, and the types that it names.
_SHOWN = """
SELECT DISTINCT v.oid::pg_catalog.regclass::text, d.refobjid::pg_catalog.regclass::text,
    coalesce(a.attname, '')
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refobjid <> v.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND v.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    AND v.relnamespace <> 'information_schema'::pg_catalog.regnamespace
ORDER BY 1, 2, 3"""
_NAMING_TYPE = """
SELECT DISTINCT v.oid::pg_catalog.regclass::text
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_depend d ON d.refobjid IN (t.oid, t.typarray)
    AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
    AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
WHERE t.oid = pg_catalog.to_regtype(%s)"""
_CANONICAL = """
SELECT name, pg_catalog.to_regclass(name)::text FROM pg_catalog.unnest(%s::text[]) AS name"""
_DEFINITION = """
SELECT c.relkind = 'm', c.relispopulated, pg_catalog.array_to_string(c.reloptions, ', '),
    pg_catalog.pg_get_viewdef(c.oid), pg_catalog.obj_description(c.oid, 'pg_class'),
    CASE WHEN pg_catalog.pg_get_userbyid(c.relowner) <> CURRENT_USER
        THEN pg_catalog.pg_get_userbyid(c.relowner) END
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)"""
_COLUMNS = """
SELECT a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    pg_catalog.col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0
ORDER BY a.attnum"""
_INDEXES = """
SELECT pg_catalog.pg_get_indexdef(indexrelid), indexrelid::pg_catalog.regclass::text,
    pg_catalog.obj_description(indexrelid, 'pg_class')
FROM pg_catalog.pg_index WHERE indrelid = pg_catalog.to_regclass(%s) ORDER BY 1"""
_EMPTY = "\nWITH NO DATA"


class _View(NamedTuple):
    """A view as the server has it, by its name as SQL has it; `owner`, if that is another role."""

    name: str
    kind: str
    statements: list[str]
    had_data: bool
    owner: str | None

    def drop(self, remark: str) -> SqlOperation:
        """What takes it away."""
        return SqlOperation(Phase.DROP_VIEW, f"DROP {self.kind} {self.name}", remark=remark)

    def create(self, *, with_data: bool) -> SqlOperation:
        """What makes it again; if it had data and is to have it again, then filled."""
        said = [f"not put back: the owner {self.owner} of {self.name}"] if self.owner else []
        definition, *others = self.statements
        if self.had_data and with_data:
            said.append("fills it, which takes as long as its query")
            definition = definition.removesuffix(_EMPTY)
        elif self.had_data:
            said.append(f"it had data: run REFRESH MATERIALIZED VIEW {self.name} when it suits")
        return SqlOperation(Phase.CREATE_VIEW, definition, *others, remark="; ".join(said))


class ViewsAside:
    """The views that stand in the way of operations.

    Args:
        cursor: on the database.
        up: the operations of UP.
        replaced: the changes of enumerated types that make the type anew, in UP and in DOWN.
    """

    def __init__(
        self,
        cursor: Cursor,
        up: Iterable[ops.MigrateOperation],
        replaced: list[list[EnumChange]],
    ) -> None:
        self._cursor = cursor
        changed, gone = _touched_columns(list(up))
        self._changed = [
            changed + [each for one in some for each in one.touched] for some in replaced
        ]
        self._types = [[one.sql_name for one in some] for some in replaced]
        self._gone = gone
        self._read: dict[str, _View] = {}
        anything = gone or any(self._changed) or any(self._types)
        self._shown = fetch_rows(cursor, _SHOWN) if anything else []

    def operations(self) -> tuple[list[SqlOperation], list[SqlOperation]]:
        """What UP needs besides, and what DOWN does."""
        lost = self._standing_on(self._gone, [])
        again, back = (
            [name for name in self._standing_on(columns, types) if name not in lost]
            for columns, types in zip(self._changed, self._types, strict=True)
        )
        up = [
            self._drop(name, is_lost=name in lost) for name in reversed(self._order(lost + again))
        ]
        down = [self._drop(name, is_lost=False) for name in reversed(back)]
        up += [self._view(name).create(with_data=False) for name in again]
        down += [self._view(name).create(with_data=True) for name in self._order(lost + back)]
        return up, down

    def _drop(self, name: str, *, is_lost: bool) -> SqlOperation:
        view = self._view(name)
        kind = view.kind.lower()
        if is_lost:
            return view.drop(
                f"drops the {kind} {name}, which needs what goes: write here what it shows from "
                "now on"
            )
        return view.drop(f"drops the {kind} {name}, which needs what changes, and makes it again")

    def _standing_on(self, columns: list[Subject], types: list[str]) -> list[str]:
        """The views that show columns or name types, and those that show these; in order."""
        named = {quote_name(table.name, table.schema) for table, _ in columns}
        rows = fetch_rows(self._cursor, _CANONICAL, list(named)) if named else []
        canonical = dict(rows)
        wanted = {(canonical[quote_name(t.name, t.schema)], column) for t, column in columns}
        whole = {table for table, column in wanted if not column}
        found = {view for one in types for (view,) in fetch_rows(self._cursor, _NAMING_TYPE, one)}
        found |= {
            view
            for view, table, column in self._shown
            if table in whole or (table, column) in wanted
        }
        while more := {view for view, table, _ in self._shown if table in found} - found:
            found |= more
        return self._order(found)

    def _order(self, views: Iterable[str]) -> list[str]:
        """Views behind those that they show."""
        left, ordered = sorted({*views}), list[str]()
        while left:
            waiting = {view for view, other, _ in self._shown if other in left}
            free = [view for view in left if view not in waiting]
            ordered += free
            left = [view for view in left if view in waiting]
        return ordered

    def _view(self, name: str) -> _View:
        if name not in self._read:
            self._read[name] = _read_view(self._cursor, name)
        return self._read[name]


def _touched_columns(up: list[ops.MigrateOperation]) -> tuple[list[Subject], list[Subject]]:
    """The columns that change, and those that go; a table that goes is a column without a name."""
    made = {operation_subject(one) for one in up if isinstance(one, ops.AddColumnOp)}
    changed: list[Subject] = []
    gone: list[Subject] = []
    for one in up:
        match one:
            case ops.AlterColumnOp(modify_type=type_) if type_ is not None:
                changed.append(operation_subject(one))
            case ops.DropColumnOp():
                subject = operation_subject(one)
                (changed if subject in made else gone).append(subject)
            case ops.DropTableOp():
                gone.append(operation_subject(one))
    return changed, gone


def _read_view(cursor: Cursor, name: str) -> _View:
    (found,) = fetch_definitions(cursor, _DEFINITION, name)
    is_kept, had_data, options, query, comment, owner = found
    kind = "MATERIALIZED VIEW" if is_kept else "VIEW"
    settings = f" WITH ({options})" if options else ""
    statements = [f"CREATE {kind} {name}{settings} AS\n{query.strip().removesuffix(';')}"]
    statements[0] += _EMPTY if is_kept else ""
    if comment is not None:
        statements.append(f"COMMENT ON {kind} {name} IS {quote_literal(comment)}")
    statements += _column_statements(cursor, name)
    for definition, index, about in fetch_rows(cursor, _INDEXES, name):
        statements.append(definition)
        if about is not None:
            statements.append(f"COMMENT ON INDEX {index} IS {quote_literal(about)}")
    statements += read_extras(cursor, name)
    return _View(name, kind, statements, is_kept and had_data, owner)


def _column_statements(cursor: Cursor, view: str) -> Iterator[str]:
    extras = read_column_extras(cursor, view)
    for name, default, comment in fetch_rows(cursor, _COLUMNS, view):
        if default is not None:
            yield f"ALTER TABLE {view} ALTER COLUMN {quote_name(name)} SET DEFAULT {default}"
        if comment is not None:
            yield f"COMMENT ON COLUMN {view}.{quote_name(name)} IS {quote_literal(comment)}"
        yield from extras.get(name, ())
