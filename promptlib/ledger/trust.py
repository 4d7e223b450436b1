"""Whose the ledger's tables are, and who may write them: read beside what is in them.

A table of a stranger's says what he likes, and one with triggers, rules or policies runs somebody's
functions as whoever deploys. Neither is believed or written to.
"""

from __future__ import annotations

from promptlib.core.errors import LedgerError, combine_errors
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable_line
from promptlib.ledger.names import VERSION_TABLE, LedgerNames
from promptlib.syntax.lexemes import do_block, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.tables import LedgerSql

_EVERYWHERE = "pg_write_all_data"  # a role of the server's own, whose members may write any table
_WRITES = f"'{{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,{_EVERYWHERE}}}'"
# Who is no stranger. pg_has_role() would do but for superusers, of whom it says that they have all.
ROLES = """
    mine (role) AS (
        SELECT oid FROM pg_catalog.pg_roles
         WHERE rolname OPERATOR(pg_catalog.=) ANY (ARRAY[session_user, current_user])
        UNION
        SELECT m.roleid FROM pg_catalog.pg_auth_members m
          JOIN mine ON m.member OPERATOR(pg_catalog.=) mine.role
    ), mighty (role) AS (
        SELECT oid FROM pg_catalog.pg_roles
         WHERE rolsuper OR rolname OPERATOR(pg_catalog.=) 'pg_database_owner'
        UNION
        SELECT datdba FROM pg_catalog.pg_database
         WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    ), trusted (role) AS (SELECT role FROM mine UNION SELECT role FROM mighty)"""
# A table and what of it may rest on functions, operators and types; of the server's own, nothing is
# written down.
_USED = """ARRAY[
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
    'pg_catalog.pg_operator'::pg_catalog.regclass,
    'pg_catalog.pg_type'::pg_catalog.regclass]"""
_PARTS = """
    (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, c.oid AS part
     UNION ALL
     SELECT tableoid, oid FROM pg_catalog.pg_attrdef WHERE adrelid OPERATOR(pg_catalog.=) c.oid
     UNION ALL
     SELECT tableoid, oid FROM pg_catalog.pg_constraint
      WHERE conrelid OPERATOR(pg_catalog.=) c.oid
     UNION ALL
     SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, indexrelid
       FROM pg_catalog.pg_index WHERE indrelid OPERATOR(pg_catalog.=) c.oid) AS parts
    JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) class
                               AND d.objid OPERATOR(pg_catalog.=) part"""
# What runs functions: each with the statement that ends that.
_BORNE = f"""
    SELECT pg_catalog.format('bears the trigger %I', tgname),
           pg_catalog.format('DROP TRIGGER %I ON %s', tgname, name)
      FROM pg_catalog.pg_trigger
     WHERE tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT tgisinternal
    UNION ALL
    SELECT pg_catalog.format('bears the rule %I', rulename),
           pg_catalog.format('DROP RULE %I ON %s', rulename, name)
      FROM pg_catalog.pg_rewrite WHERE ev_class OPERATOR(pg_catalog.=) c.oid
    UNION ALL
    SELECT pg_catalog.format('bears the policy %I', polname),
           pg_catalog.format('DROP POLICY %I ON %s', polname, name)
      FROM pg_catalog.pg_policy WHERE polrelid OPERATOR(pg_catalog.=) c.oid
    UNION ALL
    SELECT 'has row security', pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', name)
     WHERE c.relrowsecurity
    UNION ALL
    SELECT pg_catalog.format('inherits, or is inherited: %s from %s',
                             inhrelid::pg_catalog.regclass, inhparent::pg_catalog.regclass),
           pg_catalog.format('ALTER TABLE %s NO INHERIT %s',
                             inhrelid::pg_catalog.regclass, inhparent::pg_catalog.regclass)
      FROM pg_catalog.pg_inherits
     WHERE inhrelid OPERATOR(pg_catalog.=) c.oid OR inhparent OPERATOR(pg_catalog.=) c.oid
    UNION ALL
    SELECT pg_catalog.format('rests on %s, which belongs to %I',
                             pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0),
                             pg_catalog.pg_get_userbyid(owner)),
           'let a column default, a constraint, an index or a type of it rest on the server''s own'
      FROM {_PARTS}
      JOIN (SELECT tableoid AS kind, oid AS used, proowner AS owner FROM pg_catalog.pg_proc
            UNION ALL SELECT tableoid, oid, oprowner FROM pg_catalog.pg_operator
            UNION ALL SELECT tableoid, oid, typowner FROM pg_catalog.pg_type) AS others
        ON kind OPERATOR(pg_catalog.=) d.refclassid AND used OPERATOR(pg_catalog.=) d.refobjid
     WHERE NOT EXISTS (SELECT FROM trusted WHERE role OPERATOR(pg_catalog.=) owner)"""
