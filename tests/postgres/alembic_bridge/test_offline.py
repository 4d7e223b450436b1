"""What a script of `--sql` leaves in the ledger is what an online run leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support import inside
from support.ledgers import applied, current, versions
from support.projects import ONE, THREE, TWO, Project, full
from support.psql import psql, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """A second empty database."""
    made = database.server.create()
    yield made
    database.server.drop(made.name)


_FIRST, _SECOND, _THIRD = versions(1, 3, 5)
_TEXTS = r"""('it''s :name %s \ größe'), ($$a;'b$$), (E'c\'d\\e'), ($ü$ $$x$$ :v :'v' :"v" $ü$)"""


@pytest.fixture
def manifold(project: Project) -> Project:
    """Four migrations that a script may get wrong."""
    project.add(
        1,
        f"CREATE TABLE t (v text);\nINSERT INTO t VALUES {_TEXTS};",
        f"CREATE TABLE undone AS SELECT * FROM (VALUES {_TEXTS}) AS x;\nDROP TABLE t, undone;",
        name="texts_in_quotes",
    )
    project.write(
        f"{_SECOND}_concurrently.sql",
        "-- UP transaction:false lock_timeout:3s\n"
        "CREATE INDEX CONCURRENTLY i ON t (v);\nVACUUM t;\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY i;\n",
    )
    project.add(5, "SET search_path = '';\nCREATE TABLE public.s ();", "DROP TABLE s;")
    project.write(f"{full(6)}_x.sql", "-- UP\nSELECT 1 -- no semicolon\n-- DOWN\nSELECT 2 /* a */")
    return project


def left(database: Database) -> tuple[Any, ...]:
    """What a run leaves, but for times and what is known of a connection alone."""
    kept = "id, name, checksum, down_checksum, down_sql, up_sql"
    rows = f"SELECT {kept}, executed_at IS NULL, executed_by"
    attempts = "SELECT id, version, direction, outcome, executed_by, error"
    there = database.value("SELECT to_regclass('t')")
    return (
        schema(database),
        database.query("TABLE t") if there else None,
        current(database),
        database.query(f"{rows} FROM migrations ORDER BY id"),
        database.query(f"{attempts} FROM migration_events ORDER BY id"),
    )


def test_a_script_leaves_what_an_online_run_leaves(
    manifold: Project, database: Database, other: Database
) -> None:
    manifold.alembic("upgrade", "head")
    psql(other, manifold.alembic("upgrade", "head", "--sql", DATABASE_URL="").stdout)
    assert left(other) == left(database)
    for what, start, end in (
        ("downgrade", "head", _FIRST),
        ("upgrade", _FIRST, _SECOND),
        ("stamp", _SECOND, _FIRST),
        ("stamp", _FIRST, _SECOND),
        ("upgrade", _SECOND, "head"),
        ("stamp", "head", "base"),
        ("stamp", "base", "head"),
        ("downgrade", "head", "base"),
    ):
        inside.alembic(manifold, what, end)
        script = inside.alembic(manifold, what, f"{start}:{end}", "--sql").stdout
        if (what, start) == ("stamp", "base"):  # Alembic's script makes its table here
            other.query("DROP TABLE alembic_version")
        psql(other, script)
        assert left(other) == left(database), f"{what} {start}:{end}"


def test_a_script_stops_where_an_online_run_stops(three: Project, database: Database) -> None:
    three.add(4, "CREATE TABLE gone ();\nSELECT 1/0;")
    said = psql(database, inside.alembic(three, "upgrade", "head", "--sql").stdout, ok=False)
    assert "division by zero" in said
    assert database.tables() == {"alembic_version", "a", "b"}
    assert (current(database), applied(database)) == ([TWO], [ONE, TWO])


def test_a_script_writes_to_the_schema_of_the_version_table(
    three: Project, database: Database
) -> None:
    database.query('CREATE SCHEMA "the Meta"')
    three.configure(version_table_schema="the Meta")
    psql(database, inside.alembic(three, "upgrade", "head", "--sql").stdout)
    assert inside.alembic(three, "current").stdout == f"{THREE} (head)\n"
    assert database.query('SELECT id FROM "the Meta".migrations ORDER BY id') == [
        (version,) for version in (ONE, TWO, THREE)
    ]


@pytest.mark.servers("newest", "oldest")
@pytest.mark.parametrize("end", ["base", _FIRST, _SECOND, "head"])
@pytest.mark.parametrize("reached", ["", _SECOND, "head"])
def test_a_stamp_s_script_is_right_wherever_the_database_is(
    manifold: Project, database: Database, other: Database, reached: str, end: str
) -> None:
    if reached:
        inside.alembic(manifold, "upgrade", reached)
        psql(other, inside.alembic(manifold, "upgrade", reached, "--sql").stdout)
        assert left(other) == left(database)
    inside.alembic(manifold, "stamp", end)
    psql(other, inside.alembic(manifold, "stamp", end, "--sql").stdout)
    assert left(other)[:4] == left(database)[:4]


def test_a_purge_is_no_script(three: Project) -> None:
    failed = inside.alembic(three, "stamp", "--purge", "head", "--sql", ok=False)
    assert failed.stdout == ""
    assert "--purge makes no sense with --sql; leave one of them out" in failed.stderr
