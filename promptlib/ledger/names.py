"""Where a ledger is, and what its tables are called."""

from __future__ import annotations

import re

from promptlib.core.light import NamedTuple

MIGRATIONS = "migrations"  # unless ledger_table says otherwise
VERSION_TABLE = "alembic_version"
USUAL_SCHEMAS = ("public",)  # of the search_path, where nobody knows it


class LedgerNames(NamedTuple):
    """Where a ledger is, and what its tables are called.

    Attributes:
        schema: empty: wherever the search_path leads.
        table: the one with a row for each migration: a plain name, which the others begin with.
    """

    schema: str = ""
    table: str = MIGRATIONS

    @property
    def events(self) -> str:
        """The table of attempts."""
        return f"{self.stem}_events"

    @property
    def deploys(self) -> str:
        """The table of deploys."""
        return f"{self.stem}_deploys"

    @property
    def tables(self) -> tuple[str, str, str]:
        """All three."""
        return self.table, self.events, self.deploys

    @property
    def stem(self) -> str:
        """How all their names begin."""
        return "migration" if self.table == MIGRATIONS else self.table


def names_beside(events: str) -> tuple[str, ...]:
    """The tables of the ledger whose attempts are in a table; none, if that is none's."""
    stem = events.removesuffix("_events")
    names = LedgerNames(table=MIGRATIONS if stem == "migration" else stem)
    return names.tables if names.events == events else ()


def ledger_words(names: LedgerNames) -> re.Pattern[bytes]:
    """Words of which one stands in whatever changes the ledger."""
    words = (names.stem, VERSION_TABLE, "schema", "owned")
    return re.compile("|".join(words).encode(), re.IGNORECASE)
