"""What earlier migrations, and the statements before one, have made: by their text. Pure.

It is known of an object that something made it and nothing has dropped it since. What depends on an
object dropped with CASCADE is still thought to be there: to know too much keeps a finding back, to
know too little makes a false one.
"""

from __future__ import annotations

import itertools
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from promptlib.syntax.ddl import (
    COLUMN,
    CONSTRAINT,
    SCHEMA,
    NamedObject,
    ObjectChange,
    may_be_same_name,
    object_changes,
)
from promptlib.syntax.tokens import TokenReader, split_tokens, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptlib.syntax.tokens import ObjectName, Token

_TEMPORARY = "pg_temp"
_NOT_NULL = ("IS", "NOT", "NULL")


class TableCheck(NamedTuple):
    """A CHECK of a table.

    Attributes:
        table: whose.
        name: empty, where PostgreSQL chooses one.
        not_null: the columns that it says are NOT NULL.
        says_more: whether it says something else too.
        is_valid: whether every row was compared with it.
    """

    table: ObjectName
    name: ObjectName
    not_null: frozenset[str]
    says_more: bool
    is_valid: bool


class Schema:
    """Objects by their names, and what else is known of tables."""

    def __init__(self) -> None:
        self._by_name: dict[str, set[NamedObject]] = {}
        self._of_table: dict[str, set[NamedObject]] = {}
        self._partitioned: set[ObjectName] = set()
        self._checks: list[TableCheck] = []
        self._not_null: set[tuple[ObjectName, str]] = set()

    def apply(self, statement: Sequence[Token]) -> None:
        """Go on behind a statement."""
        for change in object_changes(statement):
            self._apply(change)
        self._partitioned |= {*_partitioned_table(statement)}
        self._read_checks(statement)

    def add_temporary(self, statement: Sequence[Token]) -> None:
        """Know the temporary table, view, sequence or function that a statement makes."""
        reader = TokenReader(statement)
        if not reader.take("CREATE"):
            return
        reader.take("OR", "REPLACE")
        reader.take_any("GLOBAL", "LOCAL")
        is_temporary = reader.take_any("TEMP", "TEMPORARY")
        reader.take("RECURSIVE")
        kind = reader.take_any("TABLE", "VIEW", "SEQUENCE", "FUNCTION")
        reader.take("IF", "NOT", "EXISTS")
        name = reader.name() if kind else ()
        if name and (is_temporary or name[0] == _TEMPORARY):
            self._add(NamedObject(kind, name))

    def find(self, wanted: NamedObject) -> list[NamedObject]:
        """The objects that may be meant by a name."""
        found = self._by_name.get(wanted.name[-1], ()) if wanted.name else ()
        return [*filter(wanted.is_same, found)]

    def has(self, wanted: NamedObject) -> bool:
        """Whether an object may be there."""
        return bool(self.find(wanted))

    def has_table(self, name: ObjectName) -> bool:
        """Whether a table, or what shares its names with tables, may be there."""
        return self.has(NamedObject("TABLE", name))

    def is_partitioned(self, table: ObjectName) -> bool:
        """Whether a table was made with PARTITION BY."""
        return any(may_be_same_name(table, each) for each in self._partitioned)

    def not_null_columns(self, table: ObjectName) -> set[str]:
        """The columns of a table that ALTER TABLE has SET NOT NULL."""
        return {column for each, column in self._not_null if may_be_same_name(each, table)}

    def checks(self, table: ObjectName) -> list[TableCheck]:
        """The CHECKs of a table."""
        return [each for each in self._checks if may_be_same_name(each.table, table)]

    def _apply(self, change: ObjectChange) -> None:
        match change.verb:
            case "make":
                self._add(change.object)
            case "drop":
                self._remove(change.object)
            case "rename":
                self._rename(change.object, change.to)
            case "move":
                pass  # it keeps its name

    def _add(self, new: NamedObject) -> None:
        for index, name in ((self._by_name, new.name), (self._of_table, new.table)):
            if name:
                index.setdefault(name[-1], set()).add(new)

    def _discard(self, gone: NamedObject) -> None:
        for index, name in ((self._by_name, gone.name), (self._of_table, gone.table)):
            if name:
                index.get(name[-1], set()).discard(gone)

    def _members(self, table: ObjectName) -> list[NamedObject]:
        found = self._of_table.get(table[-1], ())
        return [each for each in found if may_be_same_name(each.table, table)]

    def _in_schema(self, schema: str) -> list[NamedObject]:
        found = itertools.chain.from_iterable(self._by_name.values())
        return [each for each in found if schema in (each.name[:-1] or each.name)]

    def _remove(self, gone: NamedObject) -> None:
        if not gone.name:
            return
        for each in self.find(gone) if gone.kind != SCHEMA else self._in_schema(gone.name[-1]):
            self._discard(each)
        if gone.is_relation:
            for each in self._members(gone.name):
                self._discard(each)
            self._partitioned = {
                each for each in self._partitioned if not may_be_same_name(each, gone.name)
            }
            self._checks = [
                each for each in self._checks if not may_be_same_name(each.table, gone.name)
            ]
        elif gone.kind == COLUMN:
            for each in self._members(gone.table):
                if gone.name[-1] in each.mentions and each.kind != COLUMN:
                    self._discard(each)
        elif gone.kind == CONSTRAINT:
            self._checks = [
                each
                for each in self._checks
                if not (each.name == gone.name and may_be_same_name(each.table, gone.table))
            ]

    def _rename(self, old: NamedObject, to: ObjectName) -> None:
        if not old.name or not to:
            return
        for each in self.find(old):
            self._discard(each)
            self._add(each._replace(name=to))
        if not old.is_relation:
            return
        for each in self._members(old.name):
            self._discard(each)
            self._add(each._replace(table=to))
        self._partitioned = {
            to if may_be_same_name(each, old.name) else each for each in self._partitioned
        }
        self._checks = [
            each._replace(table=to) if may_be_same_name(each.table, old.name) else each
            for each in self._checks
        ]

    def _read_checks(self, statement: Sequence[Token]) -> None:
        """Remember what CREATE TABLE and ALTER TABLE say of rows."""
        self._checks += _checks_of_new_table(statement)
        for table, action in table_actions(statement):
            if action.take("VALIDATE", CONSTRAINT):
                self._validate(table, action.name())
            elif action.take("ADD"):
                self._checks += _parse_check(action, table)
            elif action.take("ALTER"):
                action.take("COLUMN")
                column = action.name()
                if column and action.take("SET", "NOT", "NULL"):
                    self._not_null.add((table, column[-1]))
                elif column and action.take("DROP", "NOT", "NULL"):
                    self._not_null.discard((table, column[-1]))

    def _validate(self, table: ObjectName, name: ObjectName) -> None:
        self._checks = [
            each._replace(is_valid=True)
            if each.name == name and may_be_same_name(each.table, table)
            else each
            for each in self._checks
        ]