# Whether there is any of that.
_MAY_BEAR = f"""
    c.relhasrules OR c.relhastriggers OR c.relrowsecurity OR c.relhassubclass
    OR EXISTS (SELECT FROM pg_catalog.pg_policy WHERE polrelid OPERATOR(pg_catalog.=) c.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid OPERATOR(pg_catalog.=) c.oid)
    OR EXISTS (SELECT FROM {_PARTS}
                WHERE d.refclassid OPERATOR(pg_catalog.=) ANY ({_USED}))"""
_GRANTED = f"""
    SELECT grantee, privilege_type, '' AS columns
      FROM pg_catalog.aclexplode(c.relacl)
    UNION ALL
    SELECT grantee, privilege_type, pg_catalog.format(' (%I)', attname)
      FROM pg_catalog.pg_attribute, pg_catalog.aclexplode(attacl)
     WHERE attrelid OPERATOR(pg_catalog.=) c.oid AND NOT attisdropped
    UNION ALL
    SELECT member, rolname, '' FROM pg_catalog.pg_auth_members m
      JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) m.roleid
     WHERE rolname OPERATOR(pg_catalog.=) '{_EVERYWHERE}'"""
_FACTS = f"""(
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
        c.relname, name, c.relkind, c.relpersistence, pg_catalog.pg_get_userbyid(c.relowner),
        EXISTS (SELECT FROM trusted WHERE role OPERATOR(pg_catalog.=) c.relowner),
        ARRAY(SELECT attname FROM pg_catalog.pg_attribute
               WHERE attrelid OPERATOR(pg_catalog.=) c.oid
                 AND attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped),
        {_MAY_BEAR},
        (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                    CASE WHEN grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
                         ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END,
                    privilege_type, columns)), '[]')
           FROM ({_GRANTED}) AS granted
          WHERE privilege_type OPERATOR(pg_catalog.=) ANY ({_WRITES})
            AND grantee OPERATOR(pg_catalog.<>) c.relowner
            AND NOT EXISTS (SELECT FROM mighty WHERE role OPERATOR(pg_catalog.=) grantee)
            AND pg_catalog.pg_get_userbyid(grantee)
                OPERATOR(pg_catalog.<>) ALL (ARRAY[session_user, current_user]))
        ) ORDER BY c.relname), '[]')
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
     WHERE n.nspname OPERATOR(pg_catalog.=) place.schema
       AND c.relname OPERATOR(pg_catalog.=) ANY (place.names)
)""".replace("%", "%%")
# Mostly the tables are this user's own, plain, and written by nobody else. To see that much takes
# a fraction of the time that a new session needs to look at all of the above.
GLANCED = """
    glanced AS MATERIALIZED (
        SELECT oid, relname, relowner, relacl,
               relkind OPERATOR(pg_catalog.<>) 'r' OR relpersistence OPERATOR(pg_catalog.<>) 'p'
               OR relhasrules OR relhastriggers OR relrowsecurity OR relhassubclass
               OR pg_catalog.pg_get_userbyid(relowner)
                  OPERATOR(pg_catalog.<>) ALL (ARRAY[session_user, current_user]) AS is_odd
          FROM pg_catalog.pg_class, place
         WHERE relnamespace OPERATOR(pg_catalog.=)
               pg_catalog.to_regnamespace(pg_catalog.quote_ident(schema))::pg_catalog.oid
           AND relname OPERATOR(pg_catalog.=) ANY (names)
    )"""
