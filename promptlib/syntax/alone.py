"""Statements that no transaction takes: which they are, and what they name. Pure.

Only what has to be known to look for their effects is read. Source: PreventInTransactionBlock in
PostgreSQL's src/backend, which refuses them within a transaction.
"""

from __future__ import annotations

import enum
import re
from itertools import pairwise

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.syntax.lexemes import byte_pattern
from promptlib.syntax.tokens import (
    TokenReader,
    split_tokens,
    tokenize_statement,
    words_outside_parentheses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.syntax.statements import Statement
    from promptlib.syntax.tokens import ObjectName, Token

_MAINTENANCE = ("VACUUM", "ANALYZE", "CLUSTER", "REINDEX", "CHECKPOINT", "DISCARD")
_MAY_BE = byte_pattern(
    rf"(?:{'|'.join(('CREATE', 'DROP', 'ALTER', *_MAINTENANCE))})\b", re.IGNORECASE
)

# By their first words; what stands in parentheses is left out.
_ALONE = (
    *((verb, kind) for verb in ("CREATE", "DROP") for kind in ("DATABASE", "TABLESPACE")),
    *(("REINDEX", kind) for kind in ("SCHEMA", "DATABASE", "SYSTEM")),
    ("ALTER", "SYSTEM"),
    ("DISCARD", "ALL"),
    ("VACUUM",),
)
_WITHOUT_SLOT = frozenset(("CONNECT", "CREATE_SLOT"))
_OFF = frozenset(("FALSE", "OFF"))


class Effect(enum.Enum):
    """What such a statement leaves, and where it can be seen."""

    MAKES_INDEX = enum.auto()
    DROPS_INDEX = enum.auto()
    REBUILDS_INDEXES = enum.auto()
    DETACHES_PARTITION = enum.auto()
    MAKES = enum.auto()  # a database, tablespace or subscription
    DROPS = enum.auto()
    REPEATABLE = enum.auto()  # whatever it did, to do it again does no more
    UNKNOWN = enum.auto()  # no catalog tells: DO and CALL, for two


class AloneStatement(NamedTuple):
    """What is known of a statement by its text.

    Attributes:
        effect: what it leaves.
        kind: of what it names: INDEX, TABLE, SCHEMA, DATABASE, SYSTEM, TABLESPACE, SUBSCRIPTION.
        name: what it makes, drops or rebuilds, or the partition; empty where PostgreSQL names it.
        table: that an index is made on, or that a partition is detached from.
        is_concurrent: whether it says CONCURRENTLY, and so never runs in a transaction.
    """

    effect: Effect
    kind: str = ""
    name: ObjectName = ()
    table: ObjectName = ()
    is_concurrent: bool = False

    @property
    def keeps_nobody_waiting(self) -> bool:
        """Whether it may wait without limit.

        To detach a partition locks that against its readers in the end, and waits for them first.
        """
        return self.is_concurrent and self.effect is not Effect.DETACHES_PARTITION


UNKNOWN = AloneStatement(Effect.UNKNOWN)


def read_alone(source: bytes, statement: Statement) -> AloneStatement:
    """What a statement's text says of what it leaves."""
    if not _MAY_BE.match(source, statement.head):
        return UNKNOWN  # without a look at all of its text, which may be long
    return read_alone_tokens(tokenize_statement(source, statement))


def read_alone_tokens(tokens: Sequence[Token]) -> AloneStatement:
    """The same, of its tokens."""
    reader = TokenReader(tokens)
    if reader.take("CREATE"):
        return _read_create(reader)
    if reader.take("DROP"):
        return _read_drop(reader)
    if reader.take("REINDEX"):
        return _read_reindex(reader)
    if reader.take("ALTER"):
        return _read_alter(reader)
    return AloneStatement(Effect.REPEATABLE) if reader.take_any(*_MAINTENANCE) else UNKNOWN


def _read_create(reader: TokenReader) -> AloneStatement:
    if kind := reader.take_any("DATABASE", "TABLESPACE", "SUBSCRIPTION"):
        return AloneStatement(Effect.MAKES, kind, reader.name())
    reader.take("UNIQUE")
    if not reader.take("INDEX", "CONCURRENTLY"):
        return UNKNOWN
    reader.take("IF", "NOT", "EXISTS")
    name = () if reader.word == "ON" else reader.name()
    reader.take("ON")
    table = _read_table(reader)
    return AloneStatement(Effect.MAKES_INDEX, "INDEX", name, table, is_concurrent=True)


def _read_table(reader: TokenReader) -> ObjectName:
    """A table's name, which may stand as `ONLY t`, `ONLY (t)` or `t *`."""
    reader.take("ONLY")
    if inside := reader.parenthesised():
        return TokenReader(inside).name()
    name = reader.name()
    reader.take_symbol("*")
    return name


def _read_drop(reader: TokenReader) -> AloneStatement:
    effect, concurrent = Effect.DROPS, False
    kind = reader.take_any("DATABASE", "TABLESPACE", "SUBSCRIPTION")
    if not kind and reader.take("INDEX", "CONCURRENTLY"):
        effect, kind, concurrent = Effect.DROPS_INDEX, "INDEX", True
    reader.take("IF", "EXISTS")
    return (
        AloneStatement(effect, kind, reader.name(), is_concurrent=concurrent) if kind else UNKNOWN
    )


def _read_reindex(reader: TokenReader) -> AloneStatement:
    options = [*filter(None, split_tokens(reader.parenthesised()))]
    chosen = any(name.word == "CONCURRENTLY" and _is_on(value) for name, *value in options)
    kind = reader.take_any("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM")
    if not (reader.take("CONCURRENTLY") or chosen):
        return AloneStatement(Effect.REPEATABLE)
    return AloneStatement(Effect.REBUILDS_INDEXES, kind, reader.name(), is_concurrent=True)


def _read_alter(reader: TokenReader) -> AloneStatement:
    if reader.take_any("SYSTEM", "DATABASE", "SUBSCRIPTION"):
        return AloneStatement(Effect.REPEATABLE)
    if not reader.take("TABLE"):
        return UNKNOWN
    reader.take("IF", "EXISTS")
    parent = _read_table(reader)
    if not reader.take("DETACH", "PARTITION"):
        return UNKNOWN
    partition = reader.name()
    if not reader.take("CONCURRENTLY"):
        return UNKNOWN
    return AloneStatement(Effect.DETACHES_PARTITION, "TABLE", partition, parent, is_concurrent=True)


def is_refused_in_transaction(tokens: Sequence[Token]) -> bool:
    """Whether the server refuses a statement inside a transaction, and inside a DO block."""
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
        name.word in _WITHOUT_SLOT and not _is_on(value)
        for name, *value in filter(None, split_tokens(options))
    )


def _is_on(value: Sequence[Token]) -> bool:
    """Whether an option that may stand alone is not switched off."""
    return _OFF.isdisjoint(token.word for token in value)