def table_actions(statement: Sequence[Token]) -> Iterator[tuple[ObjectName, TokenReader]]:
    """Yield the actions of ALTER TABLE, each with the table."""
    reader = TokenReader(statement)
    if not reader.take("ALTER"):
        return
    reader.take("FOREIGN")
    if reader.take("TABLE"):
        reader.take("IF", "EXISTS")
        reader.take("ONLY")
        table = reader.name()
        reader.take_symbol("*")
        for action in split_tokens(reader.rest):
            yield table, TokenReader(action)


def _partitioned_table(statement: Sequence[Token]) -> Iterable[ObjectName]:
    words = words_outside_parentheses(statement[:3])
    if words[:1] == ["CREATE"] and "TABLE" in words:
        outside = words_outside_parentheses(statement)
        if ("PARTITION", "BY") in pairwise(outside):
            return [
                change.object.name for change in object_changes(statement) if change.verb == "make"
            ]
    return ()


def _checks_of_new_table(statement: Sequence[Token]) -> Iterator[TableCheck]:
    reader = TokenReader(statement)
    if not reader.take("CREATE") or "TABLE" not in {token.word for token in statement[1:3]}:
        return
    reader.skip_to("TABLE")
    reader.take("IF", "NOT", "EXISTS")
    table = reader.name()
    for item in split_tokens(reader.parenthesised()):
        words = TokenReader(item)
        if words.skip_to("CHECK"):
            yield TableCheck(table, (), *_parse_condition(words.parenthesised()), is_valid=True)


def _parse_check(action: TokenReader, table: ObjectName) -> Iterator[TableCheck]:
    name = action.name() if action.take(CONSTRAINT) else ()
    if action.take("CHECK"):
        condition = _parse_condition(action.parenthesised())
        words = words_outside_parentheses(action.rest)
        yield TableCheck(table, name, *condition, ("NOT", "VALID") not in pairwise(words))


def _parse_condition(condition: Sequence[Token]) -> tuple[frozenset[str], bool]:
    """The columns that a condition says are NOT NULL, and whether it says something else too."""
    if "OR" in words_outside_parentheses(condition):
        return frozenset(), True
    reader, columns, says_more = TokenReader(condition), set[str](), False
    while reader.next:
        part = reader.until("AND")
        reader.step()
        if len(part) > 1 and part[0].symbol == "(" and part[-1].symbol == ")":
            inner, more = _parse_condition(part[1:-1])
        else:
            inner, more = _not_null_column(part)
        columns |= inner
        says_more |= more
    return frozenset(columns), says_more


def _not_null_column(part: Sequence[Token]) -> tuple[frozenset[str], bool]:
    reader = TokenReader(part)
    name = reader.name()
    if name and reader.take(*_NOT_NULL) and not reader.next:
        return frozenset(name[-1:]), False
    return frozenset(), True
