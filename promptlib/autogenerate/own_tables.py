"""Which tables the migrations' files make, followed through renames and drops. Pure.

What dynamic SQL, SELECT INTO and CREATE SCHEMA with elements make is not seen, so it is nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from promptlib.autogenerate.operations import TableKey
from promptlib.syntax.ddl import SCHEMA, may_be_same_name, object_changes
from promptlib.syntax.lexemes import SPACE, byte_pattern
from promptlib.syntax.tokens import TokenReader, split_tokens, tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptlib.syntax.ddl import ObjectChange
    from promptlib.syntax.statements import Statement
    from promptlib.syntax.tokens import ObjectName, Token

# Of files with millions of rows only these statements are looked at.
_TELLING = byte_pattern(rf"(?i:create|drop|alter|set|reset){SPACE}")


class SectionText(Protocol):
    """A section of a migration."""

    @property
    def source(self) -> bytes:
        """The text of its file."""

    @property
    def statements(self) -> Sequence[Statement]:
        """Where its statements are."""


class OwnTables:
    """The tables that some UP sections make and do not drop.

    Args:
        sections: in the order in which they ran.
        default: the schema where tables are made that are named without one.
    """

    def __init__(self, sections: Iterable[SectionText], default: str | None) -> None:
        self._default, self._path = default, default
        self._found: set[ObjectName] = set()
        for section in sections:
            self._path = default  # no setting reaches the next migration
            for statement in section.statements:
                if _TELLING.match(section.source, statement.head):
                    tokens = tokenize_statement(section.source, statement)
                    self._read(section.source, tokens)

    @property
    def keys(self) -> set[TableKey]:
        """The tables, those of the default schema without one."""
        return {
            TableKey(schema if schema != self._default else None, name)
            for schema, name in self._found
        }

    def _read(self, source: bytes, tokens: Sequence[Token]) -> None:
        reader = TokenReader(tokens)
        if reader.take_any("SET", "RESET"):
            reader.take_any("LOCAL", "SESSION")
            if reader.take("SEARCH_PATH"):
                self._path = self._first_schema(source, reader)
        for change in object_changes(tokens):
            self._apply(change)

    def _first_schema(self, source: bytes, reader: TokenReader) -> str | None:
        """The schema that a search_path begins with; that of the role is not there, as a rule."""
        if not (reader.take("TO") or reader.take_symbol("=")) or reader.word == "DEFAULT":
            return self._default
        pieces = (piece[0] for piece in split_tokens(reader.rest) if piece)
        names = (each.name or source[each.start + 1 : each.end - 1].decode() for each in pieces)
        return next((name for name in names if name not in ("$user", "")), None)

    def _apply(self, change: ObjectChange) -> None:
        name = change.object.name
        if change.object.kind == SCHEMA:
            self._apply_to_schema(change)
        elif change.verb == "make" and change.object.kind == "TABLE":
            self._found.add(self._qualified(name))
        elif change.verb in ("drop", "rename") and change.object.is_relation:
            gone = self._meant(name)
            self._found -= gone
            if change.verb == "rename" and gone:
                self._found.add(self._qualified(change.to, self._schema_of(gone)))

    def _apply_to_schema(self, change: ObjectChange) -> None:
        inside = {name for name in self._found if name[:1] == change.object.name}
        if change.verb == "drop":
            self._found -= inside
        elif change.verb == "rename":
            self._found -= inside
            self._found |= {(*change.to, *name[1:]) for name in inside}

    def _schema_of(self, names: set[ObjectName]) -> str | None:
        return next(iter(names))[0] if len(names) == 1 else self._path

    def _qualified(self, name: ObjectName, schema: str | None = None) -> ObjectName:
        return name[-2:] if len(name) > 1 else (schema or self._path or "", *name)

    def _meant(self, name: ObjectName) -> set[ObjectName]:
        """The tables that a name stands for: without a schema, one of the search_path's."""
        exact = self._qualified(name)
        if exact in self._found:
            return {exact}
        return {each for each in self._found if may_be_same_name(each, name)}
