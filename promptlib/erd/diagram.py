"""SQLAlchemy tables -> what a picture of them shows: entities, their attributes, their relations.

Left to others: where the tables come from, and how Mermaid and Graphviz write a picture.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import CheckConstraint, Column, Enum, UniqueConstraint
from sqlalchemy.dialects import registry
from sqlalchemy.exc import CompileError, NoReferencedTableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Dialect, ForeignKeyConstraint, Index, MetaData, Table
    from sqlalchemy.schema import ColumnCollectionConstraint
    from sqlalchemy.types import TypeEngine

_SHORT = 40  # characters of a note: longer ones make a table too wide to stand beside others
_DIALECT: Dialect = registry.load("postgresql")()
_SHORTER = (
    (r"\b(time|timestamp)(\(\d\))? with time zone", r"\1tz\2"),
    (r" without time zone| collate .*", ""),
    (r"double precision", "float8"),
    (r"bit varying", "varbit"),
    (r"interval [a-z ]+", "interval"),
    (r", ", ","),
    (r'"', ""),
)
_LITERAL = r"'((?:[^']|'')*)'"
_ONE_OF = re.compile(rf"(?:\w+\.)?(\w+) IN \(((?:{_LITERAL}(?:, ?)?)+)\)")


class Attribute(NamedTuple):
    """A column.

    Attributes:
        name: of the column.
        type: as PostgreSQL writes it, shortened.
        keys: of PK, FK and UK; each column of a primary key has PK, only one that is unique by
            itself has UK.
        note: its comment, the values that it may have, what it is unique with; nothing of that
            where it is long.
    """

    name: str
    type: str
    keys: tuple[str, ...]
    note: str


class Entity(NamedTuple):
    """A table; of one that the model refers to and does not have, only the name is known."""

    name: str
    attributes: tuple[Attribute, ...]
    is_in_model: bool


class Relation(NamedTuple):
    """A foreign key.

    Attributes:
        parent: the table that it refers to.
        child: the table that it belongs to.
        columns: those of the child.
        is_optional: whether a child may be without a parent.
        is_single: whether a parent has one child at most.
        is_identifying: whether it is part of the child's primary key.
    """

    parent: str
    child: str
    columns: tuple[str, ...]
    is_optional: bool
    is_single: bool
    is_identifying: bool


class Diagram(NamedTuple):
    """What a picture shows."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


def build_diagram(models: Iterable[MetaData]) -> Diagram:
    """What a picture of these tables shows.

    A table stands behind those that it refers to, and by its name where that leaves a choice;
    tables that the model only refers to stand last.
    """
    tables = {table.fullname: table for each in models for table in each.tables.values()}
    found = {name: [*_relations(table)] for name, table in tables.items()}
    parents = {name: {relation.parent for relation in found[name]} for name in tables}
    names = [*_parents_first(parents)]
    elsewhere = sorted(set().union(*parents.values()) - {*tables})
    return Diagram(
        (
            *(Entity(name, tuple(_attributes(tables[name])), is_in_model=True) for name in names),
            *(Entity(name, (), is_in_model=False) for name in elsewhere),
        ),
        tuple(relation for name in names for relation in found[name]),
    )


def _parents_first(parents: Mapping[str, set[str]]) -> Iterator[str]:
    """The tables in order; where they refer to each other in a circle, the first by name."""
    waiting = sorted(parents)
    while waiting:
        left = {*waiting}
        ready = [name for name in waiting if not parents[name] & left - {name}]
        yield from (taken := ready or waiting[:1])
        waiting = [name for name in waiting if name not in taken]


def _referenced_name(key: ForeignKeyConstraint) -> str:
    try:
        return key.referred_table.fullname
    except NoReferencedTableError as error:
        return error.table_name


def _relations(table: Table) -> Iterator[Relation]:
    order = _column_names(table).index
    unique = _unique_keys(table)
    keys = [(_column_names(key), key) for key in table.foreign_key_constraints]
    for names, key in sorted(
        keys, key=lambda pair: ([*map(order, pair[0])], _referenced_name(pair[1]))
    ):
        yield Relation(
            _referenced_name(key),
            table.fullname,
            names,
            is_optional=any(column.nullable for column in key.columns),
            is_single=any({*names} >= {*each} for each in unique),
            is_identifying=all(column.primary_key for column in key.columns),
        )


def _unique_keys(table: Table) -> list[tuple[str, ...]]:
    """The columns, alone or together, whose values no two rows share."""
    keys: list[Index | ColumnCollectionConstraint] = [
        *(each for each in table.constraints if isinstance(each, UniqueConstraint)),
        *filter(_is_unique, table.indexes),
        table.primary_key,
    ]
    return sorted(_column_names(key) for key in keys if key.columns)


def _is_unique(index: Index) -> bool:
    """Whether an index keeps columns, not expressions, unique among all rows."""
    is_partial = index.dialect_options["postgresql"]["where"] is not None
    plain = all(isinstance(each, Column) for each in index.expressions)
    return bool(index.unique) and plain and not is_partial


def _column_names(owner: Table | Index | ColumnCollectionConstraint) -> tuple[str, ...]:
    return tuple(column.name for column in owner.columns)


def _attributes(table: Table) -> Iterator[Attribute]:
    unique = _unique_keys(table)
    values = dict(sorted(_allowed_values(table)))
    for column in table.columns:
        alone = (column.name,)
        marks = {
            "PK": column.primary_key,
            "FK": bool(column.foreign_keys),
            "UK": alone in unique and alone != _column_names(table.primary_key),
        }
        notes = [column.comment or "", values.get(column.name, "")]
        if not column.primary_key:
            notes += _unique_with(column.name, unique)
        yield Attribute(
            column.name,
            _type_text(column.type),
            tuple(mark for mark, is_so in marks.items() if is_so),
            "; ".join(note for note in notes if note and len(note) <= _SHORT),
        )


def _unique_with(name: str, unique: list[tuple[str, ...]]) -> Iterator[str]:
    """What the first column of a group says of the others."""
    for first, *others in unique:
        if first == name and others:
            yield f"unique with {_join_words(others, 'and')}"


def _allowed_values(table: Table) -> Iterator[tuple[str, str]]:
    """The columns that hold one of a few values, and these."""
    owners = (table, *table.columns)
    for constraint in (constraint for owner in owners for constraint in owner.constraints):
        if isinstance(constraint, CheckConstraint):
            rule = constraint.sqltext.compile(
                dialect=_DIALECT, compile_kwargs={"literal_binds": True}
            )
            if found := _ONE_OF.fullmatch(str(rule).strip()):
                values = [value.replace("''", "'") for value in re.findall(_LITERAL, found[2])]
                yield found[1], _join_words(values, "or")
    for column in table.columns:
        if isinstance(column.type, Enum):
            yield column.name, _join_words(column.type.enums, "or")


def _join_words(names: Sequence[str], word: str) -> str:
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last


def _type_text(kind: TypeEngine[object]) -> str:
    try:
        text = kind.compile(dialect=_DIALECT).lower()
    except CompileError:  # PostgreSQL has none such, or nobody has said which it is
        return "unknown"
    for longer, shorter in _SHORTER:
        text = re.sub(longer, shorter, text)
    return text
