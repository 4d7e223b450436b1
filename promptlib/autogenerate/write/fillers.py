"""What rows get in a NOT NULL column that comes back without its values. Pure."""

from __future__ import annotations

import re

_TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_UUID = "gen_random_uuid()"
# By the type, or by the letter of its category.
_FILLERS = dict.fromkeys(_TIMES, "'epoch'") | {
    "json": "'{}'",
    "jsonb": "'{}'",
    "bytea": "''",
    "uuid": _UUID,
    "A": "'{}'",
    "B": "false",
    "N": "0",
    "S": "''",
    "T": "'0'",
}
_SHORT = re.compile(r"\((?:[12]?\d|3[0-5])\)")  # texts with no room for a UUID


def filler_expression(type_: str, category: str, *, is_unique: bool) -> str:
    """An expression for rows that are there; empty, where only the author can say.

    Args:
        type_: of the column, as the server spells it.
        category: the type's, pg_type's letter.
        is_unique: whether no two rows may have the same.
    """
    found = _FILLERS.get(type_) or _FILLERS.get(category, "")
    if is_unique and category == "S" and not _SHORT.search(type_):
        found = _UUID
    return "" if is_unique and found != _UUID else found
