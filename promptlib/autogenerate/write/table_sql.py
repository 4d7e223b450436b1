"""The statements that would make the tables of a database again, part by part.

What stands beside columns, constraints and indexes is in table_extras.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.autogenerate.compare.introspect import fetch_rows
from promptlib.autogenerate.dialect import quote_name, stable_spelling
from promptlib.autogenerate.write.table_extras import (
    read_column_extras,
    read_extras,
    read_lost_extras,
)
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor as Cursor

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attcollation <> t.typcollation
            THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid, true), a.attgenerated, a.attidentity,
    col_description(a.attrelid, a.attnum), t.typcategory,
    EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = a.attrelid AND a.attnum = ANY (indkey) AND indisunique
    ),
    EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = a.attrelid AND a.attnum = ANY (conkey) AND contype IN ('c', 'f', 'x')
    ),
    (
        SELECT conname FROM pg_catalog.pg_constraint
        WHERE conrelid = a.attrelid AND contype = 'n' AND conkey[1] = a.attnum
            AND conname <> pg_catalog.concat(r.relname, '_', a.attname, '_not_null')::name
    ),
    s.seqrelid::regclass::text, format_type(s.seqtypid, NULL), s.seqincrement, s.seqstart,
    s.seqmin, s.seqmax, s.seqcache, s.seqcycle
FROM pg_attribute a
JOIN pg_class r ON r.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
LEFT JOIN (
    pg_depend o JOIN pg_sequence s ON o.classid = 'pg_class'::regclass AND s.seqrelid = o.objid
) ON o.refclassid = 'pg_class'::regclass
    AND (o.refobjid, o.refobjsubid) = (a.attrelid, a.attnum) AND o.deptype IN ('a', 'i')
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""
_CONSTRAINTS = """
SELECT conname, contype, pg_get_constraintdef(oid, true), convalidated,
    obj_description(oid, 'pg_constraint')
FROM pg_constraint
WHERE conrelid = to_regclass(%s) AND contype IN ('p', 'u', 'c', 'x', 'f')
ORDER BY array_position('{p,u,c,x,f}', contype::text), conname"""
_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid, 0, true), 'INDEX ' || indexrelid::regclass,
    obj_description(indexrelid, 'pg_class')
FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(%s)
    AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid
            AND contype IN ('p', 'u', 'x')
    )"""
_TABLE = """
SELECT c.relpersistence = 'u', array_to_string(c.reloptions, ', '), obj_description(c.oid),
    CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END
FROM pg_class c WHERE c.oid = to_regclass(%s)"""
_TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_UUID = "gen_random_uuid()"
# What rows get in a NOT NULL column that comes back without its values: by the type, or by the
# letter of its category.
_FILLERS = dict.fromkeys(_TIMES, "'epoch'") | {
    "json": "'{}'",
    "jsonb": "'{}'",
    "bytea": "''",
    "uuid": _UUID,
    "A": "'{}'",
    "B": "false",
    "N": "0",
    "S": "''",
    "T": "'0'",
}
_SHORT = re.compile(r"\((?:[12]?\d|3[0-5])\)")  # texts with no room for a UUID
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
# What can be said of a sequence: in SQL, and what it is when nothing is said.
SEQUENCE_OPTIONS = {
    "increment": ("INCREMENT BY {}", 1),
    "start": ("START WITH {}", 1),
    "minvalue": ("MINVALUE {}", 1),
    "maxvalue": ("MAXVALUE {}", None),
    "cache": ("CACHE {}", 1),
    "cycle": ("CYCLE", False),
}


class ColumnSequence(NamedTuple):
    """What gives a column its numbers; `name` is as SQL has it."""

    name: str
    type: str
    increment: int
    start: int
    minvalue: int
    maxvalue: int
    cache: int
    cycle: bool

    @property
    def unusual_options(self) -> list[str]:
        """The options that are not as PostgreSQL would have them for this type."""
        usual = {name: value for name, (_, value) in SEQUENCE_OPTIONS.items()}
        usual["maxvalue"] = _LARGEST[self.type]
        return [name for name, value in usual.items() if getattr(self, name) != value]

    @property
    def options_sql(self) -> str:
        """These, as SQL has them."""
        return "".join(
            f" {SEQUENCE_OPTIONS[name][0].format(getattr(self, name))}"
            for name in self.unusual_options
        )


