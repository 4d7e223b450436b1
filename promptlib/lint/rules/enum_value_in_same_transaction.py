"""A value that ALTER TYPE adds and the same transaction uses: SQLSTATE 55P04.

It is allowed where the transaction has made the type itself. A value is compared with every literal
behind the ALTER TYPE: which type a literal has, its text does not say.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.lint.schema import Schema
from promptlib.syntax.ddl import VALUE, NamedObject, object_changes
from promptlib.syntax.plpgsql import block_bodies, is_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText, StatementText
    from promptlib.syntax.tokens import Token

# What names a value without using it.
_ONLY_NAME_IT = (["ALTER", "TYPE"], ["COMMENT", "ON"])


def find_enum_values_used_too_early(text: MigrationText) -> Iterator[Complaint]:
    """Yield the first use of each value that the same transaction has added."""
    for section in text.sections(transactional=True):
        added = _added_values(text.source, section)
        if added:
            for token in _tokens(text.source, section):
                literal = _literal(text.source, token)
                if token.start > added.get(literal, token.start):
                    del added[literal]
                    what = "the server refuses a value that the same transaction has added"
                    remedy = "add the value in an earlier migration of its own"
                    yield Complaint(token.start, what, remedy)


def _added_values(source: bytes, section: Iterable[StatementText]) -> dict[bytes, int]:
    """The values that are added to types that were there before, with where that is."""
    made, added = Schema(), dict[bytes, int]()
    for statement in section:
        offsets = {
            change.object.offset
            for change in object_changes(statement.tokens)
            if (change.verb, change.object.kind) == ("make", VALUE)
            and not made.has(NamedObject("TYPE", change.object.table))
        }
        for token in statement.tokens:
            if token.start in offsets:
                added.setdefault(_literal(source, token), token.start)
        made.apply(statement.tokens)
    return added


def _tokens(source: bytes, section: Sequence[StatementText]) -> Iterator[Token]:
    """The tokens that may use a value, those in DO blocks too."""
    naming = [each.tokens for each in section if _only_names(each.tokens)]
    for statement in section:
        bodies = block_bodies(source, statement.tokens)
        tokens = chain.from_iterable(bodies) if is_block(statement.tokens) else statement.tokens
        for token in tokens:
            if not any(each[0].start <= token.start <= each[-1].end for each in naming):
                yield token


def _only_names(statement: Sequence[Token]) -> bool:
    return [token.word for token in statement[:2]] in _ONLY_NAME_IT


def _literal(source: bytes, token: Token) -> bytes:
    return source[token.start : token.end] if token.is_string else b""
