"""What a database remembers: a row for each applied migration, an event for each attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from promptlib.ledger.names import LedgerNames
from promptlib.ledger.tables import LONGEST_UP
from support import inside
from support.ledgers import applied, current, events, sha256, states, versions
from support.projects import Project, full

if TYPE_CHECKING:
    from support.databases import Database

_FIRST, _SECOND, _THIRD = versions(1, 3, 5)
_DONE = [(version, "up", "done") for version in versions(1, 3, 5)]


def test_what_is_remembered_of_a_migration(project: Project, database: Database) -> None:
    up = "CREATE TABLE größe (i int);\r\n\r\n  INSERT INTO größe\r\nVALUES (1);"
    down = "DROP TABLE größe; -- it''s \\ gone"
    name = f"{_FIRST}_make_the_1st_table.sql"
    content = f"-- about it\r\n-- UP\r\n\r\n\t{up} \r\n\r\n-- down lock_timeout:9s\r\n{down}\r\n"
    project.write(name, content)
    before = database.value("SELECT clock_timestamp()")
    project.alembic("upgrade", "head")
    after = database.value("SELECT clock_timestamp()")

    columns = database.query(
        "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default"
        "  FROM information_schema.columns WHERE table_name = 'migrations'"
        " ORDER BY ordinal_position"
    )
    assert columns[:4] == [
        ("id", "character varying", 255, "NO", None),
        ("name", "character varying", 255, "NO", None),
        ("executed_at", "timestamp with time zone", None, "YES", "CURRENT_TIMESTAMP"),
        ("checksum", "character varying", 64, "NO", None),
    ]
    asked = (
        "SELECT id, name, checksum, down_checksum, down_sql, executed_by, up_sql FROM migrations"
    )
    user = database.value("SELECT session_user")
    assert database.query(asked) == [
        (
            _FIRST,
            "make the 1st table",
            sha256(up.replace("\r\n", "\n")),
            sha256(down),
            f"-- DOWN lock_timeout:9s\n{down}\n",
            user,
            up,
        )
    ]
    [(executed_at, milliseconds)] = database.query(
        "SELECT executed_at, execution_ms FROM migrations"
    )
    assert before <= executed_at <= after
    assert 0 <= milliseconds <= (after - before).total_seconds() * 1000
    [(started, finished, by, error)] = database.query(
        "SELECT started_at, finished_at, executed_by, error FROM migration_events"
    )
    assert before <= started <= finished <= after
    assert (by, error) == (user, None)
    assert events(database) == [(_FIRST, "up", "done")]


def test_a_downgrade_deletes_the_row_and_every_attempt_leaves_an_event(
    three: Project, database: Database
) -> None:
    key = "sk-live-7341"
    three.add(6, f"INSERT INTO a VALUES (1);\nSELECT pg_sleep(0.05);\nSELECT '{key}'::int;")
    said = three.alembic("upgrade", "head", ok=False).stderr
    assert (current(database), applied(database)) == ([_THIRD], versions(1, 3, 5))
    assert database.value("SELECT count(*) FROM a") == 0
    three.add(6, "SELECT 1;", f"SELECT pg_sleep(0.05);\nINSERT INTO a VALUES (7341, '{key}');")
    inside.alembic(three, "upgrade", "head")
    said += inside.alembic(three, "downgrade", "-1", ok=False).stderr
    assert applied(database) == versions(1, 3, 5, 6)
    three.add(6, "SELECT 1;", "SELECT 1;")
    inside.alembic(three, "downgrade", "base")
    assert (current(database), applied(database)) == ([], [])

    last = full(6)
    failed = [(last, "up", "failed"), (last, "up", "done"), (last, "down", "failed")]
    back = [(version, "down", "done") for version in versions(6, 5, 3, 1)]
    assert events(database) == [*_DONE, *failed, *back]
    errors = database.query(
        "SELECT error, finished_at - started_at >= '50 ms', executed_by = session_user"
        "  FROM migration_events WHERE outcome = 'failed' ORDER BY id"
    )
    place = f"sql/{last}_x.sql"
    masked = ["SELECT '***'::int;", "INSERT INTO a VALUES (7341, '***');"]
    for (error, took, by_me), line, shown in zip(errors, "45", masked, strict=True):
        assert error.startswith(f"{place}:{line}:")
        assert shown in error
        assert error in said
        assert (took, by_me) == (True, True)
    assert key not in said + str(errors)
    assert key not in said + str(errors)


def test_an_up_section_is_kept_unless_it_is_long(project: Project, database: Database) -> None:
    for number, letters in ((1, LONGEST_UP - len("\nSELECT 1;\n/**/\n")), (2, LONGEST_UP)):
        project.write(
            f"{full(number)}_x.sql", f"-- UP\nSELECT 1;\n/*{'x' * letters}*/\n-- DOWN\nSELECT 1;"
        )
    inside.alembic(project, "upgrade", "head")
    kept = database.query("SELECT pg_catalog.octet_length(up_sql) FROM migrations ORDER BY id")
    assert kept == [(LONGEST_UP - 2,), (0,)]


def test_a_ledger_that_kept_no_up_sections_is_extended(three: Project, database: Database) -> None:
    inside.alembic(three, "upgrade", _SECOND)
    database.query("ALTER TABLE migrations DROP COLUMN up_sql")
    assert states(three) == {_FIRST: "executed", _SECOND: "executed", _THIRD: "pending"}
    assert "is not a ledger" not in three.promptlib("adopt").stderr
    inside.alembic(three, "upgrade", "head")
    assert database.query("SELECT up_sql FROM migrations ORDER BY id") == [
        (None,),
        (None,),
        ("CREATE TABLE c (i int);",),
    ]


_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no %', TG_OP; END $$;
"""
_TABLES = ("alembic_version", "migrations", "migration_events")


