"""names: where a ledger is, and what its tables are called."""

from __future__ import annotations

import pytest

from promptlib.ledger.names import LedgerNames, names_beside


@pytest.mark.parametrize(
    ("table", "tables"),
    [
        ("migrations", ("migrations", "migration_events", "migration_deploys")),
        ("own", ("own", "own_events", "own_deploys")),
        ("promptlib_migrations", ("promptlib_migrations", "promptlib_migrations_events",
                                  "promptlib_migrations_deploys")),
    ],
)  # fmt: skip
def test_the_tables_of_a_ledger(table: str, tables: tuple[str, ...]) -> None:
    assert LedgerNames("", table).tables == tables
    assert all(name.startswith(LedgerNames("", table).stem) for name in tables)
    assert names_beside(tables[1]) == tables


def test_a_table_that_is_no_ledger_s_has_none_beside_it() -> None:
    assert names_beside("own") == ()
    assert names_beside("migrations_events") == ()
