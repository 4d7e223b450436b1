"""What is in a scratch database, at one moment after the other: read anew as far as it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from promptlib.postgres.catalog import merged, read_objects
from promptlib.verify.changes import changed_objects
from promptlib.verify.rows import read_rows, read_tables

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.catalog import Catalog, Objects
    from promptlib.verify.rows import Table, TableRows

_Item = TypeVar("_Item")


class Snapshot(NamedTuple):
    """A database at one moment: definitions, tables and rows by the number of their object."""

    objects: Objects
    tables: dict[int, Table]
    rows: dict[int, Counter[str]]


class Change(NamedTuple):
    """What may differ between two moments, as it was and as it is: all else is the same.

    Attributes:
        objects: definitions.
        rows: of tables, by their names.
        keys: the columns of these tables' primary keys, as they were.
    """

    objects: Catalog
    objects_now: Catalog
    rows: TableRows
    rows_now: TableRows
    keys: dict[str, list[str]]


class ScratchState:
    """Follows what a connection does to a database that nobody else works in.

    Args:
        connection: in no transaction when something is read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = Snapshot({}, {}, {})
        # The numbers of what has changed since it was read, and since it was asked for; None: of
        # anything.
        self._unread: set[int] | None = None
        self._changed: set[int] | None = None

    def note_changes(self, cursor: Cursor) -> None:
        """Remember what a transaction has changed.

        Args:
            cursor: in that transaction, which is committed next.

        Raises:
            psycopg2.Error: when what is left to do at the end of the transaction fails.
        """
        if self._unread is None and self._changed is None:
            return
        found = changed_objects(cursor)
        self._unread = _united(self._unread, found)
        self._changed = _united(self._changed, found)

    def lose_track(self) -> None:
        """Take everything for changed: what ran has ended its transactions itself."""
        self._unread = self._changed = None

    def changed_tables(self) -> set[int] | None:
        """The numbers of what may have changed since this was asked; None: of anything."""
        found, self._changed = self._changed, set()
        return found

    def snapshot(self) -> Snapshot:
        """What is there now."""
        changed, self._unread = self._unread, set()
        if changed is None:
            self._known = Snapshot({}, {}, {})
        elif not changed:
            return self._known
        objects, tables, rows = self._known
        found = read_tables(self._connection, changed)
        self._known = Snapshot(
            _with_changes(objects, read_objects(self._connection, changed), changed),
            _with_changes(tables, found, changed),
            _with_changes(rows, read_rows(self._connection, found), changed),
        )
        return self._known


def compare_snapshots(before: Snapshot, now: Snapshot) -> Change:
    """What may differ between two moments of one database."""
    objects = _read_anew(before.objects, now.objects)
    rows = _read_anew(before.rows, now.rows)
    return Change(
        merged(before.objects.get(number, {}) for number in objects),
        merged(now.objects.get(number, {}) for number in objects),
        _by_name(before, rows),
        _by_name(now, rows),
        {table.name: table.key for number in rows if (table := before.tables.get(number))},
    )


def _by_name(snapshot: Snapshot, numbers: set[int]) -> TableRows:
    """The rows of some tables."""
    rows, tables = snapshot.rows, snapshot.tables
    return {tables[number].name: rows[number] for number in numbers if number in rows}


def _read_anew(before: Mapping[int, object], now: Mapping[int, object]) -> set[int]:
    """The numbers of what was read again between two snapshots."""
    return {each for each in before.keys() | now.keys() if before.get(each) is not now.get(each)}


def _with_changes(
    known: Mapping[int, _Item], found: Mapping[int, _Item], changed: set[int] | None
) -> dict[int, _Item]:
    return {each: known[each] for each in known.keys() - (changed or set())} | {**found}


def _united(some: set[int] | None, others: set[int] | None) -> set[int] | None:
    return None if some is None or others is None else some | others
