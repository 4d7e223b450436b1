"""Sections that make, alter or drop a table of the ledger are refused before anything runs.

An application may have a table called `migrations` of its own. Made where the ledger is, it would
be the ledger: CREATE TABLE IF NOT EXISTS would make nothing, and its DOWN would drop what ran here.
"""

from __future__ import annotations

from promptlib.core.errors import LedgerError, combine_errors
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line
from promptlib.ledger.names import USUAL_SCHEMAS, VERSION_TABLE

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from promptlib.files.section import Section
    from promptlib.ledger.changes import LedgerChange
    from promptlib.ledger.names import LedgerNames


_LARGE, _OVERLAP = 1 << 20, 64  # bytes that are looked at at once


def require_ledger_spared(
    path: Path | str,
    sections: Iterable[Section],
    names: LedgerNames,
    schemas: Sequence[str] = USUAL_SCHEMAS,
) -> None:
    """Refuse sections that make, alter or drop a table of the ledger.

    Args:
        path: of their file.
        sections: what is to run.
        names: of the ledger's tables; without a schema, in the usual one.
        schemas: where names without a schema are looked up.

    Raises:
        LedgerError: naming each place.
    """
    from promptlib.files.parser import place_in_file  # noqa: PLC0415 - few sections come here
    from promptlib.ledger.changes import ledger_changes  # noqa: PLC0415

    found = [
        _refusal(change, place_in_file(path, section.source, change.offset))
        for section in sections
        for change in ledger_changes(section, names, schemas)
    ]
    if found:
        raise combine_errors(found)


def may_change_ledger(source: bytes, words: re.Pattern[bytes]) -> bool:
    """Whether a file says one of `ledger_words`, told in little time of a large one, too."""
    if len(source) <= _LARGE:
        return words.search(source) is not None
    plain = words.pattern.split(b"|")
    pieces = (source[at : at + _LARGE + _OVERLAP].lower() for at in range(0, len(source), _LARGE))
    return any(word in piece for piece in pieces for word in plain)


def _refusal(change: LedgerChange, place: str) -> LedgerError:
    own_schema = "let the ledger have a schema of its own: version_table_schema in alembic.ini"
    if change.within:
        return LedgerError(
            f"{change.verb} {printable_line(change.within)}, and with it the ledger, which says "
            "what ran here",
            f"name what is to go one by one, or {own_schema}",
            place=place,
        )
    own_name = "let the ledger have another name: ledger_table in alembic.ini"
    return LedgerError(
        f"{change.verb} {printable_line(change.table)}, a table of the ledger, which says what ran "
        "here",
        "take that out; if a table of the application is meant, "
        f"{own_schema if change.table.endswith(VERSION_TABLE) else own_name}, or write the schema "
        "of that table before its name",
        place=place,
    )
