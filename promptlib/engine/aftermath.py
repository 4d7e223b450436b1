"""What statements that no transaction takes have left: the catalog says so, never an SQLSTATE.

Each kind looks before its statement begins, and afterwards says whether that took effect. Names are
found as the statement finds them, by the search_path; operators and functions are PostgreSQL's own.
"""

from __future__ import annotations

import enum
import json

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.tables import EQUALS
from promptlib.syntax.alone import AloneStatement, Effect
from promptlib.syntax.lexemes import quote_name

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_CLASS = "pg_catalog.to_regclass"
# Oid, name to be put into SQL, the table that is locked while it is built (a table's values that
# are stored apart cannot be), and whether it is valid, of indexes that can be built concurrently:
# a partitioned table's cannot, and is invalid until each partition has one.
_INDEXES = f"""
    SELECT i.indexrelid::pg_catalog.int8, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
           coalesce((SELECT t.oid FROM pg_catalog.pg_class t
                      WHERE t.reltoastrelid {EQUALS} i.indrelid), i.indrelid
                   )::pg_catalog.regclass::pg_catalog.text,
           i.indisvalid
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid {EQUALS} i.indexrelid AND c.relkind {EQUALS} 'i'
      JOIN pg_catalog.pg_namespace n ON n.oid {EQUALS} c.relnamespace
"""
_OF_TABLE = f"{_INDEXES} WHERE i.indrelid {EQUALS} {_CLASS}(%(table)s)"
_NAMED = f" AND c.relname {EQUALS} %(name)s"
_IN_ORDER = " ORDER BY i.indexrelid"
# What REINDEX CONCURRENTLY names its copies. Source:
# https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
_COPIES = f"""{_INDEXES}
     WHERE NOT i.indisvalid AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND """
_ROOT = {
    "INDEX": f"""(SELECT indrelid FROM pg_catalog.pg_index
                   WHERE indexrelid {EQUALS} {_CLASS}(%(name)s))""",
    "TABLE": f"{_CLASS}(%(name)s)",
}
_TABLES = f"""i.indrelid {EQUALS} ANY (
    WITH whole AS (SELECT {{root}}::pg_catalog.oid AS id
                   UNION SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree({{root}}))
    SELECT id FROM whole
    UNION SELECT c.reltoastrelid
            FROM pg_catalog.pg_class c JOIN whole ON c.oid {EQUALS} whole.id)"""
_SCOPES = {
    **{kind: _TABLES.format(root=root) for kind, root in _ROOT.items()},
    "SCHEMA": f"""EXISTS (
        SELECT FROM pg_catalog.pg_class t
         WHERE t.relnamespace {EQUALS} pg_catalog.to_regnamespace(%(name)s)
           AND i.indrelid {EQUALS} ANY (ARRAY[t.oid, t.reltoastrelid]))""",
}
_ATTACHED = f"""
    SELECT inhdetachpending FROM pg_catalog.pg_inherits
     WHERE inhrelid {EQUALS} {_CLASS}(%(name)s) AND inhparent {EQUALS} {_CLASS}(%(table)s)
"""
_NAMES = {
    "DATABASE": "pg_database WHERE datname",
    "TABLESPACE": "pg_tablespace WHERE spcname",
    "SUBSCRIPTION": "pg_subscription WHERE subname",
}


class Outcome(enum.Enum):
    """Whether a statement took effect."""

    DONE = enum.auto()
    NOT_DONE = enum.auto()
    UNKNOWN = enum.auto()


class Aftermath:
    """What a statement leaves that no catalog tells of.

    Args:
        cursor: on the connection that it runs on, in autocommit.
        statement: what its text says.
    """

    def __init__(self, cursor: Cursor, statement: AloneStatement) -> None:
        self._cursor, self.statement = cursor, statement
        self._names = {"name": quote_name(*statement.name), "table": quote_name(*statement.table)}

    def look(self) -> str:
        """What has to be known of the catalog as it is before the statement."""
        return ""

    def outcome(self, _found: str | None) -> Outcome:
        """Whether it took effect.

        Args:
            found: what `look` said; None where nobody looked.
        """
        return Outcome.UNKNOWN

    def leftovers(self, _found: str) -> list[tuple[str, str]]:
        """The invalid indexes that it left, each with its table, ready to be put into SQL."""
        return []

    def completion(self) -> str:
        """The statement that ends what was begun; empty: the statement itself does."""
        return ""

    @property
    def may_run_again(self) -> bool:
        """Whether it may be tried again where it failed."""
        return True


class _Unknown(Aftermath):
    @property
    def may_run_again(self) -> bool:
        return False


class _Repeatable(Aftermath):
    def outcome(self, _found: str | None) -> Outcome:
        return Outcome.NOT_DONE


