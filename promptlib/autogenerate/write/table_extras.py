"""What a table has beside columns, constraints and indexes: the statements that bring it back.

Triggers, grants, policies, rules, statistics, what is set for columns, replication and CLUSTER.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.autogenerate.compare.introspect import fetch_definitions, fetch_rows
from promptlib.autogenerate.dialect import quote_name
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

_TRIGGERS = """
SELECT tgname, pg_catalog.pg_get_triggerdef(oid, true), tgenabled,
    pg_catalog.obj_description(oid, 'pg_trigger')
FROM pg_catalog.pg_trigger
WHERE tgrelid = pg_catalog.to_regclass(%s) AND NOT tgisinternal
ORDER BY tgname"""
_RULES = """
SELECT rulename, pg_catalog.pg_get_ruledef(oid, true), ev_enabled,
    pg_catalog.obj_description(oid, 'pg_rewrite')
FROM pg_catalog.pg_rewrite
WHERE ev_class = pg_catalog.to_regclass(%s) AND ev_type <> '1'
ORDER BY rulename"""
_FIRING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}  # tgenabled, ev_enabled
_STATISTICS = """
SELECT pg_catalog.pg_get_statisticsobjdef(oid) FROM pg_catalog.pg_statistic_ext
WHERE stxrelid = pg_catalog.to_regclass(%s) ORDER BY stxname"""
_POLICIES = """
SELECT p.polname, p.polpermissive, p.polcmd,
    ARRAY(
        SELECT coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC')
        FROM pg_catalog.unnest(p.polroles) AS o (id)
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.id ORDER BY 1
    ),
    pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_catalog.pg_policy p
WHERE p.polrelid = pg_catalog.to_regclass(%s)
ORDER BY p.polname"""
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}
_GRANTS = """
SELECT coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC'), x.is_grantable,
    CASE WHEN pg_catalog.count(*) = (
            SELECT pg_catalog.count(*)
            FROM pg_catalog.aclexplode(pg_catalog.acldefault('r', c.relowner))
        )
        THEN 'ALL' ELSE pg_catalog.string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)
    END
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) x
LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
WHERE c.oid = pg_catalog.to_regclass(%s) AND x.grantee <> c.relowner
GROUP BY r.rolname, x.is_grantable, c.relowner
ORDER BY 1, 2"""
_COLUMN_GRANTS = """
SELECT a.attname, coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC'), x.is_grantable,
    pg_catalog.array_agg(x.privilege_type ORDER BY x.privilege_type)