def _unseen(before: str, table: str, after: str = "") -> str:
    """What is refused before it runs, where its text can be read."""
    return f"DO $$ BEGIN EXECUTE '{before} ' || '{table} {after}'; END $$;"


def _refused(table: str) -> str:
    """What keeps a table from being written to."""
    before = "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON"
    return _REFUSE + _unseen(before, table, "FOR EACH ROW EXECUTE FUNCTION refuse()")


_UNCOMMITTABLE = """
CREATE TABLE p (i int PRIMARY KEY);
CREATE TABLE q (i int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO q VALUES (1);
"""


@pytest.mark.parametrize(
    "breaks",
    [
        *(pytest.param(_unseen("DROP TABLE", name), id=f"no {name}") for name in _TABLES),
        *(pytest.param(_refused(name), id=f"no row in {name}") for name in _TABLES),
        pytest.param(_UNCOMMITTABLE, id="no commit"),
    ],
)
def test_row_version_and_schema_are_committed_together(
    project: Project, database: Database, breaks: str
) -> None:
    project.add(1, "CREATE TABLE kept (i int);", f"DROP TABLE kept;\n{breaks}")
    project.add(3, f"CREATE TABLE gone (i int);\n{breaks}")
    said = inside.alembic(project, "upgrade", "head", ok=False)
    assert said.stderr.splitlines()[1].startswith(f"sql/{_SECOND}_x.sql: ")
    assert database.tables() == {"alembic_version", "kept"}
    assert (current(database), applied(database)) == ([_FIRST], [_FIRST])
    inside.alembic(project, "downgrade", "base", ok=False)
    assert database.tables() == {"alembic_version", "kept"}
    assert (current(database), applied(database)) == ([_FIRST], [_FIRST])


def test_an_attempt_that_fails_behind_its_statements_leaves_an_event(
    project: Project, database: Database
) -> None:
    project.add(1, "CREATE TABLE kept (i int);")
    project.add(3, _UNCOMMITTABLE)
    inside.alembic(project, "upgrade", "head", ok=False)
    assert events(database) == [(_FIRST, "up", "done"), (_SECOND, "up", "failed")]


@pytest.fixture(params=["default", "version_table_schema"])
def place(request: pytest.FixtureRequest, three: Project, database: Database) -> str:
    """The schema of the version table, by whatever way it is chosen."""
    if request.param == "default":
        return "public"
    database.query('CREATE SCHEMA "the Meta"')
    three.configure(version_table_schema="the Meta")
    return "the Meta"


