"""A section that undoes what the other one of its migration did in part.

It runs from its start, and some of its statements find nothing to undo. Such a one counts as done
only where it does nothing but drop (or make) one object, the other section makes (or drops) that,
and it is not there (or is). Any other error is one.
"""

from __future__ import annotations

from psycopg2 import errorcodes

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.engine.runner import sqlstate_of
from promptlib.ledger.tables import EQUALS
from promptlib.syntax.ddl import (
    COLUMN,
    CONSTRAINT,
    SCHEMA,
    NamedObject,
    ObjectChange,
    object_changes,
)
from promptlib.syntax.dml import block_commands, is_idempotent, may_write, write_commands
from promptlib.syntax.lexemes import quote_name
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.core.errors import PromptlibError
    from promptlib.files.section import Section
    from promptlib.syntax.tokens import Token

_VERBS = {"make": "drop", "drop": "make"}
_SAYS = {
    "make": frozenset(
        (
            errorcodes.DUPLICATE_TABLE,
            errorcodes.DUPLICATE_OBJECT,
            errorcodes.DUPLICATE_COLUMN,
            errorcodes.DUPLICATE_FUNCTION,
            errorcodes.DUPLICATE_SCHEMA,
        )
    ),
    "drop": frozenset(
        (
            errorcodes.UNDEFINED_TABLE,
            errorcodes.UNDEFINED_OBJECT,
            errorcodes.UNDEFINED_COLUMN,
            errorcodes.UNDEFINED_FUNCTION,
            errorcodes.INVALID_SCHEMA_NAME,
        )
    ),
}
_RELATION = "relation"


def _of_table(catalog: str, table: str, name: str) -> str:
    """A condition: whether a catalog has something of a table, by its name."""
    of = f"{table} {EQUALS} pg_catalog.to_regclass(%(table)s)"
    return f"EXISTS (SELECT FROM pg_catalog.{catalog} WHERE {of} AND {name} {EQUALS} %(plain)s)"


# Whether there is an object, by its kind. Of the others no name tells, or nothing but a name.
_THERE = {
    _RELATION: "pg_catalog.to_regclass(%(name)s) IS NOT NULL",
    **dict.fromkeys(("TYPE", "DOMAIN"), "pg_catalog.to_regtype(%(name)s) IS NOT NULL"),
    SCHEMA: "pg_catalog.to_regnamespace(%(name)s) IS NOT NULL",
    COLUMN: _of_table("pg_attribute", "NOT attisdropped AND attrelid", "attname"),
    CONSTRAINT: _of_table("pg_constraint", "conrelid", "conname"),
    "TRIGGER": _of_table("pg_trigger", "tgrelid", "tgname"),
    "POLICY": _of_table("pg_policy", "polrelid", "polname"),
}


class Undoing(NamedTuple):
    """What is undone.

    Attributes:
        section: that undoes.
        other: that was cut off; None where its file is gone.
        done: how many statements of that one took effect, as far as that is known; else 0.
    """

    section: Section
    other: Section | None
    done: int

    def excuses(self, cursor: Cursor, index: int, error: PromptlibError) -> bool:
        """Whether a statement failed because there was nothing to undo.

        Args:
            cursor: in no failed transaction.
            index: which statement, from 0.
            error: what it failed with.
        """
        changes = _changes(self.section, index)
        if len(changes) != 1 or sqlstate_of(error) not in _SAYS.get(changes[0].verb, ()):
            return False
        (change,) = changes
        return any(map(change.object.is_same, self._unreached(_VERBS[change.verb]))) and _confirms(
            cursor, change
        )

    def doubtful(self) -> int | None:
        """The first statement that may take back what never happened; None: there is none.

        It counts or adds rows anew, and the other section, which would have changed rows too, did
        not come so far.
        """
        if self.other and not any(self._writes(self.other, self.done)):
            return None
        statements = range(len(self.section.statements))
        return next((each for each in statements if _counts(self.section, each)), None)

    def _writes(self, section: Section, first: int) -> Iterator[bool]:
        for index in range(first, len(section.statements)):
            yield may_write(_tokens(section, index))

    def _unreached(self, verb: str) -> list[NamedObject]:
        """What the other section would have made, or dropped, behind where it was cut off."""
        if not self.other:
            return []
        rest = range(self.done, len(self.other.statements))
        changes = (change for index in rest for change in _changes(self.other, index))
        return [change.object for change in changes if change.verb == verb]


def _tokens(section: Section, index: int) -> list[Token]:
    return tokenize_statement(section.source, section.statements[index])


def _changes(section: Section, index: int) -> list[ObjectChange]:
    return list(object_changes(_tokens(section, index)))


def _counts(section: Section, index: int) -> bool:
    """Whether a statement changes rows anew each time that it runs, as far as its text says."""
    tokens = _tokens(section, index)
    if tokens[0].word in ("CALL", "MERGE"):
        return True  # nobody knows
    commands = [*write_commands(tokens), *block_commands(section.source, tokens)]
    return any(not is_idempotent(command) for command in commands)


def _confirms(cursor: Cursor, change: ObjectChange) -> bool:
    """Whether the catalog says the same, as far as it can be asked."""
    target = change.object
    asked = _THERE.get(_RELATION if target.is_relation else target.kind)
    if not asked:
        return True  # the error names nothing else
    name, table = quote_name(*target.name), quote_name(*target.table)
    cursor.execute(f"SELECT {asked}", {"name": name, "table": table, "plain": target.name[-1]})
    (there,) = cursor.fetchone() or (None,)
    return bool(there) == (change.verb == "make")
