"""What the catalog says of statements that no transaction takes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.engine.aftermath import Aftermath, Outcome, aftermath_of
from promptlib.syntax.alone import read_alone
from promptlib.syntax.statements import Statement, scan_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.databases import Database

    Looking = Callable[[str], Aftermath]


@pytest.fixture
def looking(database: Database) -> Iterator[Looking]:
    """Gives what looks for the effects of a statement."""
    with contextlib.closing(psycopg2.connect(database.url)) as connection:
        connection.autocommit = True

        def made(text: str) -> Aftermath:
            source = text.encode()
            (statement,) = scan_sql(source)
            assert isinstance(statement, Statement)
            return aftermath_of(connection.cursor(), read_alone(source, statement))

        yield made


_PARTITIONED = """
    CREATE TABLE p (i int) PARTITION BY LIST (i); CREATE TABLE q PARTITION OF p FOR VALUES IN (1)
"""
# What is there before a statement, the statement, and what is to be done again where it is undone.
_EFFECTS = {
    "index": ("CREATE TABLE t (i int)", "CREATE INDEX CONCURRENTLY x ON t (i)"),
    "index of a schema": (
        "CREATE SCHEMA s; CREATE TABLE s.t (i int)",
        'CREATE INDEX CONCURRENTLY "X" ON s.t (i)',
    ),
    "index gone": ("CREATE TABLE t (i int); CREATE INDEX x ON t (i)", "DROP INDEX CONCURRENTLY x"),
    "partition": (_PARTITIONED, "ALTER TABLE p DETACH PARTITION q CONCURRENTLY"),
}


@pytest.mark.parametrize("effect", _EFFECTS)
def test_whether_it_took_effect(database: Database, looking: Looking, effect: str) -> None:
    before, statement = _EFFECTS[effect]
    database.query(before)
    aftermath = looking(statement)
    found = aftermath.look()
    assert aftermath.outcome(found) is Outcome.NOT_DONE
    database.query(statement)
    assert aftermath.outcome(found) is Outcome.DONE
    # Where nobody looked before, or somebody else wrote that, it may have been so all the time.
    for unknown in (None, "x", "{}", "-1"):
        assert aftermath.outcome(unknown) is Outcome.UNKNOWN
    assert aftermath.outcome(aftermath.look()) is Outcome.NOT_DONE


def test_whether_something_named_is_there(database: Database, looking: Looking) -> None:
    name = f"{database.name}_x"
    make, drop = looking(f"CREATE DATABASE {name}"), looking(f"DROP DATABASE {name}")
    before = make.look()
    assert make.outcome(before) is Outcome.NOT_DONE
    database.query(f"CREATE DATABASE {name}")
    assert make.outcome(before) is Outcome.DONE
    assert make.outcome(make.look()) is Outcome.NOT_DONE
    assert make.outcome("x") is Outcome.UNKNOWN
    before = drop.look()
    assert drop.outcome(before) is Outcome.NOT_DONE
    database.query(f"DROP DATABASE {name}")
    assert drop.outcome(before) is Outcome.DONE


@pytest.mark.parametrize("text", ["DO $$ BEGIN COMMIT; END $$", "CALL p()", "SELECT 1"])
def test_no_catalog_tells_of_others(looking: Looking, text: str) -> None:
    aftermath = looking(text)
    assert aftermath.outcome(aftermath.look()) is Outcome.UNKNOWN
    assert not aftermath.may_run_again


def test_leftovers_of_an_index(database: Database, looking: Looking) -> None:
    database.query("CREATE TABLE t AS SELECT 1 AS i FROM generate_series(1, 2)")
    named = looking("CREATE UNIQUE INDEX CONCURRENTLY u ON t (i)")
    unnamed = looking("CREATE UNIQUE INDEX CONCURRENTLY ON t (i)")
    found, found_unnamed = named.look(), unnamed.look()
    assert named.leftovers(found) == []
    for index in ("u", ""):
        with pytest.raises(psycopg2.errors.UniqueViolation):
            database.query(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON t (i)")
    assert named.leftovers(found) == [("public.u", "t")]
    # What was left of its name before would stand in its way.
    assert named.leftovers(named.look()) == [("public.u", "t")]
    assert {name for name, _ in unnamed.leftovers(found_unnamed)} == {"public.u", "public.t_i_idx"}
    assert unnamed.leftovers(unnamed.look()) == []


def test_an_index_that_waits_for_those_of_partitions_is_no_leftover(
    database: Database, looking: Looking
) -> None:
    database.query(f"{_PARTITIONED}; CREATE INDEX x ON ONLY p (i)")
    aftermath = looking("CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON p (i)")
    assert aftermath.leftovers(aftermath.look()) == []


@pytest.mark.parametrize(
    ("target", "count"),
    [("INDEX x", 2), ("TABLE t", 2), ("TABLE other", 0), ("SCHEMA public", 2), ("DATABASE {}", 2)],
)
def test_copies_that_a_rebuild_left(
    database: Database, looking: Looking, target: str, count: int
) -> None:
    """One of them of values that are stored apart."""
    database.query("CREATE TABLE t (i int, w text); CREATE INDEX x ON t (i); CREATE TABLE other ()")
    aftermath = looking(f"REINDEX (CONCURRENTLY) {target.format(database.name)}")
    found = aftermath.look()
    copies = "relname IN ('x_ccnew', 'toast_ccnew')"
    database.query(
        "CREATE INDEX x_ccnew ON t (i); UPDATE pg_class c SET relname = 'toast_ccnew'"
        " FROM pg_index JOIN pg_class t ON indrelid = reltoastrelid"
        " WHERE c.oid = indexrelid AND t.oid = 't'::regclass;"
        " UPDATE pg_index SET indisvalid = false FROM pg_class WHERE oid = indexrelid"
        f" AND {copies}"
    )
    assert len(aftermath.leftovers(found)) == count
    assert aftermath.leftovers(aftermath.look()) == []


def test_a_detach_that_was_cut_off_is_completed(database: Database, looking: Looking) -> None:
    database.query(_EFFECTS["partition"][0])
    aftermath = looking(_EFFECTS["partition"][1])
    assert aftermath.completion() == ""
    database.query("UPDATE pg_inherits SET inhdetachpending = true")
    assert aftermath.completion() == 'ALTER TABLE "p" DETACH PARTITION "q" FINALIZE'
