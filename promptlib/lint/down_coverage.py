"""What UP makes and DOWN leaves behind, as far as their text says. Pure.

A guess that rather says too little: of a DOWN that runs dynamic SQL it says nothing, and what UP
drops and makes again, or replaces, was there before. Proving it is left to verify.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.syntax.ddl import (
    COLUMN,
    CONSTRAINT,
    INDEX,
    SCHEMA,
    VALUE,
    NamedObject,
    may_be_same_name,
    object_changes,
)
from promptlib.syntax.plpgsql import is_block, only_refuses, runs_dynamic_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText, StatementText
    from promptlib.syntax.ddl import ObjectChange
    from promptlib.syntax.tokens import ObjectName, Token

_MAY_BE_UNNAMED = (INDEX, CONSTRAINT)
_GO_WITH_COLUMNS = (INDEX, CONSTRAINT, "SEQUENCE", "STATISTICS")
_OUTLIVE_CASCADES = ("TABLE", "FOREIGN TABLE", SCHEMA, "SEQUENCE", "EXTENSION", "TYPE")


class MadeObject(NamedTuple):
    """An object that UP made, or renamed.

    Attributes:
        object: as it is called now.
        before: its name before UP; empty for one that is new.
    """

    object: NamedObject
    before: ObjectName = ()

    @property
    def is_back(self) -> bool:
        """Whether it has the name again that it had before UP."""
        return may_be_same_name(self.object.name, self.before)


def objects_left_by_down(text: MigrationText) -> list[MadeObject]:
    """What UP makes or renames, and DOWN neither drops nor renames back."""
    if any(_is_opaque(text.source, statement.tokens) for statement in text.down):
        return []
    balance = _Balance(text.was_there)
    for change in _changes(text.up):
        balance.apply(change)
    balance.goes_up = False
    for change in _changes(text.down):
        balance.apply(change)
    return [made for made in balance.made if not made.is_back]


def _changes(statements: Iterable[StatementText]) -> Iterator[ObjectChange]:
    for statement in statements:
        # A value of an enum cannot be dropped.
        yield from (each for each in object_changes(statement.tokens) if each.object.kind != VALUE)


def _is_opaque(source: bytes, statement: Sequence[Token]) -> bool:
    """Whether a statement may drop what its text does not name, or lets no DOWN run at all."""
    if is_block(statement):
        return runs_dynamic_sql(source, statement) or only_refuses(source, statement)
    words = [token.word for token in statement[:2]]
    return words[0] == "CALL" or words == ["DROP", "OWNED"]


class _Balance:
    """What UP made and is still there, change by change.

    Args:
        was_there: whether an earlier migration has made an object, as far as is known.
    """

    def __init__(self, was_there: Callable[[NamedObject], bool]) -> None:
        self.made: list[MadeObject] = []
        self.goes_up = True
        self._was_there = was_there
        self._gone: list[NamedObject] = []  # what UP found, and dropped or renamed

    def apply(self, change: ObjectChange) -> None:
        match change.verb:
            case "make":
                self._make(change.object, change.guard)
            case "drop":
                self._drop(change.object, cascades=change.cascades, guard=change.guard)
            case "rename":
                self._rename(change.object, change.to)
            case "move":
                self._update(
                    change.object.is_same,
                    lambda each: each._replace(
                        table=change.to, mentions=each.mentions | change.object.mentions
                    ),
                )

    def _make(self, new: NamedObject, guard: str) -> None:
        """Remember what UP makes; what DOWN makes anew was there before UP."""
        self._take(new.is_same)
        if self.goes_up and not self._was_found(new, guard):
            self.made.append(MadeObject(new))

    def _was_found(self, new: NamedObject, guard: str) -> bool:
        """Whether UP found an object of this name, which it replaces, or the table it goes with."""
        if guard and new.name and self._was_there(new):
            return True
        return any(
            new.is_same(each)
            or _may_be_unnamed(new, each)
            or (each.is_relation and may_be_same_name(new.table, each.name))
            for each in self._gone
        )

    def _drop(self, gone: NamedObject, *, cascades: bool, guard: str) -> None:
        found = self._take(gone.is_same)
        if not found and gone.kind in _MAY_BE_UNNAMED:
            found = self._take(lambda each: _may_be_unnamed(each, gone), most=1)
        if self.goes_up and not found and gone.name and (not guard or self._was_there(gone)):
            self._gone.append(gone)
        self._drop_with(gone, cascades=cascades)

    def _drop_with(self, gone: NamedObject, *, cascades: bool) -> None:
        for each in self._take(lambda each: _goes_with(each, gone, cascades=cascades)):
            self._drop_with(each.object, cascades=cascades)

    def _rename(self, old: NamedObject, to: ObjectName) -> None:
        found = self._take(old.is_same)
        if self.goes_up and not found:
            self._gone.append(old)
            found = [MadeObject(old, old.name)]
        self.made += [MadeObject(each.object._replace(name=to), each.before) for each in found]
        if old.is_relation:
            self._update(
                lambda each: may_be_same_name(each.table, old.name),
                lambda each: each._replace(table=to),
            )

    def _take(
        self, is_meant: Callable[[NamedObject], bool], most: int | None = None
    ) -> list[MadeObject]:
        """Forget some objects, and give them."""
        found = [each for each in self.made if is_meant(each.object)][:most]
        self.made = [each for each in self.made if each not in found]
        return found

    def _update(
        self, is_meant: Callable[[NamedObject], bool], updated: Callable[[NamedObject], NamedObject]
    ) -> None:
        self.made = [
            each._replace(object=updated(each.object)) if is_meant(each.object) else each
            for each in self.made
        ]


def _may_be_unnamed(made: NamedObject, gone: NamedObject) -> bool:
    """Whether an object whose name PostgreSQL chose may be the one that is dropped by a name."""
    same_table = not gone.table or may_be_same_name(made.table, gone.table)
    return made.kind == gone.kind and not made.name and same_table


def _goes_with(made: NamedObject, gone: NamedObject, *, cascades: bool) -> bool:
    """Whether dropping one object drops the other."""
    if not gone.name:
        return False
    if gone.is_relation and may_be_same_name(made.table, gone.name):
        return True
    if (
        gone.kind == COLUMN
        and made.kind in _GO_WITH_COLUMNS
        and may_be_same_name(made.table, gone.table)
    ):
        return gone.name[-1] in made.mentions
    if not cascades:
        return False
    if gone.kind == SCHEMA:  # what is named without a schema may be in this one
        return made.name[:-1] in ((), gone.name)
    return made.kind not in _OUTLIVE_CASCADES and gone.name[-1] in made.mentions
