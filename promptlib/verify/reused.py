"""One database for all trials: for users who may make none. It is emptied before each of them.

A database is taken only if it is empty, or was taken before: its comment says so.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from promptlib.core.errors import ConfigurationError, StatementError
from promptlib.core.interrupts import in_doubt
from promptlib.postgres.catalog import catalog_difference, read_catalog
from promptlib.verify.build import run_setup
from promptlib.verify.place import server_version
from promptlib.verify.server_guard import ServerGuard, restore_from_journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.catalog import Catalog
    from promptlib.postgres.target import Target
    from promptlib.verify.place import ScratchPlace

_MARK = "promptlib empties this database: it is for trials "
_STATE = """
    SELECT coalesce(shobj_description(oid, 'pg_database'), ''),
           pg_has_role(datdba, 'MEMBER'),
           pg_try_advisory_lock(('x' || left(md5('promptlib scratch'), 16))::bit(64)::bigint)
      FROM pg_database WHERE datname = current_database()
"""
# Catalogs of what may be made, each with its owner's column; schemas go last.
_OWNED = {
    "pg_event_trigger": "evtowner",
    "pg_publication": "pubowner",
    "pg_extension": "extowner",
    "pg_foreign_data_wrapper": "fdwowner",
    "pg_foreign_server": "srvowner",
    "pg_language": "lanowner",
    "pg_class": "relowner",
    "pg_proc": "proowner",
    "pg_type": "typowner",
    "pg_operator": "oprowner",
    "pg_opfamily": "opfowner",
    "pg_collation": "collowner",
    "pg_conversion": "conowner",
    "pg_ts_config": "cfgowner",
    "pg_ts_dict": "dictowner",
    "pg_namespace": "nspowner",
}
# What comes and goes with something else is left out: an extension's, a table's indexes and type.
_OWN = """
    SELECT format('DROP %s IF EXISTS %s CASCADE', upper(type), identity)
      FROM ({}) own (class, object), pg_identify_object(class, object, 0)
     WHERE object >= 16384 AND type NOT IN ('index', 'toast table')
       AND NOT (class = 'pg_type'::regclass AND EXISTS (
                SELECT FROM pg_type t WHERE t.oid = object
                   AND (typtype = 'm' OR typelem <> 0 AND typlen = -1 OR EXISTS (
                        SELECT FROM pg_class r WHERE r.oid = typrelid AND relkind <> 'c'))))
       AND NOT EXISTS (SELECT FROM pg_depend
                        WHERE classid = class AND objid = object AND deptype IN ('e', 'i')
                          AND NOT (refclassid = class AND refobjid = object))
""".format(
    " UNION ALL ".join(
        f"SELECT '{catalog}'::regclass, oid FROM {catalog} WHERE pg_has_role({owner}, 'USAGE')"
        for catalog, owner in _OWNED.items()
    )
)
_LARGE_OBJECTS = (
    "SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE pg_has_role(lomowner, 'USAGE')"
)
_UNCOUNTED = ("role", "comment", "setting")  # the server's, or what is written down
# One by one, for each takes locks of its own; what something else took along is not there any more.
_ATTEMPTS = 3


class _ReusedDatabase:
    """The database, as `ScratchDatabases` has it.

    Args:
        place: where it is.
        cursor: on it, in autocommit.
    """

    makes_copies = False

    def __init__(self, place: ScratchPlace, cursor: Cursor) -> None:
        self._place = place
        self._cursor = cursor
        self._empty: Catalog | None = None
        self.guard = ServerGuard(cursor, self._write_down, is_for_trials=place.is_for_trials)

    @property
    def server(self) -> str:
        """Which PostgreSQL it is."""
        return server_version(self._cursor)

    def create(self, template: Target | None = None) -> Target:
        """Empty it, and set it up; there is no other one that it could be a copy of."""
        assert not template
        self._clear()
        if self._place.setup:
            run_setup(self._place.target, self._place.setup, self.guard)
        return self._place.target

    def drop(self, made: Target) -> None:
        """Empty it."""
        assert made == self._place.target
        self._clear()

    def _clear(self) -> None:
        clear_database(self._cursor)
        read = read_catalog(self._cursor.connection)
        found = {key: text for key, text in read.items() if key[0] not in _UNCOUNTED}
        if self._empty is None:
            self._empty = found
        if left := [*catalog_difference(self._empty, found)]:
            raise StatementError(
                f"{self._place.target} cannot be emptied any more",
                "drop it and make it anew",
                notes=[f"  {line}" for line in left],
            )

    def _write_down(self, text: str) -> None:
        mark_database(self._cursor, text)


@contextlib.contextmanager
def reused_database(place: ScratchPlace) -> Iterator[_ReusedDatabase]:
    """Take a database, and leave it empty.

    Raises:
        ConfigurationError: when it holds something, belongs to another one, or is in use.
    """
    if place.template:
        raise ConfigurationError(
            "scratch_template needs a user who may make databases",
            "ALTER ROLE ... CREATEDB, or set the database up with scratch_setup",
            place=place.target.source,
        )
    with contextlib.closing(place.target.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SET search_path = pg_catalog, pg_temp")
        journal = _take(cursor, place.target)
        if journal:
            clear_database(cursor)
            restore_from_journal(cursor, journal)
        mark_database(cursor)
        reused = _ReusedDatabase(place, cursor)
        with in_doubt(left_told):
            try:
                yield reused
            finally:
                clear_database(cursor)
                reused.guard.put_all_back()
                mark_database(cursor)


def left_told() -> str:
    """What nobody would know if nobody looked after a trial any more."""
    return "whether something of the trial is left, which the next one removes"


def _take(cursor: Cursor, target: Target) -> str:
    """Lock it; what a killed run had written down, or nothing."""
    cursor.execute(_STATE)
    comment, is_own, is_free = cursor.fetchone() or ("", False, False)
    cursor.execute(_OWN)
    if not is_own:
        what = f"{target} belongs to another user"
        remedy = "name a database of this user's with --scratch, or let him make some: CREATEDB"
    elif not is_free:
        what, remedy = f"another trial runs in {target}", "wait for it, or name another --scratch"
    elif cursor.rowcount and not comment.startswith(_MARK):
        what = f"{target} is not empty, and was not touched"
        remedy = "name an empty database with --scratch: everything in it is dropped"
    else:
        return comment.removeprefix(_MARK) if comment.startswith(_MARK) else ""
    raise ConfigurationError(what, remedy, place=target.source)


def clear_database(cursor: Cursor) -> None:
    """Drop whatever a user has made in a database.

    Args:
        cursor: in autocommit, on a database that is there to be emptied.

    Raises:
        psycopg2.Error: when something cannot be dropped.
    """
    for attempt in range(_ATTEMPTS):
        cursor.execute(_OWN)
        for (statement,) in cursor.fetchall():
            try:
                cursor.execute(statement)
            except psycopg2.Error:
                if attempt == _ATTEMPTS - 1:
                    raise
    cursor.execute(_LARGE_OBJECTS)


def mark_database(cursor: Cursor, journal: str = "[]") -> None:
    """Say in a database's comment that it may be emptied.

    Args:
        cursor: on it, in autocommit.
        journal: what is to be undone on its server.
    """
    cursor.execute(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(
            sql.Identifier(cursor.connection.info.dbname), sql.Literal(_MARK + journal)
        )
    )
