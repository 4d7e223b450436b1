"""server_guard: what a migration does to the whole server does not stay, or is not done at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import FindingError
from promptlib.engine.runner import Step
from promptlib.files.parser import parse_section
from promptlib.ledger.tables import UP
from promptlib.verify.measure import run_measured
from promptlib.verify.server_guard import restore_from_journal
from promptlib.verify.server_state import read_server_state
from support.scratch import database_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.verify.server_state import ServerState
    from promptlib.verify.session import ScratchSession
    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")
_REFUSED = "this changes what all databases of the server share"
_COMMITS = """
CREATE PROCEDURE does() LANGUAGE plpgsql AS $$ BEGIN {}; COMMIT; PERFORM 1; END $$;
CALL does();
"""


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    """A role of somebody else's, with a setting, a password and a membership."""
    name = f"theirs_{database.name}"
    database.query(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT 7 PASSWORD 'known'")
    database.query(f"ALTER ROLE {name} SET search_path = \"$user\", public, ''")
    database.query(f"COMMENT ON ROLE {name} IS 'it''s theirs'")
    database.query(f"GRANT pg_monitor TO {name}")
    yield name
    database.query(f"DROP ROLE IF EXISTS {name}")


def _run(session: ScratchSession, sql: str, options: str = "") -> None:
    section = parse_section(f"-- UP{options}\n{sql};\n")
    step = Step("20250101000001", UP, section, Path("sql/x.sql"))
    try:
        [*run_measured(session, step, Settings())]
    except FindingError:
        session.connection.rollback()
        raise


def _state(database: Database) -> ServerState:
    """What the server's databases share, but for the databases: other tests make some."""
    connection = database.connect()
    try:
        with connection.cursor() as cursor:
            found = read_server_state(cursor)
    finally:
        connection.close()
    return {key: each for key, each in found.items() if database.name in key[1]}


_CHANGES = [
    "ALTER ROLE {role} NOLOGIN CREATEDB CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'",
    "ALTER ROLE {role} PASSWORD 'another'",
    'ALTER ROLE {role} SET search_path = app, "$user"',
    "ALTER ROLE {role} SET work_mem = '8MB'",
    "ALTER ROLE {role} RESET ALL",
    "ALTER ROLE {role} IN DATABASE {database} SET statement_timeout = '3s'",
    "ALTER DATABASE {database} SET lock_timeout = '3s'",
    "GRANT pg_read_all_data TO {role} WITH ADMIN OPTION",
    "REVOKE pg_monitor FROM {role}",
    "COMMENT ON ROLE {role} IS 'mine'",
    "DROP ROLE {role}",
    "ALTER ROLE {role} RENAME TO another_{role}",
    "DO $$ BEGIN EXECUTE 'ALTER ROLE {role} NOLOGIN'; END $$",
    "SET search_path = ''; ALTER ROLE {role} NOLOGIN",
]


@pytest.mark.parametrize("change", _CHANGES)
def test_what_is_others_is_refused_before_it_is_committed(
    database: Database, role: str, change: str
) -> None:
    before = _state(database)
    sql = change.format(role=role, database=database.name)
    with (
        database_session(database) as session,
        pytest.raises(FindingError, match=_REFUSED) as raised,
    ):
        _run(session, f"SELECT 1;\n{sql}")
    assert _state(database) == before
    assert database.name in raised.value.what
    assert "--embedded, or --scratch" in raised.value.remedy
    assert raised.value.place == "sql/x.sql:2:1"


@pytest.mark.parametrize("change", _CHANGES)
@pytest.mark.parametrize("options", ["", " transaction:false"])
def test_on_a_server_for_trials_it_is_put_back(
    database: Database, role: str, change: str, options: str
) -> None:
    before = _state(database)
    numbers = {key: each.number for key, each in before.items()}
    written: list[str] = []
    sql = change.format(role=role, database=database.name)
    with database_session(database, written.append, is_for_trials=True) as session:
        _run(session, sql, options)
        assert _state(database) != before
    after = _state(database)
    assert {key: each.made for key, each in after.items()} == {
        key: each.made for key, each in before.items()
    }
    if "DROP" not in change:
        assert {key: each.number for key, each in after.items()} == numbers
    assert written
    assert "SCRAM" not in "".join(written)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER DATABASE {database} CONNECTION LIMIT 9",
        "COMMENT ON DATABASE {database} IS 'x'",
        "GRANT TEMPORARY ON DATABASE {database} TO {role}",
        "ALTER TABLESPACE pg_default SET (random_page_cost = 3)",
    ],
)
@pytest.mark.parametrize("is_for_trials", [True, False])
def test_what_cannot_be_put_back_is_refused_everywhere(
    database: Database, role: str, change: str, *, is_for_trials: bool
) -> None:
    sql = change.format(role=role, database=database.name)
    with (
        database_session(database, is_for_trials=is_for_trials) as session,
        pytest.raises(FindingError, match=_REFUSED) as raised,
    ):
        _run(session, sql)
    assert "verify does not try that anywhere" in raised.value.remedy


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER SYSTEM SET work_mem = '8MB'",
        "CREATE DATABASE never",
        "DROP DATABASE IF EXISTS never",
        "CREATE TABLESPACE never LOCATION '/nowhere'",
    ],
)
def test_commands_for_the_whole_server_are_refused(database: Database, statement: str) -> None:
    with (
        database_session(database, is_for_trials=True) as session,
        pytest.raises(FindingError, match=_REFUSED) as raised,
    ):
        _run(session, f"SELECT 1;\n{statement}", " transaction:false")
    assert raised.value.place == "sql/x.sql:3:1"


