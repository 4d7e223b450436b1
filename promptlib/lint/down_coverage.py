"""What UP makes and DOWN leaves behind, as far as their text says. Pure.

A guess that rather says too little: of a DOWN that runs dynamic SQL it says nothing. Proving it is
left to verify.
"""

from __future__ import annotations

import itertools
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
from promptlib.syntax.tokens import split_tokens, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promptlib.syntax.ddl import ObjectChange
    from promptlib.syntax.tokens import ObjectName, Token

    Statements = Sequence[Sequence[Token]]

_DDL = ("CREATE", "DROP", "ALTER")
# Behind these a statement of PL/pgSQL begins.
_OPENING = ("BEGIN", "THEN", "ELSE", "LOOP")
_CALLED_BY_TRIGGERS = ("FUNCTION", "PROCEDURE")
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


def objects_left_by_down(source: bytes, up: Statements, down: Statements) -> list[MadeObject]:
    """What UP makes or renames, and DOWN neither drops nor renames back.

    Args:
        source: the content of the file.
        up: the tokens of each statement.
        down: the same.
    """
    if any(_is_opaque(source, statement) for statement in down):
        return []
    balance = _Balance()
    for change in _changes(source, up):
        balance.apply(change)
    balance.goes_up = False
    for change in _changes(source, down):
        balance.apply(change)
    return [made for made in balance.made if not made.is_back]


def _changes(source: bytes, statements: Statements) -> Iterator[ObjectChange]:
    for statement in statements:
        for piece in _pieces(source, statement):
            # A value of an enum cannot be dropped.
            yield from (each for each in object_changes(piece) if each.object.kind != VALUE)


def _pieces(source: bytes, statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """A statement; of a DO block, what may be statements in it."""
    if statement[0].word != "DO":
        yield statement
        return
    for line in (line for body in _bodies(source, statement) for line in split_tokens(body, ";")):
        for at, token in enumerate(line):
            if token.word in _DDL and (not at or line[at - 1].word in _OPENING):
                yield line[at:]
                break


def _bodies(source: bytes, statement: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """What stands in the strings of a statement."""
    for token in statement:
        if token.is_string:
            yield tokenize(source, token.start, token.end)


def _is_opaque(source: bytes, statement: Sequence[Token]) -> bool:
    """Whether a statement may drop what its text does not name."""
    words = [token.word for token in statement[:2]]
    if words[0] != "DO":
        return words[0] == "CALL" or words == ["DROP", "OWNED"]
    return any(
        token.word == "CALL"
        or (token.word == "EXECUTE" and following.word not in _CALLED_BY_TRIGGERS)
        for body in _bodies(source, statement)
        for token, following in itertools.pairwise(body)
    )


class _Balance:
    """What UP made and is still there, change by change."""

    def __init__(self) -> None:
        self.made: list[MadeObject] = []
        self.goes_up = True

    def apply(self, change: ObjectChange) -> None:
        match change.verb:
            case "make":
                self._make(change.object)
            case "drop":
                self._drop(change.object, cascades=change.cascades)
            case "rename":
                self._rename(change.object, change.to)
            case "move":
                self._update(
                    change.object.is_same,
                    lambda each: each._replace(
                        table=change.to, mentions=each.mentions | change.object.mentions
                    ),
                )

    def _make(self, new: NamedObject) -> None:
        """Remember what UP makes; what DOWN makes anew was there before UP."""
        self._take(new.is_same)
        if self.goes_up:
            self.made.append(MadeObject(new))

    def _drop(self, gone: NamedObject, *, cascades: bool) -> None:
        if not self._take(gone.is_same) and gone.kind in _MAY_BE_UNNAMED:
            self._take(lambda each: _may_be_unnamed(each, gone), most=1)
        self._drop_with(gone, cascades=cascades)

    def _drop_with(self, gone: NamedObject, *, cascades: bool) -> None:
        for each in self._take(lambda each: _goes_with(each, gone, cascades=cascades)):
            self._drop_with(each.object, cascades=cascades)

    def _rename(self, old: NamedObject, to: ObjectName) -> None:
        found = self._take(old.is_same) or ([MadeObject(old, old.name)] if self.goes_up else [])
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
