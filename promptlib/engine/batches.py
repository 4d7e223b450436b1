"""Which statements of a section go to the server together. Pure."""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.session_settings import changes_settings
from promptlib.syntax.lexemes import GAP, byte_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.files.section import Section

MOST_STATEMENTS = 256
MOST_BYTES = 256 * 1024  # unless one statement alone has more
MOST_AHEAD = 8 * 1024  # bytes
# What decides how the statements behind it are read, or what is told of that, for a message is read
# whole before anything in it runs; what asks for the message, or for the time when it came; and
# hints, which pg_hint_plan takes from where the message begins.
_NAMES = (
    *(b"standard_conforming_strings", b"escape_string_warning", b"backslash_quote"),
    *(b"client_encoding", b"client_min_messages", b"current_query", b"statement_timestamp"),
    *(b"pg_stat_activity", b"/*+"),
)
# What another protocol would refuse in other words, or end otherwise, or lets be seen.
_NOT_AHEAD = byte_pattern(r"\$[0-9]|\bcopy\b|pg_cursors", re.IGNORECASE)
_WORDS = byte_pattern(rf"\bset{GAP}names\b|\breset{GAP}all\b", re.IGNORECASE)


def split_batches(section: Section) -> Iterator[range]:
    """The statements of a section, in order, as far as they may go at once."""
    first = start = 0
    for index, statement in enumerate(section.statements):
        is_full = index - first == MOST_STATEMENTS or statement.end - start > MOST_BYTES
        if index == first or is_full:
            yield from _without_loners(section, range(first, index))
            first, start = index, statement.start
    yield from _without_loners(section, range(first, len(section.statements)))


def split_ahead(section: Section) -> list[bytes]:
    """The statements of a section, each by itself, if it may begin while nobody has looked yet.

    It runs in a transaction that has the usual settings.
    """
    source, start, end = section.source, section.start, section.end
    if end - start > MOST_AHEAD or not section.transactional or section.settings:
        return []
    if changes_settings(section) or _NOT_AHEAD.search(source, start, end):
        return []
    return [source[each.start : each.end] for each in section.statements]


def _without_loners(section: Section, batch: range) -> Iterator[range]:
    """The same statements, those that must go alone by themselves."""
    first = batch.start
    if len(batch) > 1 and _has_loner(section, batch):
        for index in batch:
            alone = range(index, index + 1)
            if _has_loner(section, alone):
                yield from filter(None, (range(first, index), alone))
                first = index + 1
    yield from filter(None, (range(first, batch.stop),))


def _has_loner(section: Section, batch: range) -> bool:
    text = section.text_of(batch).lower()
    for name in _NAMES:
        if name in text:
            return True
    may_set = b"names" in text or b"reset" in text  # found much faster than the words
    return may_set and _WORDS.search(text) is not None
