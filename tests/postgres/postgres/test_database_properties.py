"""What belongs to a database is given to another one, on every server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2

from promptlib.postgres.database_properties import read_properties

if TYPE_CHECKING:
    from support.databases import Database

_FACTS = """
    SELECT datacl::text, datconnlimit, encoding, datcollate, datctype, datdba::regrole::text,
           (SELECT array_agg(setrole::regrole || array_to_string(setconfig, ';') ORDER BY setrole)
              FROM pg_db_role_setting WHERE setdatabase = d.oid)
      FROM pg_database d WHERE datname = %s
"""


def test_everything_comes_along(database: Database) -> None:
    name, server = database.name, database.server
    server.role("newcomer")
    with database.connect().cursor() as cursor:
        cursor.execute(
            f"ALTER DATABASE {name} CONNECTION LIMIT 7;"
            f'ALTER DATABASE {name} SET search_path = "$user", \'a "b\', public;'
            f"ALTER DATABASE {name} SET app.\"user\" = 'it''s, me';"
            f"ALTER DATABASE {name} SET temp_tablespaces = '';"
            f"ALTER ROLE newcomer IN DATABASE {name} SET work_mem = '9MB';"
            f"GRANT CREATE ON DATABASE {name} TO newcomer WITH GRANT OPTION;"
            f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC"
        )
        found, other = read_properties(cursor, name), f"{name}_2"
        assert found
        assert read_properties(cursor, other) is None
        cursor.execute(found.creation(other))
        try:
            for statement in found.statements(other):
                cursor.execute(statement)
            assert database.query(_FACTS, other) == database.query(_FACTS, name)
        finally:
            server.drop(other)


def test_another_provider_of_locales(database: Database) -> None:
    """Where the server knows one: ICU, or its own."""
    name = f"{database.name}_icu"
    create = f"CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER "
    with database.connect().cursor() as cursor:
        try:
            for provider in ("icu ICU_LOCALE 'de'", "builtin BUILTIN_LOCALE 'C.UTF-8'"):
                with contextlib.suppress(psycopg2.Error):
                    cursor.execute(create + provider)
                    break
            if found := read_properties(cursor, name):
                cursor.execute(found.creation(f"{name}_2"))
                row = "to_jsonb(d) - ARRAY['oid', 'datname', 'datfrozenxid', 'datminmxid']"
                one, other = database.query(
                    f"SELECT {row} FROM pg_database d WHERE datname ~ '^{name}'"
                )
                assert one == other
                assert one[0]["datlocprovider"] in ("i", "b")
        finally:
            database.server.drop(name)
            database.server.drop(f"{name}_2")