@pytest.mark.parametrize("options", ["", " transaction:false"])
def test_roles_of_the_migrations_own_come_and_go(database: Database, options: str) -> None:
    name = f"own_{database.name}"
    before = _state(database)
    with database_session(database) as session:
        _run(
            session,
            f"CREATE ROLE {name}; ALTER ROLE {name} SET work_mem = '8MB'; COMMENT ON ROLE {name}"
            f" IS 'x'; GRANT pg_monitor TO {name}; GRANT {name} TO CURRENT_USER",
            options,
        )
        _run(session, f"ALTER ROLE {name} RENAME TO other_{name}", options)
        assert _state(database) != before
    assert _state(database) == before


def test_what_ends_its_own_transactions_is_put_back_and_refused(
    database: Database, role: str
) -> None:
    before = _state(database)
    sql = _COMMITS.format(f"ALTER ROLE {role} NOLOGIN")
    with (
        database_session(database) as session,
        pytest.raises(FindingError, match=_REFUSED),
    ):
        _run(session, sql, " transaction:false")
    assert _state(database) == before
    with database_session(database, is_for_trials=True) as session:
        _run(session, f"DROP PROCEDURE does; {sql}", " transaction:false")
        assert _state(database) != before
    assert _state(database) == before


@pytest.mark.parametrize(
    "change",
    [
        "SELECT pg_create_physical_replication_slot('{database}')",
        """CREATE FUNCTION slot() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE
           'SELECT pg_create_physical_replication_slot(''{database}'')'; END $$; SELECT slot()""",
        "SELECT pg_replication_origin_create('{database}')",
    ],
)
@pytest.mark.parametrize("options", ["", " transaction:false"])
def test_what_no_rollback_undoes(database: Database, change: str, options: str) -> None:
    before = _state(database)
    sql = change.format(database=database.name)
    with (
        database_session(database) as session,
        pytest.raises(FindingError, match="--embedded, or --scratch") as raised,
    ):
        _run(session, f"SELECT 1;\n{sql}", options)
    assert raised.value.place.startswith("sql/x.sql:")
    assert _state(database) == before
    with database_session(database, is_for_trials=True) as session:
        _run(session, sql, options)
        assert _state(database) != before
    assert _state(database) == before


def test_a_subscription_would_keep_its_database_from_being_dropped(database: Database) -> None:
    sql = f"CREATE SUBSCRIPTION {database.name} CONNECTION '' PUBLICATION p WITH (connect = false)"
    with (
        database_session(database, is_for_trials=True) as session,
        pytest.raises(FindingError, match=f"subscription {database.name} in database"),
    ):
        _run(session, sql)


def test_what_others_do_meanwhile_is_theirs(database: Database, role: str) -> None:
    before = _state(database)
    with database_session(database) as session, session.guard.watched(f"{role}_mine".__eq__):
        database.query(f"CREATE ROLE {role}_mine")
        database.query(f"CREATE ROLE {role}_other")
        database.query(f"ALTER ROLE {role} NOLOGIN")
    left = {name for _, name in _state(database).keys() - before.keys()}
    assert left == {f"{role}_other"}
    assert not database.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", role)
    database.query(f"DROP ROLE {role}_other")


def test_a_journal_undoes_what_was_done_and_nothing_of_others(database: Database) -> None:
    own, later = f"own_{database.name}", f"later_{database.name}"
    before = _state(database)
    written: list[str] = []
    with database_session(database, written.append) as session:
        _run(session, f"CREATE ROLE {own}; CREATE ROLE {later}")
        database.query(f"DROP ROLE {later}")
        database.query(f"CREATE ROLE {later}")  # somebody else's
        connection = psycopg2.connect(database.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            restore_from_journal(cursor, written[-1])
        connection.close()
        names = {name for _, name in _state(database).keys() - before.keys()}
        assert names == {later}
    assert _state(database) == before
    assert json.loads(written[-1])
