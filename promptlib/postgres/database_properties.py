"""What belongs to a database beside what is in it: its encoding, owner, settings, rights, comment.

One that takes another's place gets them. Names in full: see search_path.py.
"""

from __future__ import annotations

import re

from psycopg2 import sql

from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg2.extensions import cursor as Cursor

_READ = """
    SELECT pg_catalog.to_jsonb(d), pg_catalog.pg_encoding_to_char(encoding),
           pg_catalog.pg_get_userbyid(datdba),
           (SELECT spcname FROM pg_catalog.pg_tablespace t
             WHERE t.oid OPERATOR(pg_catalog.=) dattablespace),
           pg_catalog.shobj_description(oid, 'pg_database'),
           (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(rolname, setconfig)),
                            '[]')
              FROM pg_catalog.pg_db_role_setting
              LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) setrole
             WHERE setdatabase OPERATOR(pg_catalog.=) d.oid
               AND (setrole OPERATOR(pg_catalog.=) 0 OR rolname IS NOT NULL)),
           datacl IS NOT NULL,
           (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                       CASE WHEN grantee OPERATOR(pg_catalog.<>) 0
                            THEN pg_catalog.pg_get_userbyid(grantee) END,
                       privilege_type, is_grantable)), '[]')
              FROM pg_catalog.aclexplode(datacl))
      FROM pg_catalog.pg_database d WHERE datname OPERATOR(pg_catalog.=) %s
"""
_USUAL_TABLESPACE = "pg_default"  # that of template0: to name it takes a right that few have
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
# Their values are lists, and kept as such.
_LISTS = {
    *("local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"),
}
_ITEM = re.compile(r'"((?:[^"]|"")*)"|([^,\s]+)')


class DatabaseProperties(NamedTuple):
    """What belongs to a database.

    Attributes:
        row: of pg_database, by its columns: which there are depends on the server.
        encoding: its name.
        owner: whose it is.
        tablespace: where it is.
        comment: on it, if there is one.
        settings: for whom, or for all (None), and as what: `name=value`.
        has_rights: whether its rights are other than usual.
        rights: whose (None: everybody's), which, and whether he may hand it on.
    """

    row: Mapping[str, str | None]
    encoding: str
    owner: str
    tablespace: str
    comment: str | None
    settings: Sequence[tuple[str | None, Sequence[str]]]
    has_rights: bool
    rights: Sequence[tuple[str | None, str, bool]]

    def creation(self, name: str) -> sql.Composed:
        """The statement that makes an empty database like this one."""
        parts = [sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))]
        for word, value in self._options().items():
            parts.append(sql.SQL(f"{word} {{}}").format(sql.Literal(value)))
        places = {"OWNER": self.owner, "TABLESPACE": self.tablespace}
        if self.tablespace == _USUAL_TABLESPACE:
            del places["TABLESPACE"]
        for word, named in places.items():
            parts.append(sql.SQL(f"{word} {{}}").format(sql.Identifier(named)))
        limit = sql.Literal(self.row["datconnlimit"])
        parts.append(sql.SQL("CONNECTION LIMIT {}").format(limit))
        return sql.SQL(" ").join(parts)

    def _options(self) -> dict[str, str]:
        row = self.row
        provider = _PROVIDERS[row.get("datlocprovider") or "c"]
        locale = row.get("datlocale") or row.get("daticulocale")
        given = {
            "ENCODING": self.encoding,
            "LC_COLLATE": row["datcollate"],
            "LC_CTYPE": row["datctype"],
            "LOCALE_PROVIDER": provider if provider != "libc" else None,
            f"{provider.upper()}_LOCALE": locale if provider != "libc" else None,
            "ICU_RULES": row.get("daticurules"),
        }
        return {word: value for word, value in given.items() if value}

    def statements(self, name: str) -> Iterator[sql.Composed]:
        """What gives a database the settings and rights of this one."""
        database = sql.Identifier(name)
        for role, settings in self.settings:
            whose = sql.SQL("ALTER DATABASE {}").format(database)
            if role is not None:
                whose = sql.SQL("ALTER ROLE {} IN DATABASE {}").format(
                    sql.Identifier(role), database
                )
            yield from (whose + sql.SQL(" SET ") + _setting(each) for each in settings)
        if self.has_rights:
            revoke = sql.SQL("REVOKE ALL ON DATABASE {} FROM {}")
            yield revoke.format(database, sql.SQL("PUBLIC"))
            yield revoke.format(database, sql.Identifier(self.owner))
        for grantee, right, may_grant in self.rights:
            yield sql.SQL(f"GRANT {right} ON DATABASE {{}} TO {{}}{{}}").format(
                database,
                sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee),
                sql.SQL(" WITH GRANT OPTION" if may_grant else ""),
            )


def read_properties(cursor: Cursor, name: str) -> DatabaseProperties | None:
    """Those of a database; None, if there is no such one."""
    cursor.execute(_READ, (name,))
    found = cursor.fetchone()
    return DatabaseProperties(*found) if found else None


def _setting(text: str) -> sql.Composed:
    """`name=value`, as SET takes it."""
    name, _, value = text.partition("=")
    named = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
    values = [value]
    if name.lower() in _LISTS:
        items = _ITEM.finditer(value)
        values = [each[2] or each[1].replace('""', '"') for each in items] or [""]
    return named + sql.SQL(" TO ") + sql.SQL(", ").join(map(sql.Literal, values))