class TableColumn(NamedTuple):
    """A column: `is_unique` where no two rows may have a value, `is_bound` where rules apply.

    `not_null` is the name of its NOT NULL, where that is not the usual one; `extras` are statements
    that come behind all others.
    """

    table: str
    name: str
    type: str
    is_required: bool
    default: str | None
    generated: str
    identity: str
    comment: str | None
    category: str
    is_unique: bool
    is_bound: bool
    not_null: str | None
    sequence: ColumnSequence | None
    extras: Sequence[str] = ()

    @property
    def sql(self) -> str:
        """Its definition."""
        return self._definition(self.default)

    def _definition(self, default: str | None) -> str:
        parts = [quote_name(self.name), self.type]
        if self.generated:
            kind = "STORED" if self.generated == "s" else "VIRTUAL"
            parts.append(f"GENERATED ALWAYS AS ({stable_spelling(default or '')}) {kind}")
        elif self.identity and self.sequence:
            kind = "ALWAYS" if self.identity == "a" else "BY DEFAULT"
            options = f"SEQUENCE NAME {self.sequence.name}{self.sequence.options_sql}"
            parts.append(f"GENERATED {kind} AS IDENTITY ({options})")
        elif default is not None:
            parts.append(f"DEFAULT {default}")
        if self.is_required:
            parts += [f"CONSTRAINT {quote_name(self.not_null)}"] if self.not_null else []
            parts.append("NOT NULL")
        return " ".join(parts)

    @property
    def statements_before(self) -> list[str]:
        """What its default needs."""
        if self.sequence is None or self.identity:
            return []
        found = self.sequence
        return [f"CREATE SEQUENCE {found.name} AS {found.type}{found.options_sql}"]

    @property
    def statements_after(self) -> list[str]:
        """What stands in statements of its own."""
        name, found = f"{self.table}.{quote_name(self.name)}", []
        if self.sequence and not self.identity:
            found.append(f"ALTER SEQUENCE {self.sequence.name} OWNED BY {name}")
        return [*found, *_comment_statements(f"COLUMN {name}", self.comment), *self.extras]

    @property
    def filler(self) -> str | None:
        """What rows get that are there when the column comes back; None, where they need nothing.

        Empty, where only the author can say what they may get.
        """
        if not self.is_required or self.default or self.identity:
            return None
        if self.is_bound:
            return ""
        return filler_expression(self.type, self.category, is_unique=self.is_unique)

    @property
    def statements_to_add(self) -> list[str]:
        """The statements that put it back."""
        alter = f"ALTER TABLE {self.table}"
        filler = self.filler
        added = [f"{alter} ADD COLUMN {self._definition(filler or self.default)}"]
        if filler:
            added.append(f"{alter} ALTER COLUMN {quote_name(self.name)} DROP DEFAULT")
        return [*self.statements_before, *added, *self.statements_after]


def filler_expression(type_: str, category: str, *, is_unique: bool) -> str:
    """An expression for rows that are there; empty, where only the author can say.

    Args:
        type_: of the column, as the server spells it.
        category: the type's, pg_type's letter.
        is_unique: whether no two rows may have the same.
    """
    found = _FILLERS.get(type_) or _FILLERS.get(category, "")
    if is_unique and category == "S" and not _SHORT.search(type_):
        found = _UUID
    return "" if is_unique and found != _UUID else found


class TableConstraint(NamedTuple):
    """A constraint; `kind` is pg_constraint's letter."""

    name: str
    kind: str
    sql: str
    is_checked: bool
    comment: str | None


class ExistingTable(NamedTuple):
    """A table of the database, by its name as SQL has it.

    Attributes:
        extras: the statements that bring back what is set for it, in the end.
        lost: what nothing brings back.
    """

    name: str
    columns: dict[str, TableColumn]
    constraints: dict[str, TableConstraint]
    indexes: dict[str, list[str]]
    extras: list[str]
    lost: list[str]
    is_unlogged: bool
    options: str | None
    comment: str | None
    partitioned_by: str | None

    @property
    def statements_to_create(self) -> list[str]:
        """The statements that make it again, but for foreign keys, indexes and triggers."""
        inline = [
            f"CONSTRAINT {quote_name(one.name)} {one.sql}"
            for one in self.constraints.values()
            if one.kind != "f" and one.is_checked
        ]
        columns = self.columns.values()
        lines = ",\n".join(f"    {line}" for line in [*(one.sql for one in columns), *inline])
        unlogged = "UNLOGGED " if self.is_unlogged else ""
        options = f" PARTITION BY {self.partitioned_by}" if self.partitioned_by else ""
        options += f" WITH ({self.options})" if self.options else ""
        return [
            *(sql for one in columns for sql in one.statements_before),
            f"CREATE {unlogged}TABLE {self.name} (\n{lines}\n){options}",
            *_comment_statements(f"TABLE {self.name}", self.comment),
            *(sql for one in columns for sql in one.statements_after),
            *(
                sql
                for one in self.constraints.values()
                if one.kind != "f"
                for sql in self.statements_to_add(one)[one.is_checked :]
            ),
        ]

    def statements_to_add(self, constraint: TableConstraint) -> list[str]:
        """The statements that put a constraint back."""
        name = quote_name(constraint.name)
        return [
            f"ALTER TABLE {self.name} ADD CONSTRAINT {name} {constraint.sql}",
            *_comment_statements(f"CONSTRAINT {name} ON {self.name}", constraint.comment),
        ]


def _comment_statements(what: str, comment: str | None) -> list[str]:
    return [] if comment is None else [f"COMMENT ON {what} IS {quote_literal(comment)}"]


def read_existing_table(cursor: Cursor, name: str) -> ExistingTable | None:
    """Read a table, by its name as SQL has it; None, if there is none."""
    facts = fetch_rows(cursor, _TABLE, name)
    if not facts:
        return None
    width = len(TableColumn._fields) - 3  # those behind the table; the sequence has the rest
    extras = read_column_extras(cursor, name)
    columns = [
        TableColumn._make(
            (
                name,
                *row[:width],
                ColumnSequence(*row[width:]) if row[width] else None,
                extras.get(row[0], ()),
            )
        )
        for row in fetch_rows(cursor, _COLUMNS, name)
    ]
    constraints = [TableConstraint(*row) for row in fetch_rows(cursor, _CONSTRAINTS, name)]
    return ExistingTable(
        name,
        {one.name: one for one in columns},
        {one.name: one._replace(sql=stable_spelling(one.sql)) for one in constraints},
        {
            index: [stable_spelling(sql), *_comment_statements(what, comment)]
            for index, sql, what, comment in fetch_rows(cursor, _INDEXES, name)
        },
        read_extras(cursor, name),
        read_lost_extras(cursor, name),
        *facts[0],
    )
