"""Which objects a transaction has changed, asked before it is committed.

Every row of a catalog that it wrote has its number, so those are found; on what it removed it holds
a lock until it ends, and on each table whose rows it wrote. What depends on something that has
another name or shape now reads otherwise, too: a view of a column that was renamed.

That holds for tables and what is on them, for routines and types: what nearly all migrations
change. As soon as anything else is concerned, everything may have changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.verify.rows import QUALIFIED

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

# For each catalog that is followed, the object that a row belongs to. The first ones give objects
# their names and shapes: what depends on them is another one with them.
_SHAPES = {
    "pg_class": "'pg_class'::regclass, oid",
    "pg_attribute": "'pg_class'::regclass, attrelid",
    "pg_proc": "'pg_proc'::regclass, oid",
    "pg_type": "'pg_type'::regclass, oid",
    "pg_enum": "'pg_type'::regclass, enumtypid",
    "pg_range": "'pg_type'::regclass, rngtypid",
}
_PARTS = {
    "pg_aggregate": "'pg_proc'::regclass, aggfnoid",
    "pg_attrdef": "'pg_class'::regclass, adrelid",
    "pg_constraint": "'pg_constraint'::regclass, oid",
    "pg_depend": "classid, objid",
    "pg_description": "classoid, objoid",
    "pg_foreign_table": "'pg_class'::regclass, ftrelid",
    "pg_index": "'pg_class'::regclass, indexrelid",
    "pg_inherits": "'pg_class'::regclass, inhrelid",
    "pg_partitioned_table": "'pg_class'::regclass, partrelid",
    "pg_policy": "'pg_policy'::regclass, oid",
    "pg_rewrite": "'pg_rewrite'::regclass, oid",
    "pg_sequence": "'pg_class'::regclass, seqrelid",
    "pg_statistic_ext": "'pg_statistic_ext'::regclass, oid",
    "pg_trigger": "'pg_trigger'::regclass, oid",
}
# Nothing is read from these: what roles may do stands elsewhere, too; what ANALYZE has found out,
# and large objects, are no part of a schema.
_UNREAD = {
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_shdepend",
    "pg_statistic",
    "pg_statistic_ext_data",
}
_FOLLOWED = {*_SHAPES, *_PARTS, *_UNREAD}
# The catalogs of objects that can be read by their number, alone or with their table.
_READ = {
    "pg_attrdef",
    "pg_class",
    "pg_constraint",
    "pg_policy",
    "pg_proc",
    "pg_publication_rel",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_trigger",
    "pg_type",
}
_DEPENDS = "pg_depend"  # commands write it too, and with it what depends
# Constraint triggers that wait for the end have their turn now. What is set ends with the
# transaction.
_AT_THE_END = f"SET CONSTRAINTS ALL IMMEDIATE; {QUALIFIED}"
_HELD = """pg_locks
     WHERE pid = pg_backend_pid() AND granted AND mode NOT IN ('AccessShareLock', 'RowShareLock')"""
# Planning what asks for them takes longer than running it, so a connection does that once.
_PREPARED = "promptlib_changes"
# From 16384 on numbers are not the server's own (FirstNormalObjectId in its source).
_TOUCHED = f"""
    SELECT pg_current_xact_id_if_assigned() IS NOT NULL, current_setting('track_counts') = 'on',
           ARRAY(SELECT relname::text FROM pg_class
                  WHERE oid < 16384 AND relkind = 'r'
                    AND (pg_stat_get_xact_tuples_inserted(oid) > 0
                         OR pg_stat_get_xact_tuples_updated(oid) > 0
                         OR pg_stat_get_xact_tuples_deleted(oid) > 0)),
           ARRAY(SELECT relname::text FROM pg_class WHERE oid IN (
                     SELECT relation FROM {_HELD} AND locktype = 'relation' AND relation < 16384)
                    AND (relkind = 'i' OR relname = '{_DEPENDS}')),
           EXISTS (SELECT FROM pg_prepared_statements WHERE name = '{_PREPARED}')
