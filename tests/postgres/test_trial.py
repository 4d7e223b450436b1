"""DOWN undoes UP, or it is told what it does not undo: for every kind of object, and for rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib import database, migration, scratch
from promptlib.settings import Settings
from promptlib.trial import Trial

from .objects import BASE, BASE_DOWN, CASES, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

_ROWS = 3


@pytest.fixture(scope="module")
def templates(request: pytest.FixtureRequest) -> Iterator[dict[str, Database]]:
    """Databases to clone, by server."""
    request.getfixturevalue("session_servers")  # which outlive this fixture therefore
    made: dict[str, Database] = {}
    yield made
    for each in made.values():
        each.server.drop(each.name)


@pytest.fixture
def base(server: Server, templates: dict[str, Database]) -> Iterator[Database]:
    """Give a database with what every case needs."""
    if server.name not in templates:
        templates[server.name] = server.create()
        templates[server.name].query(BASE)
    made = server.create(templates[server.name].name)
    yield made
    server.drop(made.name)


def tried(where: Database, up: str, down: str, options: str = "") -> Trial:
    """Try one migration."""
    version, name = "20250101000000", "case"
    text = f"-- UP{options}\n{up};\n-- DOWN\n{down};\n"
    made = migration.parse(version, name, Path(f"sql/{version}_{name}.sql"), text.encode())
    target = database.parse(where.url, "the test")
    with scratch.session(target) as (connection, watcher):
        trial = Trial(connection, watcher, made, Settings(), _ROWS)
        trial.run(None)
    return trial


def told(trial: Trial) -> str:
    """All that is wrong."""
    return "\n".join(line for each in trial.findings for line in (each.what, *each.diff))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_right_down_has_no_finding(base: Database, case: Case) -> None:
    assert told(tried(base, case.up, case.right)) == ""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_wrong_down_is_told_what_it_does_not_undo(base: Database, case: Case) -> None:
    assert case.told in told(tried(base, case.up, case.wrong))


def test_the_base_of_the_cases_is_right_itself(database: Database) -> None:
    assert told(tried(database, BASE, BASE_DOWN)) == ""


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("ALTER TABLE base DROP d", "ALTER TABLE base ADD d date"),
        ("DROP TABLE whole", "CREATE TABLE whole (id int)"),
        ("DELETE FROM base", "SELECT 1"),
        ("UPDATE base SET a = 'new'", "SELECT 1"),
    ],
)
def test_what_up_loses_is_a_finding_unless_it_says_so(base: Database, up: str, down: str) -> None:
    trial = tried(base, up, down, " data_loss:accepted")
    assert told(trial) == ""
    assert "3 rows" in " ".join(trial.lost)


@pytest.mark.parametrize(
    ("up", "down", "lost"),
    [
        ("DROP TABLE whole", "CREATE TABLE whole (id int)", "- public.whole: 3 rows"),
        (
            "ALTER TABLE base DROP d",
            "ALTER TABLE base ADD d date",
            "! public.base: 3 rows changed in d",
        ),
    ],
)
def test_what_no_down_gives_back_has_to_be_said(
    base: Database, up: str, down: str, lost: str
) -> None:
    trial = tried(base, up, down)
    assert lost in told(trial)
    assert "data_loss:accepted" in told(trial)


def test_an_accepted_loss_does_not_excuse_the_structure(base: Database) -> None:
    trial = tried(base, "ALTER TABLE base DROP d", "SELECT 1", " data_loss:accepted")
    assert "- column public.base.d: date" in told(trial)


def test_the_order_of_columns_is_no_difference(base: Database) -> None:
    up = "ALTER TABLE whole DROP id, ADD x int"
    down = "ALTER TABLE whole ADD id int; ALTER TABLE whole DROP x"
    assert told(tried(base, up, down, " data_loss:accepted")) == ""


def test_new_tables_get_rows_before_they_are_dropped(base: Database) -> None:
    up = "CREATE TABLE fresh (id int PRIMARY KEY, base int NOT NULL REFERENCES base)"
    guard = (
        "DO $$ BEGIN IF EXISTS (SELECT FROM fresh) THEN RAISE 'there are rows'; END IF; END $$;"
        " DROP TABLE fresh"
    )
    assert "DOWN fails: there are rows" in told(tried(base, up, guard))


def test_down_may_lose_data(base: Database) -> None:
    up = "CREATE TABLE fresh (id int)"
    guard = (
        "DO $$ BEGIN IF EXISTS (SELECT FROM fresh) AND"
        " coalesce(current_setting('promptlib.allow_data_loss', true), '') <> 'on'"
        " THEN RAISE 'there are rows'; END IF; END $$; DROP TABLE fresh"
    )
    assert told(tried(base, up, guard)) == ""


def test_a_second_up_makes_the_same(base: Database) -> None:
    up = (
        "DO $$ BEGIN IF nextval('counted') > 1 THEN CREATE TABLE again (id int); END IF; END $$;"
        " CREATE TABLE first (id int)"
    )
    down = "DROP TABLE first; DROP TABLE IF EXISTS again"
    found = told(tried(base, up, down))
    assert "a second UP makes something else than the first" in found
    assert "+ table public.again" in found


def test_a_second_up_makes_as_many_rows(base: Database) -> None:
    up = "INSERT INTO base SELECT n + 1000 FROM generate_series(1, nextval('counted')) n"
    down = "DELETE FROM base WHERE id > 1000"
    assert "! public.base: 5 rows instead of 4" in told(tried(base, up, down))


@pytest.mark.parametrize(
    ("up", "down", "what"),
    [
        ("CREATE TABLE base (id int)", "SELECT 1", 'UP fails: relation "base" already exists'),
        (
            "CREATE TABLE fresh (id int)",
            "DROP TABLE frsh",
            'DOWN fails: table "frsh" does not exist',
        ),
        ("ALTER TABLE base ADD e int NOT NULL", "ALTER TABLE base DROP e", 'UP fails: column "e"'),
    ],
)
def test_a_section_that_fails_is_a_finding(base: Database, up: str, down: str, what: str) -> None:
    trial = tried(base, up, down)
    (finding,) = trial.findings
    assert finding.what.startswith(what)
    assert finding.place.startswith("sql/20250101000000_case.sql:")


def test_a_section_that_fails_when_it_is_committed(base: Database) -> None:
    up = (
        "ALTER TABLE whole ADD CONSTRAINT later FOREIGN KEY (id) REFERENCES base DEFERRABLE"
        " INITIALLY DEFERRED NOT VALID; INSERT INTO whole VALUES (-5)"
    )
    assert "violates foreign key constraint" in told(tried(base, up, "SELECT 1"))


def test_outside_a_transaction(base: Database) -> None:
    up = "CREATE INDEX CONCURRENTLY fast ON base (d); ALTER TABLE base ADD e int"
    down = "DROP INDEX CONCURRENTLY fast; ALTER TABLE base DROP e"
    version = "20250101000000"
    text = f"-- UP transaction:false\n{up};\n-- DOWN transaction:false\n{down};\n"
    made = migration.parse(version, "case", Path("x.sql"), text.encode())
    with scratch.session(database.parse(base.url, "the test")) as (connection, watcher):
        trial = Trial(connection, watcher, made, Settings(), _ROWS)
        trial.run(None)
    assert told(trial) == ""
    _, added, *_ = trial.statements
    (lock,) = added.locks
    assert (lock.table, lock.mode, lock.rewritten) == ("base", "AccessExclusiveLock", False)


@pytest.mark.parametrize(
    ("statement", "locks"),
    [
        ("ALTER TABLE base ALTER b TYPE bigint", {("base", "AccessExclusiveLock", True)}),
        ("ALTER TABLE base ALTER c TYPE varchar(40)", {("base", "AccessExclusiveLock", False)}),
        ("CREATE INDEX more ON base (d)", {("base", "ShareLock", False)}),
        (
            "ALTER TABLE base VALIDATE CONSTRAINT base_b",
            {("base", "ShareUpdateExclusiveLock", False)},
        ),
        ("UPDATE base SET b = 2", {("base", "RowExclusiveLock", False)}),
        ("CREATE TABLE fresh AS SELECT 1 AS x", set()),
        (
            "ALTER TABLE whole ADD FOREIGN KEY (id) REFERENCES base",
            {("base", "ShareRowExclusiveLock", False), ("whole", "ShareRowExclusiveLock", False)},
        ),
        ("DROP TABLE whole", {("whole", "AccessExclusiveLock", False)}),
    ],
)
def test_the_locks_of_a_statement(
    base: Database, statement: str, locks: set[tuple[str, str, bool]]
) -> None:
    base.query("DROP VIEW seen")
    first, second, *_ = tried(base, f"SELECT 1; {statement}", "SELECT 1").statements
    assert first.locks == ()
    assert {*second.locks} == locks
    assert second.place == "sql/20250101000000_case.sql:2:11"


def test_a_lock_is_told_of_the_statement_that_took_it(base: Database) -> None:
    up = "SELECT 1 FROM base; ALTER TABLE base ADD e int; ALTER TABLE base ADD f int"
    read, altered, again, *_ = tried(base, up, "ALTER TABLE base DROP e, DROP f").statements
    assert [lock.mode for lock in read.locks] == ["AccessShareLock"]
    assert [lock.mode for lock in altered.locks] == ["AccessExclusiveLock"]
    assert again.locks == ()
