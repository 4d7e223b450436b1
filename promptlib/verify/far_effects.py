"""What a section does that no rollback undoes, beyond its database. Pure.

A transaction of a trial is looked at before it is committed. But the server does some things at
once: it makes a replication slot, ends a session, reads its configuration anew, writes a file. So
the text alone is looked at, the bodies of functions included, whoever calls them and when.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from promptlib.syntax.lexemes import byte_pattern
from promptlib.syntax.tokens import split_tokens, tokenize, tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.files.section import Section
    from promptlib.syntax.tokens import Token

_FUNCTIONS = re.compile(
    r"pg_(?:(?:create|copy)_(?:logical|physical)_replication_slot|drop_replication_slot"
    r"|replication_slot_advance|sync_replication_slots|logical_slot_get_(?:binary_)?changes"
    r"|replication_origin_(?:advance|xact_setup)|reload_conf|rotate_logfile(?:_old)?|promote"
    r"|(?:terminate|cancel)_backend|(?:start|stop)_backup|backup_(?:start|stop)|switch_wal"
    r"|create_restore_point|wal_replay_(?:pause|resume)"
    r"|stat_(?:reset_(?:shared|slru|replication_slot|subscription_stats)|statements_reset)"
    r"|file_(?:write|rename|unlink|sync))"
    r"|lo_export|dblink(?:_exec|_connect(?:_u)?|_open|_send_query)?"
)
_COPY = "COPY"
_MAY_BE_ONE = byte_pattern(r"pg_|lo_export|dblink|\bcopy\b", re.IGNORECASE)  # found quickly
_WITH_CODE = ("DO", "FUNCTION", "PROCEDURE")


def first_far_effect(section: Section, index: int) -> str:
    """Name what a statement does at once beyond its database, or nothing: `pg_reload_conf`."""
    source, statement = section.source, section.statements[index]
    if not _MAY_BE_ONE.search(source, statement.head, statement.end):
        return ""
    tokens = tokenize_statement(source, statement)
    words = [token.word for token in tokens[:5]]
    has_code = words[:1] == ["DO"] or (words[:1] == ["CREATE"] and {*words} & {*_WITH_CODE})
    return next(_far_effects(source, tokens, strings=bool(has_code)), "")


def _far_effects(source: bytes, tokens: Sequence[Token], *, strings: bool) -> Iterator[str]:
    """What is named in tokens, and in the strings among them, where these are code."""
    for token, following in pairwise(tokens):
        if following.symbol == "(" and _FUNCTIONS.fullmatch(token.name):
            yield token.name
    for piece in split_tokens(tokens, ";"):
        yield from _written_files(piece)
    if strings:
        for token in tokens:
            if token.is_string:
                text = _unquoted(source[token.start : token.end])
                if text != source:  # as the empty name is
                    yield from _far_effects(text, tokenize(text, 0, len(text)), strings=True)


def _unquoted(literal: bytes) -> bytes:
    """What a literal says; one in dollar quotes comes without them."""
    return literal[1:-1].replace(b"''", b"'") if literal.startswith(b"'") else literal


def _written_files(piece: Sequence[Token]) -> Iterator[str]:
    """COPY to a file of the server's, or through one of its programs."""
    depth, is_copy = 0, False
    for token, following in pairwise(piece):
        is_copy = is_copy or token.word == _COPY
        depth += {"(": 1, ")": -1}.get(token.symbol, 0)
        if is_copy and not depth and token.word in ("TO", "FROM"):
            if following.word == "PROGRAM":
                yield "COPY ... PROGRAM"
            elif token.word == "TO" and following.word != "STDOUT":
                yield "COPY ... TO"