"""
# What was counted stays to be read for a second, unless it is handed over at once.
_HAND_OVER = "SELECT pg_stat_force_next_flush();"
_HAND_OVER_SINCE = 150000
_PREPARE = f"""
    PREPARE {_PREPARED} (text[]) AS
    WITH RECURSIVE shape (class, number) AS (
        SELECT * FROM ({{shapes}}) changed
         UNION
        SELECT next.* FROM shape, LATERAL (
            SELECT classid, objid FROM pg_depend WHERE refclassid = class AND refobjid = number
             UNION ALL -- the columns of a composite type belong to a relation, which depends on it
            SELECT 'pg_type'::regclass, reltype FROM pg_class
             WHERE class = 'pg_class'::regclass AND oid = number AND relkind = 'c') next
    ), concerned (class, number) AS (
        SELECT class, number FROM shape
         UNION SELECT * FROM ({{parts}}) changed
         UNION SELECT 'pg_class'::regclass, relation FROM {_HELD}
                  AND locktype = 'relation' AND relation >= 16384
         UNION SELECT classid, objid FROM {_HELD} AND locktype = 'object' AND database <> 0
    ), read (class, number) AS (
        SELECT class, number FROM concerned
         UNION SELECT class, adrelid FROM concerned
                 JOIN pg_attrdef ON class = 'pg_attrdef'::regclass AND oid = number
         UNION SELECT class, unnest(ARRAY[conrelid, contypid]) FROM concerned
                 JOIN pg_constraint ON class = 'pg_constraint'::regclass AND oid = number
         UNION SELECT class, polrelid FROM concerned
                 JOIN pg_policy ON class = 'pg_policy'::regclass AND oid = number
         UNION SELECT class, ev_class FROM concerned
                 JOIN pg_rewrite ON class = 'pg_rewrite'::regclass AND oid = number
         UNION SELECT class, tgrelid FROM concerned
                 JOIN pg_trigger ON class = 'pg_trigger'::regclass AND oid = number
                      AND NOT tgisinternal -- as those of a foreign key are
    ), parents (number) AS (
        -- The rows of a partition are its parent's.
        SELECT number FROM read WHERE number <> 0
         UNION SELECT inhparent FROM parents JOIN pg_inherits ON inhrelid = number
    )
    SELECT ARRAY(SELECT DISTINCT class::regclass::text FROM read),
           ARRAY(SELECT number::bigint FROM parents);
"""
_EXECUTE = f"SET LOCAL plan_cache_mode = force_generic_plan; EXECUTE {_PREPARED} (%s)"


def changed_objects(cursor: Cursor) -> set[int] | None:
    """The numbers of what a transaction has changed, and of what is gone; None: of anything.

    Args:
        cursor: in that transaction, which is committed next.

    Raises:
        psycopg2.Error: when what is left to do at the end of the transaction fails.
    """
    since = cursor.connection.server_version >= _HAND_OVER_SINCE
    cursor.execute(_AT_THE_END + (_HAND_OVER if since else "") + _TOUCHED)
    wrote, counted, touched, held, planned = cursor.fetchone() or (True, False, [], [], False)
    if not wrote:
        return set()
    # A command lets go of the indexes of a catalog; a statement of the author's keeps them.
    if not counted or {*touched} - _FOLLOWED or {*held} - {_DEPENDS}:
        return None
    if not planned:
        cursor.execute(_PREPARE.format(shapes=_written(_SHAPES), parts=_written(_PARTS)))
    cursor.execute(_EXECUTE, ([*({*touched} - ({_DEPENDS} - {*held}))],))
    ((classes, numbers),) = cursor.fetchall()
    return None if {*classes} - _READ else {*numbers}


def _written(catalogs: dict[str, str]) -> str:
    """The objects that rows of the transaction belong to: its number is 0 transactions old.

    Of an equation the planner expects few rows; of `<=` a third of all, and memory for those.
    """
    return " UNION ALL ".join(
        f"SELECT {owner} FROM {catalog} WHERE '{catalog}' = ANY ($1) AND greatest(age(xmin), 0) = 0"
        for catalog, owner in catalogs.items()
    )
