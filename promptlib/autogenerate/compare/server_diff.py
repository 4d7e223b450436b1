"""Where the database is not as the model says, judged by the server itself.

A table of the model is made as a temporary one and rolled back at once: no real table is locked or
changed, and two ways of writing the same thing come out equal. What is done about a difference is
left to comparators.py.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import psycopg2
from alembic.util.sqla_compat import _get_constraint_final_name
from sqlalchemy import CheckConstraint, MetaData
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from promptlib.autogenerate.compare.associative import flatten_condition
from promptlib.autogenerate.compare.introspect import read_table_facts
from promptlib.autogenerate.dialect import driver_cursor, plain_dialect, quote_name
from promptlib.postgres.errors import explain_server_error
from promptlib.syntax.lexemes import STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Connection, Constraint, Table

    from promptlib.autogenerate.compare.introspect import SpelledColumn, TableFacts

_Result = TypeVar("_Result")
_TEMPORARY = "pg_temp"
_PROBE = "promptlib_probe"
_CONSTANT = re.compile(rf"(?:{STRING}|\(?-?[\d.]+\)?|true|false)(?:::[^:']+)?")


class TableDifferences(NamedTuple):
    """Where a table is not as the model says.

    Attributes:
        real: the table.
        model: what it would be; None, where the server refuses to make it.
        types: the columns of another type: what the type is, and what it would be.
        casts: for these, USING of the change and of the way back.
        defaults: the columns with another default.
        generated: the columns whose values are generated, or were, and not in the same way.
        constraints: what the rules of the model are called in the database, where they are equal.
        indexes: those of the same name that are equal.
        refusal: why the server refuses.
    """

    real: TableFacts
    model: TableFacts | None = None
    types: Mapping[str, tuple[str, str]] = {}
    casts: Mapping[str, tuple[str, str]] = {}
    defaults: frozenset[str] = frozenset()
    generated: frozenset[str] = frozenset()
    constraints: Mapping[str, str] = {}
    indexes: frozenset[str] = frozenset()
    refusal: str = ""


def named_constraints(table: Table) -> dict[str, Constraint]:
    """The CHECK and EXCLUDE constraints of the model that have a name, by that name."""
    of_columns = (rule for column in table.columns for rule in column.constraints)
    return {
        name: rule
        for rule in (*table.constraints, *of_columns)
        if isinstance(rule, CheckConstraint | ExcludeConstraint)
        and (name := _get_constraint_final_name(rule, plain_dialect()))
    }


def compare_on_server(
    connection: Connection, table: Table, types: Iterable[str]
) -> TableDifferences:
    """Compare a table of the model with the one in the database.

    Args:
        connection: to the database; what is made here is rolled back to a savepoint.
        table: of the model; one of that name is there.
        types: statements that make the types and sequences which the database has not, or has
            otherwise.
    """
    cursor = driver_cursor(connection)
    real = read_table_facts(cursor, _table_name(table))
    try:
        with _rolled_back(connection):
            for statement in (*types, *_creation_script(table)):
                cursor.execute(statement)
            return _Comparison(connection, cursor, table, real).differences()
    except psycopg2.Error as error:
        return TableDifferences(real, refusal=explain_server_error(error, "").what)
    except SQLAlchemyError as error:
        return TableDifferences(real, refusal=" ".join(str(error).split()))
    finally:
        cursor.close()


def _is_computed_alike(one: SpelledColumn, other: SpelledColumn) -> bool:
    texts = (flatten_condition(each.default or "") for each in (one, other))
    return one.generated == other.generated and len({*map(str, texts)}) == 1


@contextlib.contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _creation_script(table: Table) -> Iterator[str]:
    """The statements that make a table of the model as a temporary one, but for foreign keys."""
    naming = table.metadata.naming_convention
    copy = table.to_metadata(MetaData(naming_convention=naming), schema=_TEMPORARY)
    for column, original in zip(copy.columns, table.columns, strict=True):
        column.type = original.type  # its schema is not the table's
    copy._prefixes = []  # a temporary table is UNLOGGED by itself
    made = CreateTable(copy, include_foreign_key_constraints=[])
    yield str(made.compile(dialect=plain_dialect()))
    for index in table.indexes:  # a copy's name might have the schema in it
        sql = str(CreateIndex(index).compile(dialect=plain_dialect()))
        sql = sql.replace("INDEX CONCURRENTLY ", "INDEX ", 1)
        yield sql.replace(f" ON {_table_name(table)} ", f" ON {_temporary_name(table)} ", 1)


def _table_name(table: Table) -> str:
    return quote_name(table.name, table.schema)


def _temporary_name(table: Table) -> str:
    return f"{_TEMPORARY}.{quote_name(table.name)}"


class _Comparison:
    """The comparison of a table with the temporary one beside it."""

    def __init__(
        self, connection: Connection, cursor: Cursor, table: Table, real: TableFacts
    ) -> None:
        self.connection, self.cursor, self.real = connection, cursor, real
        self.named = named_constraints(table).keys()
        self.temporary = _temporary_name(table)
        self.model = read_table_facts(cursor, self.temporary)

    def differences(self) -> TableDifferences:
        """All of them."""
        real, model = self.real, self.model
        both = {
            name: (column, model.columns[name])
            for name, column in real.columns.items()
            if name in model.columns
        }
        types = {name: (a.type, b.type) for name, (a, b) in both.items() if a.type != b.type}
        generated = {
            name
            for name, (a, b) in both.items()
            if (a.generated or b.generated) and not _is_computed_alike(a, b)
        }
        return TableDifferences(
            real,
            model,
            types,
            {
                name: (self.find_cast(old, new), self.find_cast(new, old))
                for name, (old, new) in types.items()
            },
            frozenset(name for name, (a, b) in both.items() if not self.same_default(a, b)),
            frozenset(generated),
            self.constraints(),
            frozenset(
                name
                for name in real.indexes.keys() & model.indexes.keys()
                if self.means_same(real.indexes[name], model.indexes[name], self.respell_index)
            ),
        )

    def constraints(self) -> dict[str, str]:
        """The rules of the model that the database has, and what it calls them."""
        real, model = self.real.constraints, self.model.constraints
        found = {name: name for name in model if name in real and self.same_rule(name, name)}
        for name in model.keys() - found.keys() - self.named:  # the server has named them
            free = sorted(real.keys() - found.values() - self.named)
            same = next((each for each in free if self.same_rule(each, name)), None)
            if same:
                found[name] = same
        return found

    def same_rule(self, real: str, model: str) -> bool:
        """Whether a rule of the database is one of the model's."""
        return self.means_same(
            self.real.constraints[real], self.model.constraints[model], self.respell_constraint
        )

    def same_default(self, one: SpelledColumn, other: SpelledColumn) -> bool:
        """Whether two defaults are the same, or constants that make the same value of a type."""
        constants = all(_CONSTANT.fullmatch(each.default or "") for each in (one, other))
        if one.default == other.default or one.type != other.type or not constants:
            return one.default == other.default
        values = [f"({each.default})::{one.type}::pg_catalog.text" for each in (one, other)]
        query = f"SELECT {values[0]} OPERATOR(pg_catalog.=) {values[1]}"
        return self.attempt(query, self.cursor.fetchone) == (True,)

    def means_same(self, one: str, other: str, respell: Callable[[str], str | None]) -> bool:
        """Whether two texts mean the same: some change once more when a dump of them is read."""
        if one == other or flatten_condition(one) == flatten_condition(other):
            return True
        found, wanted = respell(one), respell(other)
        if found is None or wanted is None:
            return False
        return flatten_condition(found) == flatten_condition(wanted)

    def respell_constraint(self, text: str) -> str | None:
        """How the server spells a rule that it has spelled before."""
        sql = f"ALTER TABLE {self.temporary} ADD CONSTRAINT {_PROBE} {text}"
        return self.attempt(
            sql, lambda: read_table_facts(self.cursor, self.temporary).constraints[_PROBE]
        )

    def respell_index(self, text: str) -> str | None:
        """How the server spells an index that it has spelled before."""
        unique = "UNIQUE " if text.startswith("UNIQUE ") else ""
        method = text.removeprefix("UNIQUE ")
        sql = f"CREATE {unique}INDEX {_PROBE} ON {self.temporary} USING {method}"
        return self.attempt(
            sql, lambda: read_table_facts(self.cursor, self.temporary).indexes[_PROBE]
        )

    def find_cast(self, old: str, new: str) -> str:
        """What USING needs to say of a value `x` to change its type: nothing, a cast, or two."""
        made = f"CREATE TEMPORARY TABLE {_PROBE} (x {old})"
        for using in ("", f"x::{new}"):
            clause = f" USING {using}" if using else ""
            change = f"ALTER TABLE {_TEMPORARY}.{_PROBE} ALTER COLUMN x TYPE {new}{clause}"
            if self.attempt(f"{made}; {change}", lambda: True):
                return using
        return f"x::text::{new}"

    def attempt(self, sql: str, result: Callable[[], _Result]) -> _Result | None:
        """What came of a statement, which is rolled back; None, if the server refuses it."""
        try:
            with _rolled_back(self.connection):
                self.cursor.execute(sql)
                return result()
        except psycopg2.Error:
            return None
