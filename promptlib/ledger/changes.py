"""What statements make, alter or drop of the ledger, as far as their text says. Pure.

It is loaded where a section names a table of the ledger, or a schema: few do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.ledger.names import USUAL_SCHEMAS, VERSION_TABLE, ledger_words
from promptlib.syntax.ddl import SCHEMA, altered_object, object_changes
from promptlib.syntax.plpgsql import block_statements
from promptlib.syntax.tokens import TokenReader, split_tokens, tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.files.section import Section
    from promptlib.ledger.names import LedgerNames
    from promptlib.syntax.ddl import NamedObject, ObjectChange
    from promptlib.syntax.tokens import ObjectName, Token

_HEADS = (b"CREATE", b"ALTER", b"DROP", b"TRUNCATE", b"DO")
_LONGEST_HEAD = max(map(len, _HEADS))
_MINE = ("CURRENT_USER", "CURRENT_ROLE", "SESSION_USER")


class LedgerChange(NamedTuple):
    """What a statement does to the ledger.

    Attributes:
        offset: where the statement names what it changes.
        verb: `makes`, `alters`, `moves`, `drops` or `empties`.
        table: of the ledger, as it is named there; empty, where it is what the table is in.
        within: the schema, say, that is dropped or renamed with all that is in it.
    """

    offset: int
    verb: str
    table: str
    within: str = ""


def ledger_changes(
    section: Section, names: LedgerNames, schemas: Sequence[str]
) -> Iterator[LedgerChange]:
    """What a section does to the ledger, in order.

    Args:
        section: as it is written.
        names: of the ledger's tables; without a schema, in the usual one.
        schemas: where names without a schema are looked up.
    """
    ledger, words = _LedgerAsNamed(names, schemas, section), ledger_words(names)
    source = section.source
    for statement in section.statements:
        head = source[statement.head : statement.head + _LONGEST_HEAD].upper()
        if head.startswith(_HEADS) and words.search(source, statement.head, statement.end):
            tokens = tokenize_statement(source, statement)
            yield from ledger.changes(tokens)
            for inner in block_statements(source, tokens):
                yield from ledger.changes(inner.tokens)


class _LedgerAsNamed:
    """The ledger's tables, as a section would name them.

    Args:
        names: of the tables.
        schemas: where names without a schema are looked up.
        section: which may have that looked up elsewhere.
    """

    def __init__(self, names: LedgerNames, schemas: Sequence[str], section: Section) -> None:
        self._schema = names.schema or USUAL_SCHEMAS[0]
        self._tables = {*names.tables, VERSION_TABLE}
        self._is_on_path = self._schema in schemas or section.mentions("search_path")

    def changes(self, tokens: Sequence[Token]) -> Iterator[LedgerChange]:
        """What a statement does to them."""
        reader = TokenReader(tokens)
        altered = altered_object(tokens)
        if reader.take("TRUNCATE"):
            yield from self._emptied(reader)
        elif reader.take("DROP", "OWNED"):
            if any(each.word in _MINE for each in tokens):
                yield LedgerChange(tokens[0].start, "drops", "", "all that its user owns")
        elif altered and self._is_named_by(altered):
            yield LedgerChange(altered.offset, "alters", self._shown(altered.name, altered.table))
        else:
            for change in object_changes(tokens):
                yield from self._change(change)

    def _change(self, change: ObjectChange) -> Iterator[LedgerChange]:
        changed = change.object
        if changed.kind == SCHEMA:
            if change.verb != "make" and changed.name == (self._schema,):
                within = f"the schema {self._schema}"
                yield LedgerChange(changed.offset, f"{change.verb}s", "", within)
        elif self._is_one(change.to):
            yield LedgerChange(changed.offset, "makes", self._shown(change.to))
        elif self._is_named_by(changed):
            verb = f"{change.verb}s" if self._is_one(changed.name) else "alters"
            yield LedgerChange(changed.offset, verb, self._shown(changed.name, changed.table))

    def _emptied(self, reader: TokenReader) -> Iterator[LedgerChange]:
        """What TRUNCATE names."""
        reader.take("TABLE")
        for piece in filter(None, split_tokens(reader.rest)):
            one = TokenReader(piece)
            one.take("ONLY")
            offset, name = one.offset, one.name()
            if self._is_one(name):
                yield LedgerChange(offset, "empties", self._shown(name))

    def _is_named_by(self, found: NamedObject) -> bool:
        return (found.is_relation and self._is_one(found.name)) or self._is_one(found.table)

    def _is_one(self, name: ObjectName) -> bool:
        schema, table = name[-2:-1], name[-1:]
        is_there = schema == (self._schema,) if schema else self._is_on_path
        return is_there and bool(table) and table[0] in self._tables

    def _shown(self, *candidates: ObjectName) -> str:
        return ".".join(next(name for name in candidates if self._is_one(name)))
