"""What has to be known of a table to insert rows into it: columns, references, constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.verify.rows import QUALIFIED
from promptlib.verify.sample_values import SampleColumn

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_TABLES = """
    SELECT c.oid::regclass::text,
           (SELECT json_agg(json_build_object(
                'name', quote_ident(attname), 'type', (
                    -- Only what is no word of SQL's grammar is looked up in the search_path.
                    SELECT CASE WHEN EXISTS (SELECT FROM pg_type own
                                             WHERE own.oid IN (t.oid, t.typelem)
                                               AND own.typnamespace = 'pg_catalog'::regnamespace
                                               -- boolean is no bool
                                               AND spelled ~ concat('^', quote_ident(own.typname),
                                                                    '(?![a-z])'))
                                THEN 'pg_catalog.' ELSE '' END || spelled
                      FROM format_type(atttypid, atttypmod) spelled),
                'base', base.typname, 'category', base.typcategory,
                'labels', ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = base.oid
                                 ORDER BY enumsortorder),
                'required', attnotnull OR t.typnotnull,
                'has_default', atthasdef OR attidentity <> '' OR t.typdefault IS NOT NULL,
                -- What else it has to hold for: indexed expressions, and partitions.
                'checks', ARRAY(
                    SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
                     WHERE contype = 'c' AND (conrelid = c.oid AND attnum = ANY (conkey)
                                              OR contypid = t.oid)
                    UNION ALL
                    SELECT pg_get_expr(indexprs, indrelid) FROM pg_index
                      JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = indexrelid
                     WHERE indrelid = c.oid AND indexprs IS NOT NULL AND refobjid = c.oid
                       AND refobjsubid = attnum
                    UNION ALL
                    SELECT bounds FROM pg_inherits
                      JOIN pg_partitioned_table ON partrelid = inhparent,
                      LATERAL pg_get_partition_constraintdef(inhrelid) bounds
                     -- A partition for all the rest has none where it is alone.
                     WHERE inhparent = c.oid AND attnum = ANY (partattrs)
                       AND bounds IS NOT NULL)) ORDER BY attnum)
              FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
              JOIN pg_type base ON base.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
               AND attgenerated = '' AND attidentity <> 'a'),
           (SELECT coalesce(json_agg(json_build_array(
                ARRAY(SELECT quote_ident(attname) FROM unnest(conkey) WITH ORDINALITY u(key, place)
                        JOIN pg_attribute ON attrelid = conrelid AND attnum = key ORDER BY place),
                confrelid::regclass::text,
                ARRAY(SELECT quote_ident(attname) FROM unnest(confkey) WITH ORDINALITY u(key, place)
                        JOIN pg_attribute ON attrelid = confrelid AND attnum = key ORDER BY place))
                ORDER BY conname), '[]')
              FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f'),
           (SELECT coalesce(json_object_agg(name, columns), '{}') FROM (
                SELECT conname AS name, ARRAY(SELECT quote_ident(attname) FROM pg_attribute
                        WHERE attrelid = c.oid AND attnum = ANY (conkey)) AS columns
                  FROM pg_constraint WHERE conrelid = c.oid
                UNION ALL
                -- What is refused where there is no partition has no name.
                SELECT '', ARRAY(SELECT quote_ident(attname) FROM pg_attribute
                        WHERE attrelid = c.oid AND attnum = ANY (partattrs))
                  FROM pg_partitioned_table WHERE partrelid = c.oid
                UNION ALL
                -- The columns of its key, its expressions and its predicate.
                SELECT i.relname, ARRAY(SELECT DISTINCT quote_ident(attname) FROM pg_depend
                        JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                       WHERE classid = 'pg_class'::regclass AND objid = i.oid AND refobjid = c.oid)
                  FROM pg_index JOIN pg_class i ON i.oid = indexrelid
                 WHERE indrelid = c.oid AND indisunique
                   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid)) AS named),
           ARRAY(SELECT DISTINCT quote_ident(attname) FROM pg_index
                   JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                  WHERE indrelid = c.oid AND (indisunique OR indisexclusion)),
           ARRAY(SELECT concat(pg_get_triggerdef(t.oid), tgenabled, md5(prosrc)) FROM pg_trigger t
                   JOIN pg_proc ON pg_proc.oid = tgfoid
                  WHERE tgrelid = c.oid AND NOT tgisinternal ORDER BY tgname)
      FROM pg_class c WHERE oid = ANY (%s::oid[])
     ORDER BY c.oid::regclass::text
"""
# The server writes the query that counts the rows of some tables, for each of these runs of them:
# a query holds a lock on every table and index that it reads.
_COUNTS = """
    SELECT string_agg(format('SELECT %%s::oid, %%L, count(*) FROM (SELECT FROM %%s LIMIT %%s) t',
                             oid, name, name, %s), ' UNION ALL ')
      FROM (SELECT c.oid, c.oid::regclass::text AS name,
                   row_number() OVER (ORDER BY c.oid::regclass::text) AS number
              FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE (%s OR c.oid = ANY (%s::oid[])
                       OR c.oid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) name))
               AND relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
               AND nspname <> 'information_schema' AND nspname !~ '^pg_') numbered
     GROUP BY number / %s ORDER BY number / %s
"""
_TOGETHER = 40  # tables that one query counts


class Reference(NamedTuple):
    """A foreign key: columns that hold those of another table's row."""

    columns: list[str]
    table: str
    others: list[str]


class SampleTable(NamedTuple):
    """What is known of a table. All names are quoted where they have to be.

    Attributes:
        name: with its schema.
        columns: those that can be written.
        references: its foreign keys.
        constraints: the columns of each constraint and unique index, by its name; of the
            partition key, by an empty one.
        unique: the columns that tell rows apart.
        triggers: their definitions.
    """

    name: str
    columns: list[SampleColumn]
    references: list[Reference]
    constraints: dict[str, list[str]]
    unique: list[str]
    triggers: list[str]


class RowCount(NamedTuple):
    """How many rows a table has: by its number and its name."""

    oid: int
    table: str
    rows: int


def count_rows(
    connection: Connection,
    most: int,
    only: Collection[int] | None = None,
    others: Collection[str] = (),
) -> list[RowCount]:
    """Count the rows of tables that rows can be inserted into, by name.

    Args:
        connection: in no transaction, and in none afterwards.
        most: how many to count of each.
        only: the numbers of those to count; None: all.
        others: the names of more to count.
    """
    found: list[RowCount] = []
    with connection, connection.cursor() as cursor:
        chosen = (only is None, [*(only or ())], [*others])
        cursor.execute(QUALIFIED + _COUNTS, (most, *chosen, _TOGETHER, _TOGETHER))
        queries = cursor.fetchall()
    for (query,) in queries:
        with connection, connection.cursor() as cursor:
            cursor.execute(QUALIFIED + query)
            found += (RowCount(*row) for row in cursor)
    return found


def read_sample_tables(cursor: Cursor, oids: Collection[int]) -> list[SampleTable]:
    """Read what has to be known of some tables, by name.

    Args:
        cursor: with the trusted search_path, so that every name is qualified.
        oids: the numbers of the tables; those without columns are left out.
    """
    cursor.execute(_TABLES, ([*oids],))
    return [
        SampleTable(
            name,
            [SampleColumn(**each) for each in columns],
            [Reference(*each) for each in keys],
            *rest,
        )
        for name, columns, keys, *rest in cursor.fetchall()
        if columns
    ]
