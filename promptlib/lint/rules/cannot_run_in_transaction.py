"""Statements that the server refuses inside a transaction, and inside a DO block.

It says what squawk does not say of a section's only statement, and not of every kind.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint
from promptlib.syntax.alone import read_alone_tokens
from promptlib.syntax.tokens import TokenReader, split_tokens, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText, StatementText
    from promptlib.syntax.tokens import Token

# By their first words; what stands in parentheses is left out.
_ALONE = (
    *((verb, kind) for verb in ("CREATE", "DROP") for kind in ("DATABASE", "TABLESPACE")),
    *(("REINDEX", kind) for kind in ("SCHEMA", "DATABASE", "SYSTEM")),
    ("ALTER", "SYSTEM"),
    ("DISCARD", "ALL"),
    ("VACUUM",),
)
_WITHOUT_SLOT = frozenset(("CONNECT", "CREATE_SLOT"))
_ENDS_TRANSACTION = ("COMMIT", "ROLLBACK")


def find_statements_refused_in_transaction(text: MigrationText) -> Iterator[Complaint]:
    """Yield what runs in a transaction, or in a DO block, and cannot."""
    for transactional in (True, False):
        for section in text.sections(transactional=transactional):
            for statement in section:
                if statement.block:
                    yield from _in_block(statement, transactional=transactional)
                elif transactional and _needs_no_transaction(statement.tokens):
                    remedy = "write transaction:false behind the marker of a section of its own"
                    what = "the server refuses this in a transaction"
                    yield Complaint(statement.offset, what, remedy)


def _in_block(statement: StatementText, *, transactional: bool) -> Iterator[Complaint]:
    if _needs_no_transaction(statement.tokens):
        what = "the server refuses this in a DO block"
        remedy = "write it as a statement of its own, in a section with transaction:false"
        yield Complaint(statement.offset, what, remedy)
    elif transactional and statement.word in _ENDS_TRANSACTION:
        what = f"the server refuses {statement.word} in a DO block inside a transaction"
        remedy = "take it out: promptlib commits the section and rolls back what fails"
        yield Complaint(statement.offset, what, remedy)


def _needs_no_transaction(tokens: Sequence[Token]) -> bool:
    bare = [word for word in words_outside_parentheses(tokens) if word]
    return (
        read_alone_tokens(tokens).is_concurrent
        or any((*bare[: len(first)],) == first for first in _ALONE)
        or bare in (["CLUSTER"], ["CLUSTER", "VERBOSE"])
        or (bare[:2] == ["ALTER", "DATABASE"] and ("SET", "TABLESPACE") in pairwise(bare))
        or (bare[:2] == ["CREATE", "SUBSCRIPTION"] and _makes_slot(tokens))
    )


def _makes_slot(tokens: Sequence[Token]) -> bool:
    """Whether CREATE SUBSCRIPTION makes a slot on the other server, which cannot be undone."""
    reader = TokenReader(tokens)
    options = reader.parenthesised() if reader.skip_to("WITH") else ()
    return not any(
        name.word in _WITHOUT_SLOT and "FALSE" in {token.word for token in value}
        for name, *value in filter(None, split_tokens(options))
    )
