"""What earlier migrations, and the statements before one, have made: by their text. Pure.

It is known of an object that something made it and nothing has dropped it since. What depends on an
object dropped with CASCADE is still thought to be there: to know too much keeps a finding back, to
know too little makes a false one.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from promptlib.syntax.ddl import (
    COLUMN,
    CONSTRAINT,
    SCHEMA,
    NamedObject,
    may_be_same_name,
    object_changes,
)
from promptlib.syntax.tokens import TokenReader, split_tokens, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from promptlib.syntax.ddl import ObjectChange
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


class PartitionedTable(NamedTuple):
    """A table that was made with PARTITION BY."""

    table: ObjectName


class NotNullColumn(NamedTuple):
    """A column that ALTER TABLE has SET NOT NULL."""

    table: ObjectName
    column: str


class Schema:
    """Objects by their names, and what else is known of tables.

    Args:
        was_there: whether something else has made an object before: IF NOT EXISTS and OR REPLACE
            make nothing then.
    """

    def __init__(self, was_there: Callable[[NamedObject], bool] | None = None) -> None:
        self._was_there = was_there
        self._by_name: dict[str, set[NamedObject]] = {}
        self._of_table: dict[str, set[NamedObject]] = {}
        self._facts: list[TableCheck | PartitionedTable | NotNullColumn] = []

    def apply(self, statement: Sequence[Token]) -> None:
        """Go on behind a statement."""
        for change in object_changes(statement):
            match change.verb:
                case "make":
                    self._make(change)
                case "drop":
                    self._drop(change.object)
                case "rename":
                    self._rename(change.object, change.to)
                case "move":
                    pass  # it keeps its name
        self._facts += _facts_of_new_table(statement)
        for table, action in table_actions(statement):
            self._learn(table, action)

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
        return PartitionedTable in map(type, self._facts_of(table))

    def not_null_columns(self, table: ObjectName) -> set[str]:
        """The columns of a table that ALTER TABLE has SET NOT NULL."""
        facts = self._facts_of(table)
        return {each.column for each in facts if isinstance(each, NotNullColumn)}

    def checks(self, table: ObjectName) -> list[TableCheck]:
        """The CHECKs of a table."""
        return [each for each in self._facts_of(table) if isinstance(each, TableCheck)]

    def _facts_of(self, table: ObjectName) -> list[TableCheck | PartitionedTable | NotNullColumn]:
        return [each for each in self._facts if may_be_same_name(each.table, table)]

    def _forget(self, facts: Iterable[object]) -> None:
        gone = [*facts]
        self._facts = [each for each in self._facts if each not in gone]

    def _make(self, change: ObjectChange) -> None:
        if not (change.guard and self._was_there and self._was_there(change.object)):
            self._add(change.object)

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

    def _drop(self, gone: NamedObject) -> None:
        if not gone.name:
            return
        for each in (*self.find(gone), *self._dropped_with(gone)):
            self._discard(each)
        if gone.is_relation:
            self._forget(self._facts_of(gone.name))
        elif gone.kind == CONSTRAINT:
            self._forget(each for each in self.checks(gone.table) if each.name == gone.name)

    def _dropped_with(self, gone: NamedObject) -> list[NamedObject]:
        """What is no more when an object is dropped, but for what only CASCADE drops."""
        if gone.is_relation:
            return self._members(gone.name)
        if gone.kind == COLUMN:
            members = [each for each in self._members(gone.table) if each.kind != COLUMN]
            return [each for each in members if gone.name[-1] in each.mentions]
        if gone.kind == SCHEMA:
            known = chain.from_iterable(self._by_name.values())
            return [each for each in known if each.name[:-1] == gone.name]
        return []

    def _rename(self, old: NamedObject, to: ObjectName) -> None:
        if not old.name or not to:
            return
        for each in self.find(old):
            self._discard(each)
            self._add(each._replace(name=to))
        if old.is_relation:
            for each in self._members(old.name):
                self._discard(each)
                self._add(each._replace(table=to))
            facts = self._facts_of(old.name)
            self._forget(facts)
            self._facts += [each._replace(table=to) for each in facts]

    def _learn(self, table: ObjectName, action: TokenReader) -> None:
        """Remember what an action of ALTER TABLE says of rows."""
        if action.take("VALIDATE", CONSTRAINT):
            name = action.name()
            found = [each for each in self.checks(table) if each.name == name]
            self._forget(found)
            self._facts += [each._replace(is_valid=True) for each in found]
        elif action.take("ADD"):
            self._facts += _parse_check(action, table)
        elif action.take("ALTER"):
            action.take("COLUMN")
            column = NotNullColumn(table, "".join(action.name()))
            if action.take("SET", "NOT", "NULL"):
                self._facts.append(column)
            elif action.take("DROP", "NOT", "NULL"):
                self._forget([column])


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


def _facts_of_new_table(
    statement: Sequence[Token],
) -> Iterator[TableCheck | PartitionedTable]:
    """What CREATE TABLE says of rows."""
    reader = TokenReader(statement)
    if not reader.take("CREATE") or "TABLE" not in {token.word for token in statement[1:3]}:
        return
    reader.skip_to("TABLE")
    reader.take("IF", "NOT", "EXISTS")
    table = reader.name()
    if ("PARTITION", "BY") in pairwise(words_outside_parentheses(reader.rest)):
        yield PartitionedTable(table)
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