class _NewIndex(Aftermath):
    """An index that is made: invalid until it is whole."""

    def _indexes(self) -> list[tuple[int, str, str, bool]]:
        name = self.statement.name[-1:]
        query = _OF_TABLE + _NAMED * bool(name)
        self._cursor.execute(query, {**self._names, "name": "".join(name)})
        return self._cursor.fetchall()

    def look(self) -> str:
        return json.dumps([oid for oid, *_ in self._indexes()])

    def outcome(self, found: str | None) -> Outcome:
        new = self._new(found)
        if not any(is_valid for *_, is_valid in new):
            return Outcome.NOT_DONE
        # Without a name of its own, it may be anybody's.
        is_known = _oids(found) is not None and self.statement.name
        return Outcome.DONE if is_known else Outcome.UNKNOWN

    def _new(self, found: str | None) -> list[tuple[int, str, str, bool]]:
        before = _oids(found) or []
        return [index for index in self._indexes() if index[0] not in before]

    def leftovers(self, found: str) -> list[tuple[str, str]]:
        # One of its name would stand in its way, or pass for it: whoever left that.
        seen = self._indexes() if self.statement.name else self._new(found)
        return [(name, table) for _, name, table, is_valid in seen if not is_valid]


class _GoneIndex(Aftermath):
    """An index that is dropped."""

    def look(self) -> str:
        self._cursor.execute(f"SELECT {_CLASS}(%(name)s)::pg_catalog.oid", self._names)
        (oid,) = self._cursor.fetchone() or (None,)
        return str(oid or "")

    def outcome(self, found: str | None) -> Outcome:
        if not found:
            return Outcome.UNKNOWN if found is None else Outcome.NOT_DONE
        if not found.isdecimal():
            return Outcome.UNKNOWN
        self._cursor.execute(
            f"SELECT FROM pg_catalog.pg_class WHERE oid::pg_catalog.text {EQUALS} %s", (found,)
        )
        return Outcome.NOT_DONE if self._cursor.rowcount else Outcome.DONE


def _oids(found: str | None) -> list[object] | None:
    """What `look` has written down; None, where that is none of its lists: anybody may write it."""
    try:
        oids = json.loads(found or "")
    except ValueError:
        return None
    return oids if isinstance(oids, list) else None


class _RebuiltIndexes(_Repeatable):
    """Indexes that are built anew: copies may be left, the old ones or the new ones."""

    def _copies(self) -> list[tuple[int, str, str, bool]]:
        scope = _SCOPES.get(self.statement.kind, "true")
        self._cursor.execute(_COPIES + scope + _IN_ORDER, self._names)
        return self._cursor.fetchall()

    def look(self) -> str:
        return json.dumps([oid for oid, *_ in self._copies()])

    def leftovers(self, found: str) -> list[tuple[str, str]]:
        before = _oids(found) or []
        return [(name, table) for oid, name, table, _ in self._copies() if oid not in before]


class _Detached(Aftermath):
    """A partition that is detached: cut off halfway, it is pending, and has to be finished."""

    def _pending(self) -> bool | None:
        self._cursor.execute(_ATTACHED, self._names)
        found = self._cursor.fetchone()
        return bool(found[0]) if found else None

    def look(self) -> str:
        return "" if self._pending() is None else "attached"

    def outcome(self, found: str | None) -> Outcome:
        if self._pending() is not None:
            return Outcome.NOT_DONE
        was = {"attached": Outcome.DONE, "": Outcome.NOT_DONE}
        return Outcome.UNKNOWN if found is None else was.get(found, Outcome.UNKNOWN)

    def completion(self) -> str:
        if not self._pending():
            return ""
        return "ALTER TABLE {table} DETACH PARTITION {name} FINALIZE".format_map(self._names)


class _Named(Aftermath):
    """A database, tablespace or subscription that is made or dropped."""

    def _exists(self) -> bool:
        where = _NAMES[self.statement.kind]
        name = "".join(self.statement.name[-1:])
        self._cursor.execute(f"SELECT FROM pg_catalog.{where} {EQUALS} %s", (name,))
        return bool(self._cursor.rowcount)

    def look(self) -> str:
        return "there" if self._exists() else ""

    def outcome(self, found: str | None) -> Outcome:
        if found not in ("there", ""):
            return Outcome.UNKNOWN
        makes = self.statement.effect is Effect.MAKES
        return Outcome.DONE if self._exists() == makes != bool(found) else Outcome.NOT_DONE


_KINDS = {
    Effect.MAKES_INDEX: _NewIndex,
    Effect.DROPS_INDEX: _GoneIndex,
    Effect.REBUILDS_INDEXES: _RebuiltIndexes,
    Effect.DETACHES_PARTITION: _Detached,
    Effect.MAKES: _Named,
    Effect.DROPS: _Named,
    Effect.REPEATABLE: _Repeatable,
    Effect.UNKNOWN: _Unknown,
}


def aftermath_of(cursor: Cursor, statement: AloneStatement) -> Aftermath:
    """What looks for the effects of a statement; the arguments are those of Aftermath."""
    return _KINDS[statement.effect](cursor, statement)
