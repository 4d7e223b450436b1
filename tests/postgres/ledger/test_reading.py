"""What is read of a database, whoever left it: no ledger, half of one, or another program's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import LedgerError
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.reading import read_ledger, read_ledger_again
from support import inside
from support.ledgers import (
    PREDECESSORS,
    applied,
    current,
    drop_the_ledger,
    events,
    everything,
    sha256,
    states,
    versions,
)
from support.projects import Project, full
from support.psql import psql

if TYPE_CHECKING:
    from support.databases import Database

_FIRST, _SECOND, _THIRD = versions(1, 3, 5)


_DONE = [(version, "up", "done") for version in versions(1, 3, 5)]


@pytest.mark.parametrize("lost", ["the tables", "the rows"])
def test_without_a_ledger_nobody_knows_what_ran_until_somebody_says_so(
    three: Project, database: Database, lost: str
) -> None:
    kept = "SELECT id, name, checksum, down_checksum, down_sql, up_sql FROM migrations ORDER BY id"
    inside.alembic(three, "upgrade", "head")
    before = database.query(kept)
    if lost == "the tables":
        drop_the_ledger(database)
    else:
        database.query("TRUNCATE migrations, migration_events")
    three.add(6, "SELECT 1;")
    said = {
        inside.alembic(three, *arguments, ok=False).stderr
        for arguments in (("upgrade", "head"), ("downgrade", "-1"), ("check",))
    }
    assert said == {
        (
            f"alembic_version is at {_THIRD}, but there is no ledger that says what ran here; if "
            f"all migrations up to that did, say so: alembic stamp {_THIRD}; if the ledger is "
            "elsewhere, name it in version_table_schema or ledger_table\n"
        )
    }
    assert states(three) == dict.fromkeys(versions(1, 3, 5), "unknown") | {full(6): "pending"}
    inside.alembic(three, "stamp", _THIRD)
    assert database.query(kept) == before
    assert events(database) == [(version, "up", "stamped") for version in versions(1, 3, 5)]
    assert database.value("SELECT count(executed_at) FROM migrations") == 0
    inside.alembic(three, "upgrade", "head")
    assert applied(database) == versions(1, 3, 5, 6)


def test_a_script_fills_a_ledger_up_to_where_somebody_says_that_it_begins(
    three: Project, database: Database
) -> None:
    inside.alembic(three, "upgrade", "head")
    drop_the_ledger(database)
    psql(database, inside.alembic(three, "upgrade", f"{_THIRD}:head", "--sql").stdout)
    assert events(database) == [(version, "up", "adopted") for version in versions(1, 3, 5)]
    again = everything(database)
    inside.alembic(three, "upgrade", "head")
    assert everything(database) == again


@pytest.mark.parametrize(
    "meanwhile",
    [
        "SELECT 1",
        "DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)",
        "DROP TABLE migration_deploys",
        "DROP TABLE alembic_version, migrations, migration_events, migration_deploys",
        "ALTER TABLE migrations DROP COLUMN up_sql",
        "GRANT UPDATE ON migrations TO visitor",
        "CREATE TABLE other (); ALTER TABLE alembic_version RENAME TO was",
    ],
)
def test_what_is_read_again_is_what_is_there_then(
    three: Project, database: Database, meanwhile: str
) -> None:
    database.server.role("visitor")
    inside.alembic(three, "upgrade", "head")
    names = LedgerNames()
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        seen = read_ledger(cursor, names)
        database.query(meanwhile)
        again, anew = read_ledger_again(cursor, names, seen), read_ledger(cursor, names)
    assert again._replace(read_at=0) == anew._replace(read_at=0)


def test_behind_a_while_the_tables_are_looked_at_first(three: Project, database: Database) -> None:
    """Whoever has the schema may have put a view in the place of a table, and a function in it."""
    inside.alembic(three, "upgrade", "head")
    names = LedgerNames()
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        seen = read_ledger(cursor, names)
        database.query(
            "CREATE SEQUENCE ran; ALTER TABLE migrations RENAME TO was; CREATE VIEW migrations AS"
            " SELECT * FROM was WHERE nextval('ran') > 0"
        )
        with pytest.raises(LedgerError, match="none that keeps what is written to it"):
            read_ledger_again(cursor, names, seen._replace(read_at=seen.read_at - 60))
    assert not database.value("SELECT is_called FROM ran")


def test_another_program_s_table_is_left_alone(three: Project, database: Database) -> None:
    database.query("CREATE TABLE migrations AS SELECT 1 AS id, '2014_10_12_users' AS migration")
    for arguments in (("upgrade", "head"), ("downgrade", "base"), ("stamp", "head"), ("current",)):
        assert inside.alembic(three, *arguments, ok=arguments == ("current",)).stderr == (
            "the table public.migrations is not a ledger of promptlib's: it lacks "
            "columns that ours has; if another program made it, let the ledger have another name: "
            "ledger_table = promptlib_migrations in alembic.ini\n"
        )
    assert database.tables() == set()
    three.configure(version_table_schema="meta")  # which is made
    inside.alembic(three, "upgrade", "head")
    assert database.query("TABLE migrations") == [(1, "2014_10_12_users")]


def test_the_predecessor_s_ledger_goes_on(three: Project, database: Database) -> None:
    """Rows of migrations that are not ours stay as they are, and nobody hears of them."""
    ours = [
        (version, f"make {name}", sha256(f"CREATE TABLE {name} (i int);"))
        for version, name in ((_FIRST, "a"), (_SECOND, "b"))
    ]
    theirs = [(full(number), f"their {number}", "0" * 64) for number in (2, 9)]
    database.query(PREDECESSORS)
    for row in ours + theirs:
        database.query("INSERT INTO migrations VALUES (%s, %s, '2025-02-11Z', %s)", *row)
    database.query("CREATE TABLE a (i int); CREATE TABLE b (i int);")

    refusal = (
        f"the predecessor migrated this database: its table migrations has {_FIRST}, {_SECOND}; "
        "take that over, then go on: promptlib adopt\n"
    )
    assert inside.alembic(three, "current").stderr == refusal
    assert three.alembic("upgrade", "head", ok=False).stderr == refusal
    assert inside.alembic(three, "downgrade", "base", ok=False).stderr == refusal
    inside.alembic(three, "stamp", _SECOND)
    said = inside.alembic(three, "upgrade", "head").stderr
    said += inside.alembic(three, "current").stderr
    asked = "SELECT id, name, checksum FROM migrations WHERE executed_at = '2025-02-11Z' ORDER BY 1"
    assert database.query(asked) == sorted(ours + theirs)
    assert applied(database) == versions(1, 2, 3, 5, 9)
    assert events(database) == [
        (_FIRST, "up", "stamped"),
        (_SECOND, "up", "stamped"),
        (_THIRD, "up", "done"),
    ]
    said += inside.alembic(three, "downgrade", "base").stderr
    said += inside.alembic(three, "upgrade", "head").stderr
    said += inside.alembic(three, "stamp", "base").stderr
    assert database.query(asked) == theirs
    assert not any(version in said for version, *_ in theirs)


def test_the_predecessor_s_ledger_of_an_older_stamp(three: Project, database: Database) -> None:
    """What he says ran, and the stamp does not, is pending."""
    database.query(PREDECESSORS)
    for version in (_FIRST, _SECOND):
        database.query("INSERT INTO migrations VALUES (%s, 'x', now(), 'x')", version)
    inside.alembic(three, "stamp", _FIRST)
    assert applied(database) == [_FIRST]
    inside.alembic(three, "upgrade", "head")
    assert (current(database), applied(database)) == ([_THIRD], versions(1, 3, 5))
