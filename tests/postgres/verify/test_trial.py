"""DOWN undoes UP, or it is told what it does not undo: for every kind of object, and for rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.files.parser import parse_migration
from promptlib.verify.samples import SampleMaker
from promptlib.verify.trial import Trial
from support.objects import BASE, BASE_DOWN, CASES, Case
from support.scratch import database_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

pytestmark = pytest.mark.servers("newest", "oldest")
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


def tried(where: Database, up: str, down: str, options: str = "", rows: int = _ROWS) -> Trial:
    """Try one migration."""
    version, name = "20250101000000", "case"
    text = f"-- UP{options}\n{up};\n-- DOWN\n{down};\n"
    made = parse_migration(version, name, Path(f"sql/{version}_{name}.sql"), text.encode())
    with database_session(where, is_for_trials=True) as session:
        trial = Trial(session, made, Settings(), SampleMaker(rows))
        trial.run(None)
    return trial


def told(trial: Trial) -> str:
    """All that is wrong."""
    return "\n".join(line for each in trial.findings for line in (each.what, *each.diff))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_right_down_has_no_finding(base: Database, case: Case) -> None:
    rows = _ROWS if case.takes_rows else 0
    assert told(tried(base, case.up, case.right, rows=rows)) == ""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_wrong_down_is_told_what_it_does_not_undo(base: Database, case: Case) -> None:
    rows = _ROWS if case.takes_rows else 0
    assert case.told in told(tried(base, case.up, case.wrong, rows=rows))


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
    assert "rows" in " ".join(trial.lost)


@pytest.mark.parametrize(
    ("up", "down", "lost"),
    [
        ("DROP TABLE whole", "CREATE TABLE whole (id int)", "- public.whole: 3 rows"),
        (
            "ALTER TABLE base DROP d",
            "ALTER TABLE base ADD d date",
            "! public.base: 2 rows changed in d",
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


@pytest.mark.parametrize(
    ("there", "up", "down"),
    [
        pytest.param(
            "CREATE PUBLICATION columns FOR TABLE base;"
            " CREATE STATISTICS together ON a, d FROM base",
            "DROP STATISTICS together; ALTER TABLE base DROP a",
            "ALTER TABLE base ADD a text DEFAULT 'x'; CREATE STATISTICS together ON a, d FROM base",
            id="order of columns",
        ),
        pytest.param(
            "SELECT 1",
            "CREATE TEMPORARY TABLE aside AS SELECT * FROM base; UPDATE base SET b = b + 1",
            "CREATE TEMPORARY TABLE aside (i int); UPDATE base SET b = b - 1",
            id="temporary tables",
        ),
        pytest.param(
            r"""CREATE TABLE texts (j json); INSERT INTO texts VALUES ('{"a":"\u0000"}')""",
            "SELECT 1",
            "SELECT 1",
            id="json that jsonb does not take",
        ),
        pytest.param(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER none BEFORE INSERT ON whole"
            " FOR EACH ROW EXECUTE FUNCTION nothing()",
            "ALTER TABLE whole ADD e int",
            "ALTER TABLE whole DROP e",
            id="a table that takes no rows",
        ),
        pytest.param(
            "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text)",
            "CREATE TABLE archive (state text);"
            " INSERT INTO archive SELECT state FROM orders WHERE state = 'old';"
            " DELETE FROM orders WHERE state = 'old'",
            "INSERT INTO orders (state) SELECT state FROM archive; DROP TABLE archive",
            id="rows that move to a new table and back",
        ),
    ],
)
def test_right_downs_with_rows(base: Database, there: str, up: str, down: str) -> None:
    base.query(there)
    options = " data_loss:accepted" if "DROP a" in up else ""
    assert told(tried(base, up, down, options)) == ""


_STAMPED = """
ALTER TABLE base ADD updated_at timestamptz DEFAULT now();
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN new.updated_at := now(); RETURN new; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION stamp();
"""


@pytest.mark.parametrize(
    ("up", "changed"),
    [
        ("UPDATE base SET b = b + 1", ""),
        ("UPDATE base SET b = b + 1, d = 'today'", "! public.base: 3 rows changed in d"),
    ],
)
def test_what_a_trigger_changes_with_every_update(base: Database, up: str, changed: str) -> None:
    base.query(_STAMPED)
    found = told(tried(base, up, "UPDATE base SET b = b - 1"))
    assert found.splitlines()[1:] == ([changed] if changed else [])


def test_triggers_find_what_their_bodies_name(base: Database) -> None:
    base.query(
        "CREATE TABLE audit (t text); CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO audit VALUES (tg_table_name); RETURN new; END $$;"
        " CREATE TRIGGER audited AFTER INSERT ON whole FOR EACH ROW EXECUTE FUNCTION audited()"
    )
    assert "- public.whole: 3 rows" in told(tried(base, "DELETE FROM whole", "SELECT 1"))


@pytest.mark.parametrize(
    "column",
    [
        "c char(3) NOT NULL CHECK (c ~ '^[A-Z]{3}$')",
        "c text NOT NULL CHECK (c ~ '^[0-9a-f]{40}$')",
        "c text NOT NULL CHECK (c ~ '^[a-z]{2}-[A-Z]{2}$')",
        "c text[] NOT NULL CHECK (cardinality(c) > 0)",
        "c text NOT NULL CHECK (c ~ '@')",
    ],
)
def test_rows_respect_constraints_also_where_others_refer_to_them(
    base: Database, column: str
) -> None:
    base.query(f"CREATE TABLE second (id int PRIMARY KEY, {column})")
    base.query("CREATE TABLE first (second int NOT NULL REFERENCES second)")
    assert "- public.first: 3 rows" in told(tried(base, "DELETE FROM first", "SELECT 1"))


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
    made = parse_migration(version, "case", Path("x.sql"), text.encode())
    with database_session(base, is_for_trials=True) as session:
        trial = Trial(session, made, Settings(), SampleMaker(_ROWS))
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
            "ALTER TABLE whole ADD FOREIGN KEY (id) REFERENCES base NOT VALID",
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


def test_the_locks_of_tables_that_up_makes_are_not_told(base: Database) -> None:
    up = "CREATE TABLE fresh (id int); ALTER TABLE whole RENAME TO renamed"
    down = "ALTER TABLE renamed RENAME TO whole; DROP TABLE fresh"
    *_, renamed, dropped = tried(base, up, down).statements
    assert [lock.table for lock in renamed.locks] == ["renamed"]
    assert dropped.locks == ()


def test_what_follows_from_a_wrong_down_is_not_told(base: Database) -> None:
    assert told(tried(base, "CREATE TABLE fresh ()", "SELECT 1")).splitlines() == [
        "DOWN does not undo UP",
        "+ table public.fresh",
    ]
