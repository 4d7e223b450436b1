"""What the ledger says of repeatable files: the newest event of each that came to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.ledger.names import LedgerNames
from promptlib.ledger.reading import read_ledger
from promptlib.ledger.repeatable import (
    outdated_repeatable,
    ran_repeatable,
    repeatable_name,
    repeatable_version,
)
from promptlib.ledger.tables import LedgerSql, Ran

if TYPE_CHECKING:
    from support.databases import Database

_SQL = LedgerSql(LedgerNames("public"))


@pytest.fixture
def ledger(database: Database) -> Database:
    database.query(f"{_SQL.create()}{_SQL.create_version()}")
    return database


def _read(database: Database) -> dict[str, str]:
    with database.connect() as connection, connection.cursor() as cursor:
        return {
            name: row.checksum
            for name, row in read_ledger(cursor, LedgerNames()).repeatable.items()
        }


def _ran(name: str, checksum: str) -> str:
    return ran_repeatable(_SQL, repeatable_version(name), checksum, Ran())


def test_the_newest_event_counts(ledger: Database) -> None:
    assert _read(ledger) == {}
    ledger.query(_ran("b", "1") + _ran("a", "2") + _ran("a", "3"))
    assert _read(ledger) == {"a": "3", "b": "1"}
    ledger.query(outdated_repeatable(_SQL, ["a", "never ran"]))
    assert _read(ledger) == {"b": "1"}
    ledger.query(_ran("a", "4"))
    assert _read(ledger) == {"a": "4", "b": "1"}
    row = ledger.query(
        "SELECT direction, outcome, finished_at >= started_at FROM migration_events"
        " WHERE version = 'repeatable/b'"
    )
    assert row == [("up", "done", True)]


def test_attempts_that_failed_and_migrations_do_not_count(ledger: Database) -> None:
    failed = _SQL.failed((repeatable_version("a"), "up"), "now()", "no", there=False)
    ledger.query(_ran("a", "1") + failed)
    ledger.query(_SQL.done("20250101000001", "up", Ran())[0])
    assert _read(ledger) == {"a": "1"}


def test_of_a_deploy_that_lost_its_lock_nothing_is_recorded(ledger: Database) -> None:
    stale = LedgerSql(LedgerNames("public"), deploy=17)
    with pytest.raises(Exception, match='null value in column "version"'):
        ledger.query(ran_repeatable(stale, repeatable_version("a"), "1", Ran()))
    assert _read(ledger) == {}


def test_names_and_what_stands_for_their_version() -> None:
    assert repeatable_name(repeatable_version("a")) == "a"
    assert repeatable_name("20250101000001") == ""
    assert outdated_repeatable(_SQL, []) == ""