GLANCE = f"""
    (SELECT coalesce(pg_catalog.json_object_agg(relname, ARRAY(
                SELECT attname FROM pg_catalog.pg_attribute
                 WHERE attrelid OPERATOR(pg_catalog.=) glanced.oid
                   AND attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped)), '{{}}')
       FROM glanced),
    EXISTS (SELECT FROM glanced WHERE is_odd)
    OR EXISTS (SELECT FROM glanced, pg_catalog.aclexplode(relacl)
                WHERE grantee OPERATOR(pg_catalog.<>) relowner
                  AND privilege_type OPERATOR(pg_catalog.=) ANY ({_WRITES}))
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attacl IS NOT NULL
                  AND attrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM glanced)))
    OR EXISTS (SELECT FROM pg_catalog.pg_auth_members
                WHERE roleid OPERATOR(pg_catalog.=)
                      pg_catalog.to_regrole('{_EVERYWHERE}')::pg_catalog.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_policy
                WHERE polrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM glanced)))
    OR EXISTS (SELECT FROM pg_catalog.pg_inherits
                WHERE inhrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM glanced)))
    OR EXISTS (
        SELECT FROM (
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, oid AS part
              FROM glanced
            UNION ALL
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, indexrelid
              FROM pg_catalog.pg_index  -- a constraint's index does not depend on the table itself
             WHERE indrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM glanced))
            UNION ALL
            SELECT classid, objid FROM pg_catalog.pg_depend
             WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
               AND refobjid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM glanced))) AS parts
          JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) class
                                     AND d.objid OPERATOR(pg_catalog.=) part
         WHERE d.refclassid OPERATOR(pg_catalog.=) ANY ({_USED}))"""
_CLOSE = f"""
    WITH RECURSIVE {ROLES}, place (schema, names) AS (SELECT %s, %s::pg_catalog.text[])
    SELECT {_FACTS} FROM place"""
_BEARERS = f"""
    WITH RECURSIVE {ROLES}
    SELECT c.relname, pg_catalog.json_agg(pg_catalog.json_build_array(what, remedy))
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace,
           pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name,
           LATERAL ({_BORNE.replace("%", "%%")}) AS borne (what, remedy)
     WHERE n.nspname OPERATOR(pg_catalog.=) %s
       AND c.relname OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.text[])
     GROUP BY c.relname"""
_GUARD = f"""BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class c
         WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[{{oids}}])
           AND (c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.relrowsecurity OR c.relhasrules
                OR EXISTS (SELECT FROM pg_catalog.pg_trigger
                            WHERE tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT tgisinternal)
                OR c.relowner OPERATOR(pg_catalog.<>) ALL (
                       WITH RECURSIVE {ROLES} SELECT role FROM trusted))
    ) THEN
        RAISE EXCEPTION 'a table of the ledger is a stranger''s, or runs functions of somebody''s'
            USING HINT = 'promptlib status names it, and what to do';
    END IF;
END"""
_PROPOSED = "promptlib"  # how `promptlib init` lets the ledger begin
_PLAIN = "r"
_LASTING = "p"


class LedgerTable(NamedTuple):
    """A table of the ledger's, as the server describes it.

    Attributes:
        plain_name: without its schema.
        name: with it, quoted where it has to be.
        kind: pg_class's letter.
        persistence: likewise.
        owner: whose it is.
        is_trusted: whether that is somebody who may be believed.
        columns: their names.
        borne: what runs functions of somebody's, and what ends that.
        granted: to whom, beside the owner, which right to write it, and to which column.
    """

    plain_name: str
    name: str
    kind: str
    persistence: str
    owner: str
    is_trusted: bool
    columns: list[str]
    borne: list[tuple[str, str]]
    granted: list[tuple[str, str, str]]


def names_asked_for(names: LedgerNames) -> list[str]:
    """The tables that matter to the ledger."""
    return [*names.tables, VERSION_TABLE]


