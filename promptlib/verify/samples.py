"""Made-up rows that respect the constraints of their tables, the same ones each time.

What a column may hold is tried out: a row that the server refuses names the constraint, and the
columns of that get other values. sample_values.py has the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import psycopg2
from psycopg2 import errorcodes

from promptlib.verify.attempts import Casts, attempt, message_in_short
from promptlib.verify.rows import QUALIFIED
from promptlib.verify.sample_tables import count_rows, read_sample_tables
from promptlib.verify.sample_values import (
    SERVER_DEFAULT,
    candidate_values,
    prefers_values_of_rows,
    table_seed,
    with_model,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.verify.sample_tables import Reference, SampleTable
    from promptlib.verify.session import ScratchSession

_Item = TypeVar("_Item")
_NONE = "\0"  # no constraint's name
_MOST_TRIES = 250  # of one row
_PARENTS = 20  # rows of another table to choose from
# Tables that one transaction fills: it keeps its locks on them, and one for each row.
_TOGETHER = 20
# What refuses a row does so at once, and names it. What is sent then names everything in full: the
# search_path is the usual one, for the bodies of triggers.
_IN_FILLING = "SET LOCAL jit = off; SET CONSTRAINTS ALL IMMEDIATE"
_AS_JSON = "pg_catalog.to_jsonb(made.*)::pg_catalog.text"


class SampleRow(NamedTuple):
    """A row that was made: of which table, and its values as JSON by column."""

    table: str
    values: str


class Samples(NamedTuple):
    """What came of filling tables.

    Attributes:
        rows: in the order in which they were made.
        refused: for each table that could not be filled, what the server said last.
    """

    rows: list[SampleRow]
    refused: dict[str, str]


class SampleMaker:
    """Fills the tables of databases, and remembers what it learnt there.

    Args:
        count: how many rows each table should have.
        without: the tables that get none, with their schemas.
    """

    def __init__(self, count: int, without: Collection[str] = ()) -> None:
        self._count = count
        self._without = without
        self._casts = Casts()
        self._refused: dict[str, tuple[SampleTable, str]] = {}

    def fill(self, session: ScratchSession, only: Collection[int] | None = None) -> Samples:
        """Give each table rows until it has some.

        Args:
            session: in no transaction, and in none afterwards.
            only: the numbers of the tables that get some; None: all.
        """
        return self._fill(session, self._tables_to_fill(session.connection, only))

    def refill(self, session: ScratchSession, changed: Collection[int] | None) -> Samples:
        """Fill what is not full any more, and what could not be filled before.

        Args:
            session: in no transaction, and in none afterwards.
            changed: the numbers of what has changed since all was full; None: of anything.
        """
        waiting = self._tables_to_fill(session.connection, changed, self._refused)
        return self._fill(session, waiting)

    def _fill(self, session: ScratchSession, waiting: list[SampleTable]) -> Samples:
        self._casts.forget_own()
        made: list[SampleRow] = []
        refused: dict[str, str] = {}
        while waiting:
            before = len(made)
            for some in _chunks(waiting, _TOGETHER):
                made += self._fill_some(session, some, refused, fresh=bool(made))
            still = [table for table in waiting if table.name in refused]
            if len(still) == len(waiting) and len(made) == before:
                break  # those that refer to each other's rows, for one
            waiting = still
        return Samples(made, refused)

    def _tables_to_fill(
        self, connection: Connection, only: Collection[int] | None, others: Collection[str] = ()
    ) -> list[SampleTable]:
        if not self._count or (only is not None and not only and not others):
            return []
        found = [
            each.oid
            for each in count_rows(connection, self._count, only, others)
            if each.rows < self._count and each.table not in self._without
        ]
        if not found:
            return []
        with connection, connection.cursor() as cursor:
            cursor.execute(QUALIFIED)
            return read_sample_tables(cursor, found)

    def _fill_some(
        self,
        session: ScratchSession,
        tables: Sequence[SampleTable],
        refused: dict[str, str],
        *,
        fresh: bool,
    ) -> Iterator[SampleRow]:
        """Fill tables in one transaction.

        Args:
            session: in no transaction.
            tables: to fill.
            refused: is told which of them could not be filled, and why.
            fresh: whether other tables have got rows meanwhile.
        """
        with session.connection as connection, connection.cursor() as cursor:
            cursor.execute(_IN_FILLING)
            for table in tables:
                known, why = self._refused.get(table.name, (None, ""))
                if table == known and not fresh:
                    refused[table.name] = why
                    continue
                filler = _Filler(cursor, table, self._casts)
                for row in filler.fill(self._count):
                    fresh = True
                    yield row
                if filler.refusal:
                    refused[table.name] = filler.refusal
                    self._refused[table.name] = (table, filler.refusal)
                else:
                    refused.pop(table.name, None)
            session.state.note_changes(cursor)

    def put_back(self, connection: Connection, rows: Iterable[SampleRow]) -> None:
        """Insert rows again, as far as their tables, and columns of them, are there.

        Args:
            connection: in no transaction, and in none afterwards.
            rows: in the order in which they were made.
        """
        found = [each.oid for each in count_rows(connection, 0)]
        with connection, connection.cursor() as cursor:
            cursor.execute(QUALIFIED)
            tables = {table.name: table for table in read_sample_tables(cursor, found)}
        for some in _chunks([row for row in rows if row.table in tables], _TOGETHER):
            with connection, connection.cursor() as cursor:
                cursor.execute(_IN_FILLING)
                for row in some:
                    _put_row_back(cursor, tables[row.table], row)


def _put_row_back(cursor: Cursor, table: SampleTable, row: SampleRow) -> None:
    names = ", ".join(_escape_percent(column.name) for column in table.columns)
    name = _escape_percent(table.name)
    attempt(
        cursor,
        f"INSERT INTO {name} ({names}) SELECT {names}"
        f" FROM pg_catalog.jsonb_populate_record(NULL::{name}, %s)",
        [row.values],
    )


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


class _Slot(NamedTuple):
    """Columns that get their values together, and what these may be."""

    columns: list[str]
    choices: list[tuple[object, ...]]


class _Filler:
    """Makes rows for one table."""

    def __init__(self, cursor: Cursor, table: SampleTable, casts: Casts) -> None:
        self._cursor = cursor
        self._table = table
        self._casts = casts
        self._columns = {column.name: column for column in table.columns}
        self.refusal = ""

    def fill(self, count: int) -> Iterator[SampleRow]:
        """Make the rows that are missing; where one cannot be made, `refusal` says why."""
        table = _escape_percent(self._table.name)
        self._cursor.execute(f"SELECT pg_catalog.count(*) FROM {table}", ())
        (there,) = self._cursor.fetchone() or (0,)
        for number in range(there + 1, count + 1):
            row = self._make_row(number, last=number == count > 1)
            if not row:
                return
            yield row

    def _make_row(self, number: int, *, last: bool) -> SampleRow | None:
        slots = [*self._slots(number, last=last)]
        chosen = [0] * len(slots)
        tries = 0
        while tries < _MOST_TRIES:
            if empty := next((slot for slot in slots if not slot.choices), None):
                self.refusal = f"no row to refer to in {', '.join(empty.columns)}"
                return None
            error = self._insert(slots, chosen)
            if isinstance(error, SampleRow):
                self.refusal = ""
                return error
            if not error:
                self.refusal = "a trigger or a rule takes no row"
                return None
            self.refusal = message_in_short(error)
            blamed = self._blamed(slots, error)
            if not blamed:
                if self._drop_invalid(slots, chosen):
                    continue
                blamed = [*range(len(slots))]
            tries += 1
            if not _advance(chosen, slots, blamed):
                break
        return None

    def _insert(self, slots: list[_Slot], chosen: list[int]) -> SampleRow | psycopg2.Error | None:
        """Insert what is chosen; nothing where the server does without the row."""
        values = {
            name: value
            for slot, index in zip(slots, chosen, strict=True)
            for name, value in zip(slot.columns, slot.choices[index], strict=True)
            if value is not SERVER_DEFAULT
        }
        table = _escape_percent(self._table.name)
        names = ", ".join(map(_escape_percent, values))
        casts = ", ".join(
            f"CAST(%s AS {_escape_percent(self._columns[name].type)})" for name in values
        )
        what = f"({names}) OVERRIDING USER VALUE VALUES ({casts})" if values else "DEFAULT VALUES"
        found = attempt(
            self._cursor,
            f"INSERT INTO {table} AS made {what} RETURNING {_AS_JSON}",
            [*values.values()],
        )
        if isinstance(found, psycopg2.Error):
            return found
        return SampleRow(self._table.name, found[0]) if found else None

    def _blamed(self, slots: list[_Slot], error: psycopg2.Error) -> list[int]:
        """The slots whose values the server does not like, where it says so."""
        diagnostics = error.diag
        constraint = diagnostics.constraint_name
        nameless = error.pgcode == errorcodes.CHECK_VIOLATION and not constraint
        named = self._table.constraints.get("" if nameless else constraint or _NONE, [])
        blamed = {*named, diagnostics.column_name}
        return [place for place, slot in enumerate(slots) if blamed & {*slot.columns}]

    def _drop_invalid(self, slots: list[_Slot], chosen: list[int]) -> bool:
        """Do without the chosen values that their types do not take; whether there were any.

        Of a row that a type refuses the server names no column.
        """
        dropped = False
        for place, slot in enumerate(slots):
            (name, *others) = slot.columns
            if others or name in self._referring:
                continue
            (value,) = slot.choices[chosen[place]]
            if not self._casts.takes(self._cursor, self._columns[name].type, value):
                del slot.choices[chosen[place]]
                chosen[place] = min(chosen[place], len(slot.choices) - 1)
                dropped = True
        return dropped

    @property
    def _referring(self) -> set[str]:
        return {name for reference in self._table.references for name in reference.columns}

    def _slots(self, number: int, *, last: bool) -> Iterator[_Slot]:
        taken: set[str] = set()
        for reference in self._table.references:
            if not taken & {*reference.columns} and {*reference.columns} <= self._columns.keys():
                taken |= {*reference.columns}
                yield _Slot(reference.columns, self._rows_to_refer_to(reference, number, last=last))
        seed = table_seed(self._table.name)
        model: dict[str, list[object]] | None = None
        for column in self._table.columns:
            if column.name not in taken:
                values = candidate_values(column, number, seed, empty=last)
                if column.name not in self._table.unique and prefers_values_of_rows(column):
                    model = self._values_of_row(number) if model is None else model
                    values = with_model(values, model.get(column.name, []), empty=last)
                yield _Slot([column.name], [(value,) for value in values])

    def _rows_to_refer_to(
        self, reference: Reference, number: int, *, last: bool
    ) -> list[tuple[object, ...]]:
        """Values of rows to refer to, another one first for each row."""
        names = _texts(reference.others)
        self._cursor.execute(
            f"SELECT {names} FROM {_escape_percent(reference.table)} ORDER BY {names} LIMIT %s",
            (_PARENTS,),
        )
        found = self._cursor.fetchall()
        turn = number % len(found) if found else 0
        needed = any(self._columns[name].required for name in reference.columns)
        nobody = [] if needed else [(None,) * len(reference.columns)]
        rows = [*found[turn:], *found[:turn]]
        return [*nobody, *rows] if last else [*rows, *nobody]

    def _values_of_row(self, number: int) -> dict[str, list[object]]:
        """The values of a row that is there: what is good for one is likely good for another."""
        names = _texts(column.name for column in self._table.columns)
        table = _escape_percent(self._table.name)
        self._cursor.execute(f"SELECT {names} FROM {table} ORDER BY {names} LIMIT %s", (number,))
        rows = self._cursor.fetchall()
        return (
            dict(zip(self._columns, ([value] for value in rows[-1]), strict=True)) if rows else {}
        )


def _advance(chosen: list[int], slots: list[_Slot], blamed: list[int]) -> bool:
    """Count on, as an odometer does, over the slots that are blamed; False when all was tried."""
    for place in blamed:
        chosen[place] += 1
        if chosen[place] < len(slots[place].choices):
            return True
        chosen[place] = 0
    return False


def _texts(names: Iterable[str]) -> str:
    """Columns as text."""
    return ", ".join(f"{_escape_percent(name)}::pg_catalog.text" for name in names)


def _escape_percent(name: str) -> str:
    """A name in a query that has values: psycopg2 takes % for one of them."""
    return name.replace("%", "%%")
