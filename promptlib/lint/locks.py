"""Which tables a statement locks so that others wait, and whether it takes longer with more rows.

As PostgreSQL's pages on explicit locking and on each command say. A lock that only other changes of
the schema wait for, as that of VALIDATE CONSTRAINT, is none here. Pure.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from promptlib.lint.schema import table_actions
from promptlib.syntax.ddl import INDEX, object_changes
from promptlib.syntax.dml import INSERT, write_commands
from promptlib.syntax.tokens import TokenReader, split_tokens, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.syntax.tokens import ObjectName, Token

_ON_TABLES = (INDEX, "TRIGGER", "POLICY", "RULE")
_ALONE = (("VALIDATE",), ("CLUSTER", "ON"), ("SET", "WITHOUT"), ("ATTACH", "PARTITION"))
_SET_OPTIONS = (("SET",), ("RESET",))  # followed by a parenthesis
_REWRITES = (("LOGGED",), ("UNLOGGED",), ("TABLESPACE",), ("ACCESS", "METHOD"))
_LIGHT_MODES = frozenset(("ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"))
_CONSTRAINTS = frozenset(("CHECK", "FOREIGN", "EXCLUDE", "PRIMARY", "UNIQUE"))
_COMPUTED = frozenset(("STORED", "IDENTITY", "SERIAL", "BIGSERIAL", "SMALLSERIAL"))
_READS_ALL = ("CLUSTER", "REINDEX", "REFRESH", "MERGE")


def locked_tables(statement: Sequence[Token]) -> Iterator[ObjectName]:
    """Yield the tables whose readers or writers wait for a statement's transaction to end."""
    yield from _locked_by_definition(statement)
    yield from {table for table, action in table_actions(statement) if not _is_light(action)}
    reader = TokenReader(statement)
    is_lock = reader.word == "LOCK" and lock_mode(statement) not in _LIGHT_MODES
    is_reindex = reader.take("REINDEX", "TABLE") and reader.word != "CONCURRENTLY"
    if is_lock or is_reindex or reader.word in ("TRUNCATE", "CLUSTER"):
        yield from named_tables(statement)


def _locked_by_definition(statement: Sequence[Token]) -> Iterator[ObjectName]:
    """The tables of what is made or dropped, and those that are dropped."""
    concurrent = "CONCURRENTLY" in words_outside_parentheses(statement[:4])
    for verb, changed, *_ in object_changes(statement):
        if changed.kind in _ON_TABLES and changed.table and not concurrent:
            yield changed.table
        elif changed.kind == "TABLE" and verb in ("make", "drop"):
            yield from filter(None, [changed.name if verb == "drop" else changed.table])


def _is_light(action: TokenReader) -> bool:
    """Whether only other changes of the schema wait for an action of ALTER TABLE."""
    if any(action.take(*words) for words in _ALONE):
        return True
    if action.take("ALTER"):
        action.take("COLUMN")
        action.name()
    return bool(action.take("SET", "STATISTICS")) or (
        any(action.take(*words) for words in _SET_OPTIONS) and bool(action.parenthesised())
    )


def named_tables(statement: Sequence[Token]) -> Iterator[ObjectName]:
    """Yield the tables that LOCK, TRUNCATE, CLUSTER, VACUUM or REINDEX TABLE name."""
    reader = TokenReader(statement)
    reader.step()
    while reader.take_any("TABLE", "ONLY", "VERBOSE", "FULL", "FREEZE", "ANALYZE"):
        pass
    reader.parenthesised()
    reader.take("TABLE")
    for piece in split_tokens(reader.until("IN", "RESTART", "CONTINUE", "CASCADE", "RESTRICT")):
        one = TokenReader(piece)
        one.take("ONLY")
        yield from filter(None, [one.name()])


def listed_names(tables: Sequence[ObjectName]) -> str:
    """Some tables as a reader would list them."""
    *others, last = (".".join(each) for each in tables)
    return f"{', '.join(others)} and {last}" if others else last


def lock_mode(statement: Sequence[Token]) -> str:
    """The mode of LOCK TABLE."""
    reader = TokenReader(statement)
    if not reader.skip_to("IN"):
        return "ACCESS EXCLUSIVE"
    return " ".join(token.word for token in reader.until("MODE"))


def rewrites_rows(action: TokenReader) -> str:
    """What of SET LOGGED, SET TABLESPACE and the like an action of ALTER says; or nothing."""
    if action.take("SET"):
        for words in _REWRITES:
            if action.take(*words):
                return f"SET {' '.join(words)}"
    return ""


def is_slow(statement: Sequence[Token]) -> bool:
    """Whether a statement takes the longer, the more rows there are, as far as its text says."""
    words = words_outside_parentheses(statement)
    return (
        words[0] in _READS_ALL
        or any(map(_writes_rows, write_commands(statement)))
        or _builds(words)
        or any(_reads_rows(action) for _, action in table_actions(statement))
    )


def _writes_rows(command: Sequence[Token]) -> bool:
    return command[0].word != INSERT or "SELECT" in words_outside_parentheses(command)


def _builds(words: Sequence[str]) -> bool:
    """Whether an index is built, or a table or materialized view filled."""
    if words[0] != "CREATE" or "CONCURRENTLY" in words:
        return False
    kinds = words[1:4]
    return INDEX in kinds or "MATERIALIZED" in kinds or ("TABLE" in kinds and "AS" in words)


def _reads_rows(action: TokenReader) -> bool:
    """Whether an action of ALTER TABLE compares or writes the rows."""
    words = words_outside_parentheses(action.rest)
    pairs = {*pairwise(words)}
    if rewrites_rows(action):
        return True
    if words[:1] == ["ADD"]:
        checks = not _CONSTRAINTS.isdisjoint(words[:4]) and ("NOT", "VALID") not in pairs
        return (checks and ("USING", INDEX) not in pairs) or not _COMPUTED.isdisjoint(words)
    is_type = words[:1] == ["ALTER"] and "TYPE" in words
    return words[:1] == ["VALIDATE"] or is_type or ("SET", "NOT") in pairs