def trusted_tables(cursor: Cursor, names: LedgerNames) -> dict[str, LedgerTable]:
    """The tables of the ledger that are there, by their plain names, looked at closely.

    Args:
        cursor: on any connection.
        names: of the ledger, with its schema.

    Raises:
        LedgerError: when one says what a stranger likes, or runs what he likes: naming owner or
            cause, and what to do.
    """
    asked = names_asked_for(names)
    cursor.execute(_CLOSE, (names.schema, asked))
    (told,) = cursor.fetchone() or ((),)
    borne = _borne(cursor, names) if any(may_bear for *_, may_bear, _ in told) else {}
    tables = [
        LedgerTable._make((name, *about, borne.get(name, []), granted))
        for name, *about, _, granted in told
    ]
    if found := [error for each in tables for error in _distrust(each)]:
        raise combine_errors(found)
    return {each.plain_name: each for each in tables}


def _borne(cursor: Cursor, names: LedgerNames) -> dict[str, list[tuple[str, str]]]:
    """What runs functions of somebody's, by the table that bears it."""
    cursor.execute(_BEARERS, (names.schema, names_asked_for(names)))
    return dict(cursor.fetchall())


def _distrust(table: LedgerTable) -> Iterator[LedgerError]:
    name = printable_line(table.name)
    aside = elsewhere(table.plain_name)
    if not table.is_trusted:
        owner = printable_line(table.owner)
        yield LedgerError(
            f"the table {name} belongs to {owner}, who is neither this user, nor a role of his, "
            "nor the database's owner, nor a superuser, so nothing that it says is believed",
            f"if {owner} deploys, GRANT {owner} TO this user; if nobody should, ALTER TABLE {name} "
            f"OWNER TO who does; if it is not the ledger, {aside}",
        )
    elif table.kind != _PLAIN or table.persistence != _LASTING:
        logged = f"ALTER TABLE {name} SET LOGGED; " if table.kind == _PLAIN else ""
        yield LedgerError(
            f"the table {name} is none that keeps what is written to it", f"{logged}{aside}"
        )
    else:
        for what, remedy in table.borne:
            yield LedgerError(
                f"the table {name} {printable_line(what)}, so what is written to it may run "
                "functions of somebody's",
                printable_line(remedy),
            )


def elsewhere(table: str) -> str:
    """What to do where a table of that name is no ledger's."""
    if table == VERSION_TABLE:
        return "rename it, or set version_table_schema in alembic.ini to a schema of its own"
    return (
        "if another program made it, let the ledger have another name: ledger_table = "
        f"{'deployed' if table.startswith(_PROPOSED) else _PROPOSED}_migrations in alembic.ini"
    )


def trust_guard(tables: LedgerSql) -> str:
    """The statement that stops a script for psql at what `trusted_tables` refuses in the main."""
    names = (tables.version, tables.migrations, tables.events, tables.deploys)
    oids = ", ".join(f"pg_catalog.to_regclass({quote_literal(name)})" for name in names)
    return do_block(_GUARD.format(oids=oids)) + ";"


class LedgerWriter(NamedTuple):
    """Who may write tables of the ledger beside their owner.

    Attributes:
        name: of the role, quoted where it has to be; or PUBLIC.
        rights: that he has.
        tables: on which.
    """

    name: str
    rights: tuple[str, ...]
    tables: tuple[str, ...]

    def __str__(self) -> str:
        """Say so, and how to end it."""
        tables = ", ".join(self.tables)
        rights = [each for each in self.rights if each != _EVERYWHERE]
        revoked = [f"REVOKE {', '.join(rights)} ON {tables} FROM {self.name}"] if rights else []
        if _EVERYWHERE in self.rights:
            revoked.append(f"REVOKE {_EVERYWHERE} FROM {self.name}")
        return printable_line(
            f"{self.name} may write {tables}, and so say what ran here and what takes it back; "
            f"{'; '.join(revoked)}"
        )


def ledger_writers(tables: Iterable[LedgerTable]) -> list[LedgerWriter]:
    """Who may write the ledger, those with the same rights on several tables told once."""
    rights: dict[tuple[str, str], list[str]] = {}
    for table in tables:
        for name, right, columns in table.granted:
            rights.setdefault((name, table.name), []).append(right + columns)
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (name, table_name), those in rights.items():
        found.setdefault((name, tuple(sorted(those))), []).append(table_name)
    return [LedgerWriter(*key, tuple(names)) for key, names in sorted(found.items())]