FROM pg_catalog.pg_attribute a
CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x
LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND NOT a.attisdropped
GROUP BY a.attnum, a.attname, r.rolname, x.is_grantable
ORDER BY a.attnum, 2, 3"""
# pg_attver is a release's own, and says nothing.
_COLUMN_SETTINGS = """
SELECT a.attname, pg_catalog.array_remove(ARRAY[
    CASE WHEN a.attstattarget >= 0 THEN pg_catalog.concat('STATISTICS ', a.attstattarget) END,
    CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
        WHEN 'p' THEN 'STORAGE PLAIN' WHEN 'e' THEN 'STORAGE EXTERNAL'
        WHEN 'm' THEN 'STORAGE MAIN' ELSE 'STORAGE EXTENDED' END END,
    CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
    (
        SELECT pg_catalog.concat('(', pg_catalog.string_agg(name, ', '), ')')
        FROM pg_catalog.unnest(a.attoptions) AS name
        WHERE NOT pg_catalog.starts_with(name, 'pg_attver=')
        HAVING pg_catalog.count(*) > 0
    )
], NULL)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped"""
_SECURITY = """
SELECT relrowsecurity, relforcerowsecurity FROM pg_catalog.pg_class
WHERE oid = pg_catalog.to_regclass(%s)"""
_REPLICATION = """
SELECT c.relreplident, (
    SELECT i.relname FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisreplident
), (
    SELECT i.relname FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisclustered
)
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s) AND c.relkind <> 'v'"""
# Parts of a table are published with conditions and columns that older servers do not know.
_WHOLE = """pg_catalog.jsonb_path_match(pg_catalog.to_jsonb(p),
    '!(exists($.prqual ? (@ != null)) || exists($.prattrs ? (@ != null)))')"""
_PUBLICATIONS = f"""
SELECT pg_catalog.quote_ident(b.pubname)
FROM pg_catalog.pg_publication_rel p
JOIN pg_catalog.pg_publication b ON b.oid = p.prpubid
WHERE p.prrelid = pg_catalog.to_regclass(%s) AND {_WHOLE}
ORDER BY 1"""
_NOT_PUT_BACK = f"""
SELECT pg_catalog.array_remove(ARRAY[
    CASE WHEN pg_catalog.pg_get_userbyid(c.relowner) <> CURRENT_USER
        THEN pg_catalog.concat('the owner ', pg_catalog.pg_get_userbyid(c.relowner)) END,
    CASE WHEN EXISTS (
        SELECT FROM pg_catalog.pg_publication_rel p WHERE p.prrelid = c.oid AND NOT {_WHOLE}
    ) THEN 'publications of parts' END,
    CASE WHEN c.reltablespace <> 0 THEN 'the tablespace' END,
    CASE WHEN EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.refobjid = c.oid AND s.relacl IS NOT NULL
            AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refclassid = d.classid
    ) THEN 'grants on sequences' END,
    CASE WHEN c.relkind = 'p' THEN (
        SELECT pg_catalog.concat(
            'partitions ', pg_catalog.string_agg(inhrelid::pg_catalog.regclass::text, ', ')
        )
        FROM pg_catalog.pg_inherits WHERE inhparent = c.oid HAVING pg_catalog.count(*) > 0
    ) END,
    CASE WHEN c.relkind = 'r' AND NOT c.relispartition AND EXISTS (
        SELECT FROM pg_catalog.pg_inherits WHERE c.oid IN (inhrelid, inhparent)
    ) THEN 'inheritance' END
], NULL)
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)"""


def read_extras(cursor: Cursor, table: str) -> list[str]:
    """The statements that bring back what a table has, by its name as SQL has it."""
    readers = (_triggers, _rules, _statistics, _security, _grants, _replication)
    return [sql for reader in readers for sql in reader(cursor, table)]


def read_lost_extras(cursor: Cursor, table: str) -> list[str]:
    """What none of these bring back, for people."""
    return [each for (found,) in fetch_rows(cursor, _NOT_PUT_BACK, table) for each in found]


def read_column_extras(cursor: Cursor, table: str) -> dict[str, list[str]]:
    """The statements that bring back what is set for columns, and granted on them, by column."""
    found: dict[str, list[str]] = {}
    for column, settings in fetch_rows(cursor, _COLUMN_SETTINGS, table):
        alter = f"ALTER TABLE {table} ALTER COLUMN {quote_name(column)}"
        found[column] = [f"{alter} SET {setting}" for setting in settings]
    for column, role, grantable, privileges in fetch_rows(cursor, _COLUMN_GRANTS, table):
        granted = ", ".join(f"{each} ({quote_name(column)})" for each in privileges)
        found[column].append(_grant(granted, table, role, grantable=grantable))
    return found


def _grant(privileges: str, table: str, role: str, *, grantable: bool) -> str:
    option = " WITH GRANT OPTION" if grantable else ""
    return f"GRANT {privileges} ON {table} TO {role}{option}"


def _triggers(cursor: Cursor, table: str) -> Iterator[str]:
    return _firing(cursor, table, "TRIGGER", _TRIGGERS)


def _rules(cursor: Cursor, table: str) -> Iterator[str]:
    return _firing(cursor, table, "RULE", _RULES)


def _firing(cursor: Cursor, table: str, kind: str, query: str) -> Iterator[str]:
    """Yield triggers or rules, each as enabled as it was."""
    for name, definition, enabled, comment in fetch_definitions(cursor, query, table):
        yield definition.rstrip().removesuffix(";")
        if enabled in _FIRING:
            yield f"ALTER TABLE {table} {_FIRING[enabled]} {kind} {quote_name(name)}"
        if comment is not None:
            yield f"COMMENT ON {kind} {quote_name(name)} ON {table} IS {quote_literal(comment)}"


def _statistics(cursor: Cursor, table: str) -> Iterator[str]:
    return (sql for (sql,) in fetch_rows(cursor, _STATISTICS, table))


def _security(cursor: Cursor, table: str) -> Iterator[str]:
    for enabled, forced in fetch_rows(cursor, _SECURITY, table):
        if enabled:
            yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        if forced:
            yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for name, permissive, command, roles, using, check in fetch_rows(cursor, _POLICIES, table):
        kind = "" if permissive else " AS RESTRICTIVE"
        parts = [f"CREATE POLICY {quote_name(name)} ON {table}{kind} FOR {_COMMANDS[command]}"]
        parts += [f"TO {', '.join(roles)}"]
        parts += [f"USING ({using})"] if using is not None else []
        parts += [f"WITH CHECK ({check})"] if check is not None else []
        yield " ".join(parts)


def _grants(cursor: Cursor, table: str) -> Iterator[str]:
    for role, grantable, privileges in fetch_rows(cursor, _GRANTS, table):
        yield _grant(privileges, table, role, grantable=grantable)


def _replication(cursor: Cursor, table: str) -> Iterator[str]:
    for identity, index, clustered in fetch_rows(cursor, _REPLICATION, table):
        how = {
            "f": "FULL",
            "n": "NOTHING",
            "i": f"USING INDEX {quote_name(index)}" if index else "",
        }
        if identity in how and (identity != "i" or index):
            yield f"ALTER TABLE {table} REPLICA IDENTITY {how[identity]}"
        if clustered:
            yield f"ALTER TABLE {table} CLUSTER ON {quote_name(clustered)}"
    for (publication,) in fetch_rows(cursor, _PUBLICATIONS, table):
        yield f"ALTER PUBLICATION {publication} ADD TABLE {table}"
