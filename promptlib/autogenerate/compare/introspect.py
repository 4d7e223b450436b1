"""A table as the server spells it: its columns, rules and indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from promptlib.postgres.search_path import CATALOG_AS_BEFORE, CATALOG_FIRST, resolved_apart

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_COLUMNS = """
SELECT a.attname,
    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation
        THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
    a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped"""
_CONSTRAINTS = """
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = to_regclass(%s) AND contype IN ('c', 'f', 'p', 'u', 'x')"""
_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(%s)
    AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid
            AND contype IN ('p', 'u', 'x')
    )"""
# What goes with a column, and the statement that makes it again.
_DEPENDENTS = """
SELECT a.attname, coalesce(con.conname, ind.relname),
    coalesce(pg_get_indexdef(ind.oid, 0, true), format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
        con.conrelid::regclass, con.conname, pg_get_constraintdef(con.oid, true)))
FROM pg_depend d
JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
LEFT JOIN pg_constraint con ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
LEFT JOIN pg_class ind
    ON d.classid = 'pg_class'::regclass AND ind.oid = d.objid AND ind.relkind IN ('i', 'I')
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s)
    AND (con.conrelid = d.refobjid AND con.contype <> 'n' OR ind.oid IS NOT NULL)
ORDER BY 2"""
# What the model does not say of a rule, or says otherwise.
_HOW_CHECKED = re.compile(r"(?: NO INHERIT)?(?P<unchecked> NOT VALID| NOT ENFORCED)?\Z")
_RULES, _KEYS = ("c", "x"), ("p", "u")  # pg_constraint's letters
_INDEX_HEAD = re.compile(r"CREATE (UNIQUE )?INDEX .+? USING ", re.DOTALL)


class SpelledColumn(NamedTuple):
    """A column: its type with the collation, how it is generated, its default or expression."""

    type: str
    generated: str
    default: str | None


class TableFacts(NamedTuple):
    """What the server says of a table.

    Attributes:
        columns: by name.
        constraints: CHECK and EXCLUDE, by name.
        keys: PRIMARY KEY and UNIQUE, by name.
        unchecked: ` NOT VALID` or ` NOT ENFORCED`, by the constraints that are.
        indexes: those behind no constraint, from the access method on, by name.
        dependents: what makes again the constraints and indexes that go with a column, by its name.
    """

    columns: dict[str, SpelledColumn]
    constraints: dict[str, str]
    keys: dict[str, str]
    unchecked: dict[str, str]
    indexes: dict[str, str]
    dependents: dict[str, dict[str, str]]


def fetch_rows(cursor: Cursor, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query, in whose transaction it runs."""
    cursor.execute(resolved_apart(query), values)
    return cursor.fetchall()


def fetch_definitions(cursor: Cursor, query: str, relation: str) -> list[tuple[Any, ...]]:
    """Those of one that asks for rules or views, which the server looks up by SQL of its own."""
    cursor.execute(CATALOG_FIRST + resolved_apart(query), (relation,))
    rows = cursor.fetchall()
    cursor.execute(CATALOG_AS_BEFORE)
    return rows


def read_table_facts(cursor: Cursor, relation: str) -> TableFacts:
    """Ask the server for a table, by its quoted name."""
    dependents: dict[str, dict[str, str]] = {}
    for column, user, sql in fetch_rows(cursor, _DEPENDENTS, relation):
        dependents.setdefault(column, {})[user] = sql
    constraints = fetch_rows(cursor, _CONSTRAINTS, relation)
    unchecked = {
        name: match["unchecked"]
        for name, _, text in constraints
        if (match := _HOW_CHECKED.search(text)) and match["unchecked"]
    }
    return TableFacts(
        {name: SpelledColumn(*values) for name, *values in fetch_rows(cursor, _COLUMNS, relation)},
        {
            name: _HOW_CHECKED.sub("", text, count=1)
            for name, kind, text in constraints
            if kind in _RULES
        },
        {name: text for name, kind, text in constraints if kind in _KEYS},
        unchecked,
        {
            name: _INDEX_HEAD.sub(r"\1", text, count=1)
            for name, text in fetch_rows(cursor, _INDEXES, relation)
        },
        dependents,
    )
