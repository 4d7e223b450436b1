"""Sections that make, alter or drop a table of the ledger are refused before anything runs.

An application may have a table called `migrations` of its own. Made where the ledger is, it would
be the ledger: CREATE TABLE IF NOT EXISTS would make nothing, and its DOWN would drop what ran here.
"""

from __future__ import annotations

import functools
import re

from promptlib.core.errors import LedgerError, combine_errors
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line
from promptlib.ledger.names import USUAL_SCHEMAS, VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from promptlib.files.section import Section
    from promptlib.ledger.changes import LedgerChange
    from promptlib.ledger.names import LedgerNames


def require_ledger_spared(
    path: Path,
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
    found = [each for section in sections for each in _refusals(path, section, names, schemas)]
    if found:
        raise combine_errors(found)


def _refusals(
    path: Path, section: Section, names: LedgerNames, schemas: Sequence[str]
) -> Iterator[LedgerError]:
    wanted = _wanted(names)
    if not wanted.search(section.source, section.start, section.end):
        return
    from promptlib.files.parser import place_in_file  # noqa: PLC0415 - few sections come here
    from promptlib.ledger.changes import ledger_changes  # noqa: PLC0415

    for change in ledger_changes(section, names, schemas, wanted):
        yield _refusal(change, place_in_file(path, section.source, change.offset))


@functools.cache
def _wanted(names: LedgerNames) -> re.Pattern[bytes]:
    """What a section says that does anything of the kind."""
    words = "|".join([*names.tables, VERSION_TABLE, "schema", "owned"])
    return re.compile(words.encode(), re.IGNORECASE)


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
