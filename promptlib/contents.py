"""The rows of a database, all of them: for scratch databases, whose tables are small."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

Rows = dict[str, Counter[str]]
# The server writes the query that reads every table. jsonb has its keys in an order of its own, so
# that of the columns does not matter.
_QUERY = """
    SELECT string_agg(format('SELECT %L, to_jsonb(t)::text FROM ONLY %s t', oid::regclass,
                             oid::regclass), ' UNION ALL ')
      FROM pg_class
     WHERE relkind = 'r' AND relpersistence <> 't' AND relnamespace IN (
           SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_')
"""
_KEYS = """
    SELECT conrelid::regclass::text, array_agg(attname::text)
      FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
     WHERE contype = 'p' GROUP BY conrelid
"""


def read(cursor: Cursor) -> Rows:
    """Read the rows of every table, by its name, as JSON.

    Args:
        cursor: with an empty search_path, so that every name is qualified.
    """
    cursor.execute(_QUERY)
    (query,) = cursor.fetchone() or (None,)
    found: Rows = {}
    if query:
        cursor.execute(query)
        for table, row in cursor:
            found.setdefault(table, Counter())[row] += 1
    return found


def keys(cursor: Cursor) -> dict[str, list[str]]:
    """The columns of each table's primary key."""
    cursor.execute(_KEYS)
    return dict(cursor.fetchall())


def counts(rows: Rows) -> dict[str, int]:
    """How many rows each table has that has any."""
    return {table: sum(found.values()) for table, found in rows.items()}


def difference(before: Rows, after: Rows, keys: Mapping[str, list[str]]) -> Iterator[str]:
    """Say of each table how many rows are lost, left over or changed, and in which columns.

    Args:
        before: what was there.
        after: what is there now.
        keys: from `keys`; in a table without one, as many rows count as changed as can.
    """
    for table in sorted(before.keys() | after.keys()):
        was, now = (side.get(table, Counter()) for side in (before, after))
        lost, added = _by_key(was - now, keys.get(table)), _by_key(now - was, keys.get(table))
        changed = lost.keys() & added.keys()
        columns = sorted({name for each in changed for name in _changed(lost[each], added[each])})
        if gone := len(lost) - len(changed):
            yield f"- {table}: {_rows(gone)}"
        if new := len(added) - len(changed):
            yield f"+ {table}: {_rows(new)}"
        if changed:
            yield f"! {table}: {_rows(len(changed))} changed in {', '.join(columns)}"


def _by_key(rows: Counter[str], key: list[str] | None) -> dict[str, dict[str, Any]]:
    """Rows by what tells them apart: their key, or a number."""
    found = [json.loads(row) for row in sorted(rows.elements())]
    if not key:
        return {str(number): row for number, row in enumerate(found)}
    return {json.dumps([row.get(name) for name in key]): row for row in found}


def _changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterable[str]:
    return [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
