"""The rows of a database, all of them: for scratch databases, whose tables are small."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

TableRows = dict[str, Counter[str]]
# The server writes the query that reads every table. Columns are sorted, so that their order does
# not matter; jsonb, which sorts too, does not take all that a column of type json may hold.
_QUERY = """
    SELECT string_agg(format(
               'SELECT %L, to_json(t.*)::text FROM (SELECT %s FROM ONLY %s) t', oid::regclass,
               (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
                 WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped),
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
# The server writes it too: 19 is a row's trigger (1), before (2) an UPDATE (16).
_UPDATES = """
    SELECT string_agg(query, '; ') FROM (
        SELECT format('UPDATE ONLY %s SET %s', attrelid::regclass,
                      string_agg(format('%1$I = %1$I', attname), ', ')) AS query
          FROM pg_attribute
         WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
           AND attrelid IN (SELECT tgrelid FROM pg_trigger
                             WHERE NOT tgisinternal AND tgtype & 19 = 19)
         GROUP BY attrelid) each
"""


def read_rows(cursor: Cursor) -> TableRows:
    """Read the rows of every table, by its name, as JSON.

    Args:
        cursor: with the trusted search_path, so that every name is qualified.
    """
    cursor.execute(_QUERY)
    (query,) = cursor.fetchone() or (None,)
    found: TableRows = {}
    if query:
        cursor.execute(query)
        for table, row in cursor:
            found.setdefault(table, Counter())[row] += 1
    return found


def primary_keys(cursor: Cursor) -> dict[str, list[str]]:
    """The columns of each table's primary key."""
    cursor.execute(_KEYS)
    return dict(cursor.fetchall())


def row_counts(rows: TableRows) -> dict[str, int]:
    """How many rows each table has that has any."""
    return {table: sum(found.values()) for table, found in rows.items()}


def columns_set_by_triggers(cursor: Cursor, keys: Mapping[str, list[str]]) -> dict[str, set[str]]:
    """The columns of each table that a trigger changes with every UPDATE: `updated_at`, mostly.

    Args:
        cursor: in a transaction that is rolled back afterwards, with the trusted search_path.
        keys: from `primary_keys`.

    Raises:
        psycopg2.Error: when a trigger refuses.
    """
    before = read_rows(cursor)
    cursor.execute(_UPDATES)
    (query,) = cursor.fetchone() or (None,)
    if not query:
        return {}
    cursor.execute(query)
    after = read_rows(cursor)
    return {
        table: set().union(*_compare_table(before, after, table, keys).changed) for table in before
    }


def row_differences(
    before: TableRows,
    after: TableRows,
    keys: Mapping[str, list[str]],
    touched: Mapping[str, set[str]],
) -> Iterator[str]:
    """Say of each table how many rows are lost, left over or changed, and in which columns.

    Args:
        before: what was there.
        after: what is there now.
        keys: from `primary_keys`; in a table without one, as many rows count as changed as can.
        touched: from `columns_set_by_triggers`: columns of each table whose changes do not count.
    """
    for table in sorted(before.keys() | after.keys()):
        gone, new, changed = _compare_table(before, after, table, keys)
        counted = [each for names in changed if (each := names - touched.get(table, set()))]
        if gone:
            yield f"- {table}: {_count_text(gone)}"
        if new:
            yield f"+ {table}: {_count_text(new)}"
        if counted:
            names = ", ".join(sorted(set().union(*counted)))
            yield f"! {table}: {_count_text(len(counted))} changed in {names}"


class _TableComparison(NamedTuple):
    """How many rows of a table are lost and left over; and of each changed one, the columns."""

    gone: int
    new: int
    changed: list[set[str]]


def _compare_table(
    before: TableRows, after: TableRows, table: str, keys: Mapping[str, list[str]]
) -> _TableComparison:
    was, now = (side.get(table, Counter()) for side in (before, after))
    key = keys.get(table)
    lost, added = _rows_by_key(was - now, key), _rows_by_key(now - was, key)
    changed = [_changed_columns(lost[each], added[each]) for each in lost.keys() & added.keys()]
    return _TableComparison(len(lost) - len(changed), len(added) - len(changed), changed)


def _rows_by_key(rows: Counter[str], key: list[str] | None) -> dict[str, dict[str, object]]:
    """Rows by what tells them apart: their key, or a number."""
    found = [json.loads(row, parse_float=str) for row in sorted(rows.elements())]
    if not key:
        return {str(number): row for number, row in enumerate(found)}
    return {json.dumps([row.get(name) for name in key]): row for row in found}


def _changed_columns(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _count_text(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