def test_the_tables_are_made_beside_the_version_table(
    three: Project, database: Database, place: str
) -> None:
    where = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
    inside.alembic(three, "upgrade", "head")
    inside.alembic(three, "downgrade", "-1")
    inside.alembic(three, "upgrade", "head")
    inside.alembic(three, "stamp", _SECOND)
    assert inside.alembic(three, "current").stderr == ""
    ledger = {"alembic_version", *LedgerNames().tables}
    assert {name for (name,) in database.query(where, place)} - {"a", "b", "c"} == ledger
    assert {name for (name,) in database.query(where, "public")} - ledger == {"a", "b", "c"}
    assert database.query(f'SELECT id FROM "{place}".migrations ORDER BY 1') == [
        (_FIRST,),
        (_SECOND,),
    ]


def test_a_stamp_keeps_the_ledger_in_step(three: Project, database: Database) -> None:
    inside.alembic(three, "upgrade", _FIRST)
    seen = events(database)
    for arguments, stands, changed in (
        (("head",), 3, {3: "up", 5: "up"}),
        (("head",), 3, {}),
        ((_FIRST,), 1, {3: "down", 5: "down"}),
        (("--purge", _SECOND), 2, {3: "up"}),
        (("--purge", "base"), 0, {1: "down", 3: "down"}),
        (("--purge", "base"), 0, {}),
        ((_THIRD,), 3, {1: "up", 3: "up", 5: "up"}),
        (("base",), 0, {1: "down", 3: "down", 5: "down"}),
    ):
        said = inside.alembic(three, "stamp", *arguments).stderr
        stamped = [(full(number), direction) for number, direction in changed.items()]
        seen += [(version, direction, "stamped") for version, direction in stamped]
        assert applied(database) == versions(1, 3, 5)[:stands]
        assert current(database) == versions(1, 3, 5)[:stands][-1:]
        assert events(database) == seen
        words = {"up": "is taken for executed", "down": "is taken for pending"}
        told = [f"{version} {words[direction]}" for version, direction in stamped]
        assert said.splitlines()[:-1] == told
    assert database.tables() == {"alembic_version", "a"}
    assert database.value("SELECT bool_and(started_at <= finished_at) FROM migration_events")


def test_what_was_stamped_can_be_undone_without_its_file(
    three: Project, database: Database
) -> None:
    database.query("CREATE TABLE a (i int); CREATE TABLE b (i int);")
    three.alembic("stamp", _SECOND)
    assert database.query(
        "SELECT checksum, executed_at, execution_ms FROM migrations ORDER BY id"
    ) == [(sha256(f"CREATE TABLE {name} (i int);"), None, None) for name in "ab"]
    (three.folder / "sql" / f"{_SECOND}_make_b.sql").unlink()
    inside.alembic(three, "-x", "kept_down=run", "downgrade", "base")
    assert database.tables() == {"alembic_version"}


def test_the_python_api_keeps_the_ledger(three: Project, database: Database) -> None:
    config = Config(three.folder / "alembic.ini", attributes={"connection": database.engine})
    command.upgrade(config, _FIRST)
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.downgrade(config, "-1")
        command.stamp(config, _FIRST)
    later = [(_THIRD, "down", "done"), (_SECOND, "down", "stamped")]
    assert events(database) == _DONE + later
    assert (current(database), applied(database)) == ([_FIRST], [_FIRST])


def test_in_a_caller_s_transaction_the_ledger_is_his_to_commit(
    three: Project, database: Database
) -> None:
    config = Config(three.folder / "alembic.ini")
    for ends in ("rollback", "commit"):
        with database.engine.connect() as connection, connection.begin() as transaction:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.downgrade(config, "-1")
            getattr(transaction, ends)()
        if ends == "rollback":
            assert database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert events(database) == [*_DONE, (_THIRD, "down", "done")]
    assert (current(database), applied(database)) == ([_SECOND], [_FIRST, _SECOND])


def test_a_failure_in_a_caller_s_transaction_leaves_it_usable(
    three: Project, database: Database
) -> None:
    inside.alembic(three, "upgrade", _SECOND)
    three.add(6, "CREATE TABLE gone ();\nSELECT 1/0;")
    config = Config(three.folder / "alembic.ini")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        connection.execute(text("CREATE TABLE mine ()"))
        with pytest.raises(CommandError, match="division by zero"):
            command.upgrade(config, "head")
    assert database.tables() == {"alembic_version", "a", "b", "c", "mine"}
    assert (current(database), applied(database)) == ([_THIRD], versions(1, 3, 5))
    assert sorted(events(database)) == sorted([*_DONE, (full(6), "up", "failed")])
