"""reused: one database for all trials, emptied before each; never one that holds something."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError
from promptlib.postgres.catalog import read_catalog
from promptlib.postgres.target import Target
from promptlib.verify.place import ScratchPlace, may_make_databases
from promptlib.verify.scratch import open_scratch_databases
from support.objects import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")
_MORE = """
CREATE SCHEMA app;
CREATE TABLE app.t (id serial PRIMARY KEY, m mood, j int[]) PARTITION BY LIST (id);
CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES IN (1);
CREATE MATERIALIZED VIEW app.kept AS SELECT 1 AS x;
CREATE TYPE app.span AS RANGE (subtype = int); CREATE DOMAIN app.few AS int[];
CREATE FUNCTION app.of(app.t) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE done() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int);
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq);
CREATE TEXT SEARCH CONFIGURATION plain (copy = simple);
CREATE COLLATION own (locale = 'C');
CREATE STATISTICS both_of ON id, b FROM base;
CREATE TABLE child () INHERITS (base);
SELECT lo_create(0);
"""


@pytest.fixture
def target(database: Database) -> Iterator[Target]:
    """A database of a user who may make none."""
    name = f"lowly_{database.name}"
    database.query(f"CREATE ROLE {name} LOGIN")
    database.query(f"ALTER DATABASE {database.name} OWNER TO {name}")
    yield Target(database.server.parameters(dbname=database.name, user=name), "the test")
    database.query(f"ALTER DATABASE {database.name} OWNER TO postgres")
    database.query(f"DROP OWNED BY {name}")
    database.query(f"DROP ROLE {name}")


def _run(target: Target, sql: str) -> None:
    with contextlib.closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        connection.commit()


def _objects(target: Target) -> set[tuple[str, str]]:
    with contextlib.closing(target.connect()) as connection:
        return {key for key in read_catalog(connection) if key[0] not in ("role", "comment")}


def test_who_may_make_databases(database: Database, target: Target) -> None:
    assert not may_make_databases(target)
    assert may_make_databases(Target(database.server.parameters(), "the test"))


def test_it_is_empty_before_each_trial_and_behind_the_last(target: Target) -> None:
    before = _objects(target)
    place = ScratchPlace(target, is_for_trials=True, is_given=True)
    with open_scratch_databases(place) as scratch:
        assert not scratch.makes_copies
        for _ in range(2):
            made = scratch.create()
            _run(made, BASE.replace("CREATE FUNCTION noticed", "CREATE FUNCTION unnoticed"))
            _run(made, _MORE)
        scratch.drop(made)
        assert _objects(target) == before
        _run(made, "CREATE TABLE t (i int)")
    assert _objects(target) == before


def test_what_a_killed_one_left_is_dropped(target: Target) -> None:
    place = ScratchPlace(target, is_for_trials=True, is_given=True)
    with open_scratch_databases(place):
        pass
    before = _objects(target)
    _run(target, BASE.replace("CREATE FUNCTION noticed", "CREATE FUNCTION unnoticed"))
    with open_scratch_databases(place) as scratch:
        scratch.create()
        assert _objects(target) == before


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE precious (i int)", "CREATE SCHEMA precious", "CREATE TYPE t AS ENUM ('a')"],
)
def test_one_that_holds_something_is_not_touched(target: Target, sql: str) -> None:
    _run(target, sql)
    before = _objects(target)
    with (
        pytest.raises(ConfigurationError, match="is not empty, and was not touched"),
        open_scratch_databases(ScratchPlace(target, is_given=True)),
    ):
        pass
    assert _objects(target) == before


def test_two_trials_at_once_and_another_s_database(database: Database, target: Target) -> None:
    place = ScratchPlace(target, is_given=True)
    with (
        open_scratch_databases(place),
        pytest.raises(ConfigurationError, match="another trial runs in"),
        open_scratch_databases(place),
    ):
        pass
    database.query(f"ALTER DATABASE {database.name} OWNER TO postgres")
    with (
        pytest.raises(ConfigurationError, match="belongs to another user"),
        open_scratch_databases(place),
    ):
        pass


def test_the_setup_runs_in_each_of_them(target: Target, tmp_path: Path) -> None:
    setup = tmp_path / "setup.sql"
    setup.write_text("CREATE TABLE given (i int); INSERT INTO given VALUES (1);")
    place = ScratchPlace(target, is_given=True, setup=setup)
    with open_scratch_databases(place) as scratch:
        for _ in range(2):
            _run(scratch.create(), "INSERT INTO given VALUES (2)")
    with (
        pytest.raises(ConfigurationError, match="scratch_template needs a user"),
        open_scratch_databases(place._replace(template="any")),
    ):
        pass
