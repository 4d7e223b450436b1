"""The rows of a database, all of them: for scratch databases, whose tables are small."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import psycopg2

from promptlib.postgres.search_path import TRUSTED_PATH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

TableRows = dict[str, Counter[str]]
# Every name that is read is qualified; compiling such queries takes longer than running them.
QUALIFIED = f"{TRUSTED_PATH} SET LOCAL jit = off;"
_AS_USUAL = "SET LOCAL search_path TO DEFAULT;"  # for the bodies of triggers
# Columns are sorted, so that their order does not matter; jsonb, which sorts too, does not take all
# that a column of type json may hold.
_TABLES = """
    SELECT c.oid::bigint, c.oid::regclass::text, pg_relation_filenode(c.oid),
           CASE relkind WHEN 'r' THEN format(
               'SELECT %%s, to_json(t.*)::text FROM (SELECT %%s FROM ONLY %%s) t', c.oid,
               (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
                 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), c.oid::regclass)
           ELSE '' END,
           ARRAY(SELECT attname::text FROM pg_constraint
                   JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
                  WHERE conrelid = c.oid AND contype = 'p')
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'm') AND relpersistence <> 't'
       AND nspname <> 'information_schema' AND nspname !~ '^pg_'
       AND (%s OR c.oid = ANY (%s::oid[]))
"""
_ALIKE = 20  # rows that are looked at to find the most similar one
_TOGETHER = 40  # tables that one query reads: it locks them, and all of their indexes
# The server writes these too: 19 is a row's trigger (1), before (2) an UPDATE (16).
_UPDATE = """
    SELECT format('SELECT pg_catalog.to_json(t.*)::pg_catalog.text FROM ONLY %%s t',
                  attrelid::regclass),
           format('UPDATE ONLY %%s SET %%s', attrelid::regclass,
                  string_agg(format('%%1$I = %%1$I', attname), ', '))
      FROM pg_attribute
     WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
       AND attrelid IN (SELECT tgrelid FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 19 = 19)
       AND attrelid = to_regclass(%s)
     GROUP BY attrelid
"""


class Table(NamedTuple):
    """A table or materialized view.

    Attributes:
        name: with its schema.
        file: its file's number: one that is written anew gets another.
        query: that reads its rows, behind its number; nothing where it has none of its own.
        key: the columns of its primary key.
    """

    name: str
    file: int | None
    query: str
    key: list[str]

    @property
    def shown(self) -> str:
        """Its name, without the schema that most tables are in."""
        return self.name.removeprefix("public.")


def read_tables(connection: Connection, only: Collection[int] | None = None) -> dict[int, Table]:
    """Read which tables there are, by their numbers, which a rename does not change.

    Args:
        connection: in no transaction, and in none afterwards.
        only: the numbers of those to read; None: all.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(QUALIFIED + _TABLES, (only is None, [*(only or ())]))
        return {number: Table(*table) for number, *table in cursor}


def read_rows(connection: Connection, tables: Mapping[int, Table]) -> dict[int, Counter[str]]:
    """Read the rows of tables, by their numbers, as JSON.

    Args:
        connection: in no transaction, and in none afterwards.
        tables: to read.
    """
    found: dict[int, Counter[str]] = {}
    queries = [table.query for table in tables.values() if table.query]
    for start in range(0, len(queries), _TOGETHER):
        with connection, connection.cursor() as cursor:
            cursor.execute(QUALIFIED + " UNION ALL ".join(queries[start : start + _TOGETHER]))
            for number, row in cursor:
                found.setdefault(number, Counter())[row] += 1
    return found


def row_counts(rows: TableRows) -> dict[str, int]:
    """How many rows each table has that has any."""
    return {table: sum(found.values()) for table, found in rows.items()}


def columns_set_by_triggers(
    connection: Connection, tables: Iterable[str], keys: Mapping[str, list[str]]
) -> dict[str, set[str]]:
    """The columns of tables that a trigger changes with every UPDATE: `updated_at`, mostly.

    Where a trigger refuses, nobody knows.

    Args:
        connection: in no transaction, and in none afterwards: what is tried is rolled back.
        tables: those to look at, by their qualified names.
        keys: the columns of their primary keys.
    """
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            try:
                found[table] = _set_by_triggers(cursor, table, keys)
            except psycopg2.Error:
                found[table] = set()
            finally:
                connection.rollback()
    return found


def _set_by_triggers(cursor: Cursor, table: str, keys: Mapping[str, list[str]]) -> set[str]:
    cursor.execute(QUALIFIED + _UPDATE, (table,))
    if not (queries := cursor.fetchone()):
        return set()
    select, update = queries
    before, after = (
        {table: _column_of(cursor, query)} for query in (_AS_USUAL + select, f"{update}; {select}")
    )
    return set().union(*_compare_table(before, after, table, keys).changed)


def _column_of(cursor: Cursor, query: str) -> Counter[str]:
    cursor.execute(query)
    return Counter(value for (value,) in cursor)


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
        keys: the columns of primary keys; in a table without one, as many rows count as changed
            as can.
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
    both = lost.keys() & added.keys()
    changed = [_changed_columns(lost[each], added[each]) for each in both]
    changed += _pair_up(
        [row for each, row in lost.items() if each not in both],
        [row for each, row in added.items() if each not in both],
    )
    return _TableComparison(len(lost) - len(changed), len(added) - len(changed), changed)


def _pair_up(
    lost: Sequence[Mapping[str, object]], added: Sequence[Mapping[str, object]]
) -> Iterator[set[str]]:
    """What differs between rows that have another key now and what they were, most likely."""
    left = [*added]
    for row in lost[: len(added)]:
        # Of many the next one is as likely as any.
        differing = [_changed_columns(row, other) for other in left[:_ALIKE]]
        fewest = min(differing, key=len)
        del left[differing.index(fewest)]
        yield fewest


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
