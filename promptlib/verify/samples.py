"""Made-up rows that respect the constraints of their tables, the same ones each time.

What a column may hold is tried out: a row that the server refuses names the constraint, and the
columns of that get other values. sample_values.py has the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2

from promptlib.core.printable import on_one_line
from promptlib.postgres.server_words import ServerWords
from promptlib.verify.sample_tables import read_sample_tables
from promptlib.verify.sample_values import SERVER_DEFAULT, candidate_values, prefers_values_of_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from psycopg2.extensions import cursor as Cursor

    from promptlib.verify.sample_tables import Reference, SampleTable
    from promptlib.verify.sample_values import SampleColumn

_MOST_TRIES = 250  # of one row
_PARENTS = 20  # rows of another table to choose from
# What was read is qualified, and so is what is sent; the bodies of triggers need not be.
_AS_USUAL = "SET LOCAL search_path TO DEFAULT"
_AS_JSON = "pg_catalog.to_jsonb(made)::pg_catalog.text"


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


def fill_tables(cursor: Cursor, count: int, only: Collection[str] | None = None) -> Samples:
    """Give each table rows until it has some.

    Args:
        cursor: in a transaction, with the trusted search_path, so that every name is qualified.
        count: how many rows each table should have.
        only: the tables that get some; None: all.
    """
    tables = [table for table in read_sample_tables(cursor) if only is None or table.name in only]
    cursor.execute(_AS_USUAL)
    made: list[SampleRow] = []
    refused: dict[str, str] = {}
    waiting = tables if count else []
    while waiting:
        refused = {}
        for table in waiting:
            filler = _Filler(cursor, table)
            made += filler.fill(count)
            if filler.refusal:
                refused[table.name] = filler.refusal
        still = [table for table in waiting if table.name in refused]
        if len(still) == len(waiting):
            break  # those that refer to each other's rows, for one
        waiting = still
    return Samples(made, refused)


def put_rows_back(cursor: Cursor, rows: Iterable[SampleRow]) -> None:
    """Insert rows again, as far as their tables, and columns of them, are there.

    Args:
        cursor: as for `fill_tables`.
        rows: in the order in which they were made.
    """
    tables = {table.name: table for table in read_sample_tables(cursor)}
    cursor.execute(_AS_USUAL)
    for row in rows:
        if table := tables.get(row.table):
            names = ", ".join(_escape_percent(column.name) for column in table.columns)
            name = _escape_percent(table.name)
            _attempt(
                cursor,
                f"INSERT INTO {name} ({names}) SELECT {names}"
                f" FROM pg_catalog.jsonb_populate_record(NULL::{name}, %s)",
                [row.values],
            )


class _Slot(NamedTuple):
    """Columns that get their values together, and what these may be."""

    columns: list[str]
    choices: Sequence[tuple[object, ...]]


class _Filler:
    """Makes rows for one table."""

    def __init__(self, cursor: Cursor, table: SampleTable) -> None:
        self._cursor = cursor
        self._table = table
        self._columns = {column.name: column for column in table.columns}
        self.refusal = ""

    def fill(self, count: int) -> Iterator[SampleRow]:
        """Make the rows that are missing; where one cannot be made, `refusal` says why."""
        table = _escape_percent(self._table.name)
        self._cursor.execute(f"SELECT pg_catalog.count(*) FROM {table}", ())
        (there,) = self._cursor.fetchone() or (0,)
        for number in range(there + 1, count + 1):
            row = self._make_row(number)
            if not row:
                return
            yield row

    def _make_row(self, number: int) -> SampleRow | None:
        slots = [*self._slots(number)]
        if empty := next((slot for slot in slots if not slot.choices), None):
            self.refusal = f"no row to refer to in {', '.join(empty.columns)}"
            return None
        chosen = [0] * len(slots)
        for _ in range(_MOST_TRIES):
            error = self._insert(slots, chosen)
            if isinstance(error, SampleRow):
                self.refusal = ""
                return error
            if not error:
                self.refusal = "a trigger or a rule takes no row"
                return None
            self.refusal = _message(error)
            if not _advance(chosen, slots, self._blamed(slots, error)):
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
        found = _attempt(
            self._cursor,
            f"INSERT INTO {table} AS made {what} RETURNING {_AS_JSON}",
            [*values.values()],
        )
        if isinstance(found, psycopg2.Error):
            return found
        return SampleRow(self._table.name, found[0]) if found else None

    def _blamed(self, slots: list[_Slot], error: psycopg2.Error) -> list[int]:
        """The slots whose values the server does not like; all, where it does not say."""
        diagnostics = error.diag
        named = self._table.constraints.get(diagnostics.constraint_name or "", [])
        blamed = {*named, diagnostics.column_name}
        found = [place for place, slot in enumerate(slots) if blamed & {*slot.columns}]
        return found or [*range(len(slots))]

    def _slots(self, number: int) -> Iterator[_Slot]:
        taken: set[str] = set()
        for reference in self._table.references:
            if not taken & {*reference.columns} and {*reference.columns} <= self._columns.keys():
                taken |= {*reference.columns}
                yield _Slot(reference.columns, self._rows_to_refer_to(reference, number))
        model = self._values_of_row(number)
        for column in self._table.columns:
            if column.name not in taken:
                values = candidate_values(column, number)
                if column.name not in self._table.unique and prefers_values_of_rows(column):
                    values = [*model.get(column.name, []), *values]
                valid = [(value,) for value in values if self._is_valid(column, value)]
                yield _Slot([column.name], valid)

    def _rows_to_refer_to(self, reference: Reference, number: int) -> list[tuple[object, ...]]:
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
        return [*found[turn:], *found[:turn], *nobody]

    def _values_of_row(self, number: int) -> dict[str, list[object]]:
        """The values of a row that is there: what is good for one is likely good for another."""
        names = _texts(column.name for column in self._table.columns)
        table = _escape_percent(self._table.name)
        self._cursor.execute(f"SELECT {names} FROM {table} ORDER BY {names} LIMIT %s", (number,))
        rows = self._cursor.fetchall()
        return (
            dict(zip(self._columns, ([value] for value in rows[-1]), strict=True)) if rows else {}
        )

    def _is_valid(self, column: SampleColumn, value: object) -> bool:
        """Whether the type takes the value; of a row that it refuses the server names none."""
        if value is None or value is SERVER_DEFAULT:
            return True
        cast = f"SELECT CAST(%s AS {_escape_percent(column.type)}) IS NULL"
        return not isinstance(_attempt(self._cursor, cast, [value]), psycopg2.Error)


def _advance(chosen: list[int], slots: list[_Slot], blamed: list[int]) -> bool:
    """Count on, as an odometer does, over the slots that are blamed; False when all was tried."""
    for place in blamed:
        chosen[place] += 1
        if chosen[place] < len(slots[place].choices):
            return True
        chosen[place] = 0
    return False


def _attempt(
    cursor: Cursor, query: str, values: list[object]
) -> tuple[Any, ...] | psycopg2.Error | None:
    """The first row that a query gives, or its error; the transaction goes on in any case."""
    cursor.execute("SAVEPOINT promptlib_sample")
    try:
        cursor.execute(query, values)
        found = cursor.fetchone() if cursor.description else None
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK TO SAVEPOINT promptlib_sample")
        return error
    cursor.execute("RELEASE SAVEPOINT promptlib_sample")
    return found


def _message(error: psycopg2.Error) -> str:
    return on_one_line(ServerWords.of(error.diag).masked().primary or str(error))


def _texts(names: Iterable[str]) -> str:
    """Columns as text."""
    return ", ".join(f"{_escape_percent(name)}::pg_catalog.text" for name in names)


def _escape_percent(name: str) -> str:
    """A name in a query that has values: psycopg2 takes % for one of them."""
    return name.replace("%", "%%")
