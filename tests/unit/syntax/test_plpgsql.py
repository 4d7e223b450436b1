"""plpgsql: the statements inside of DO blocks, and where they stand."""

from __future__ import annotations

import pytest

from promptlib.syntax.plpgsql import block_statements, end_of, is_block, runs_dynamic_sql
from promptlib.syntax.tokens import tokenize


def _inner(sql: str) -> list[str]:
    """What the statements inside say, each checked to stand where its tokens say."""
    source = sql.encode()
    found = []
    for statement in block_statements(source, tokenize(source, 0, len(source))):
        start = statement.tokens[0].start
        assert len(statement.text) >= statement.tokens[-1].end - start
        assert start + len(statement.text) <= len(source)
        found.append(statement.text.decode())
    return found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("BEGIN DROP TABLE a; END", ["DROP TABLE a"]),
        ("DECLARE n int := 1; BEGIN UPDATE a SET b = n; END", ["UPDATE a SET b = n"]),
        ("BEGIN IF n > 1 THEN DROP TABLE a; ELSE LOCK b; END IF; END", ["DROP TABLE a", "LOCK b"]),
        ("BEGIN LOOP DELETE FROM a; EXIT; END LOOP; COMMIT; END", ["DELETE FROM a", "COMMIT"]),
        ("BEGIN NULL; EXCEPTION WHEN others THEN CLUSTER a; END", ["CLUSTER a"]),
        (
            "BEGIN CREATE TABLE a (i int, t text DEFAULT ';'); END",
            ["CREATE TABLE a (i int, t text DEFAULT ';')"],
        ),
        (
            "BEGIN CREATE FUNCTION f() AS $f$ SELECT 1; $f$; END",
            ["CREATE FUNCTION f() AS $f$ SELECT 1; $f$"],
        ),
        ("BEGIN EXECUTE 'DROP TABLE a'; END", ["DROP TABLE a"]),
        ("BEGIN EXECUTE $q$DROP TABLE a$q$ INTO x; END", ["DROP TABLE a"]),
        ("BEGIN EXECUTE 'DELETE FROM a WHERE b = $1' USING c; END", ["DELETE FROM a WHERE b = $1"]),
        ("BEGIN EXECUTE 'UPDATE a SET b = ''x'''; END", ["UPDATE a SET b =  'x'"]),
        ("BEGIN EXECUTE format('DROP TABLE %I.%s', s, t); END", ["DROP TABLE _I._s"]),
        ("BEGIN EXECUTE format('DROP TABLE %1$I', t); END", ["DROP TABLE _1$I"]),
        ("BEGIN EXECUTE 'DROP TABLE a; DROP TABLE b'; END", ["DROP TABLE a", "DROP TABLE b"]),
        ("BEGIN EXECUTE 'DROP TABLE ' || a; EXECUTE a; EXECUTE format(a, b); END", []),
        ("BEGIN RAISE NOTICE 'DROP TABLE a'; PERFORM 1; RETURN; END", []),
        ("BEGIN EXECUTE 'CREATE'; EXECUTE ''; END", ["CREATE"]),
        ("", []),
    ],
)
def test_what_a_block_runs(body: str, found: list[str]) -> None:
    assert _inner(f"DO $do$ {body} $do$") == found
    assert _inner(f"DO LANGUAGE plpgsql $do$ {body} $do$") == found


def test_what_is_no_block_runs_nothing_inside() -> None:
    assert _inner("CREATE FUNCTION f() AS $$ BEGIN DROP TABLE a; END $$") == []
    assert _inner("SELECT 'DROP TABLE a'") == []
    assert not is_block([])


def test_places_are_those_of_the_file() -> None:
    source = b"SELECT 'ae'; DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$"
    (found,) = block_statements(source, tokenize(source, 13, len(source)))
    assert source[found.tokens[0].start : found.tokens[-1].end] == b"DROP TABLE a"


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("BEGIN EXECUTE a; END", True),
        ("BEGIN CALL p(); END", True),
        ("BEGIN CREATE TRIGGER t AFTER DELETE ON a EXECUTE FUNCTION f(); END", False),
        ("BEGIN DROP TABLE a; END", False),
    ],
)
def test_what_may_run_more_than_it_says(body: str, *, runs: bool) -> None:
    source = f"DO $$ {body} $$".encode()
    assert runs_dynamic_sql(source, tokenize(source, 0, len(source))) is runs


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "SELECT 'x'", "DO $$ x $$", "DO $a$ $$ $a$", "DO $$ x"]
)
def test_a_statement_ends_behind_its_last_quote(sql: str) -> None:
    source = sql.encode()
    assert end_of(source, tokenize(source, 0, len(source))) == len(source)
