"""Generated columns: PostgreSQL lets no column change its type that one is computed from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptlib.autogenerate.compare.introspect import fetch_rows, read_table_facts
from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.write.table_sql import read_existing_table
from promptlib.syntax.lexemes import QUOTED_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from psycopg2.extensions import cursor as Cursor

_LAST_NAME = re.compile(rf"{QUOTED_NAME}|\w+")
_COMPUTED_FROM = """
SELECT DISTINCT g.attname
FROM pg_catalog.pg_attribute g
JOIN pg_catalog.pg_attrdef d ON d.adrelid = g.attrelid AND d.adnum = g.attnum
JOIN pg_catalog.pg_depend p
    ON p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
    OR p.classid = p.refclassid AND p.objid = g.attrelid AND p.objsubid = g.attnum
JOIN pg_catalog.pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE g.attrelid = pg_catalog.to_regclass(%s) AND g.attgenerated <> '' AND g.attnum <> a.attnum
    AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = g.attrelid
    AND a.attname = ANY (%s::name[])
ORDER BY 1"""


def computed_columns(cursor: Cursor, relation: str, sources: Iterable[str]) -> list[str]:
    """The columns of a table, by its quoted name, that are computed from some of its columns."""
    return [name for (name,) in fetch_rows(cursor, _COMPUTED_FROM, relation, list(sources))]


def remake_column(
    cursor: Cursor, relation: str, column: str, others: Collection[str]
) -> tuple[str, str]:
    """What takes a generated column away, and what brings it back with its rules and indexes.

    Args:
        cursor: on the database.
        relation: its table, by its quoted name.
        column: which.
        others: the rules and indexes that somebody else brings back.
    """
    table = read_existing_table(cursor, relation)
    assert table
    gone, back = list[str](), list(table.columns[column].statements_to_add)
    for name in read_table_facts(cursor, relation).dependents.get(column, ()):
        if name not in others:
            rule = table.constraints.get(name)
            back += table.statements_to_add(rule) if rule else table.indexes[name]
            gone.append(_drop(relation, name, is_rule=rule is not None))
    gone.append(f"ALTER TABLE {table.name} DROP COLUMN {quote_name(column)}")
    return ";\n".join(gone), ";\n".join(back)


def _drop(relation: str, name: str, *, is_rule: bool) -> str:
    """What takes away a rule or an index, in the table's schema."""
    if is_rule:
        return f"ALTER TABLE {relation} DROP CONSTRAINT {quote_name(name)}"
    table = _LAST_NAME.findall(relation)[-1]
    return f"DROP INDEX {relation.removesuffix(table)}{quote_name(name)}"
