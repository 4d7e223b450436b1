"""write_without_where: UPDATE and DELETE that mean every row."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.write_without_where import find_writes_of_every_row
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("UPDATE a SET b = 1;", [1]),
        ("update only a set b = 1 from c returning *;", [1]),
        ("DELETE FROM a; DELETE FROM a USING b;", [1, 16]),
        ("UPDATE a SET b = (SELECT c FROM d WHERE e);", [1]),
        ("WITH x AS (SELECT 1 WHERE true) DELETE FROM a;", [33]),
        ("WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x WHERE c;", [12]),
        ("WITH x (i) AS NOT MATERIALIZED (UPDATE a SET b = 1) UPDATE c SET d = 1;", [33, 53]),
        ("WITH RECURSIVE x AS (SELECT 1), y AS MATERIALIZED (DELETE FROM a) SELECT 1;", [52]),
        ("WITH x AS (WITH y AS (DELETE FROM a) SELECT 1) SELECT 1;", [23]),
        ("WITH RECURSIVE x AS (SELECT 1) SEARCH DEPTH FIRST BY i SET o DELETE FROM a;", [62]),
    ],
)
def test_every_row_is_written(up: str, found: list[int]) -> None:
    assert columns(find_writes_of_every_row, migration_text(up)) == (found, [])


def test_down_may_not_write_every_row_either() -> None:
    text = migration_text("SELECT 1", "  DELETE FROM a")
    assert columns(find_writes_of_every_row, text) == ([], [3])


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("DO $$ BEGIN DELETE FROM a; END $$", [13]),
        (
            "DO $$ BEGIN IF true THEN UPDATE a SET b = 1; ELSE DELETE FROM a; END IF; END $$",
            [26, 51],
        ),
        ("DO $$ BEGIN EXECUTE 'UPDATE a SET b = ''WHERE'''; END $$", [22]),
        ("DO $$ BEGIN EXECUTE format($q$DELETE FROM %I$q$, 'a'); END $$", [31]),
        ("DO $$ BEGIN DELETE FROM a WHERE b = 1; END $$", []),
        ("DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'a WHERE b'; END $$", []),
    ],
)
def test_do_blocks_are_looked_into(up: str, found: list[int]) -> None:
    assert columns(find_writes_of_every_row, migration_text(up)) == (found, [])


@pytest.mark.parametrize(
    "up",
    [
        "UPDATE a SET b = 1 WHERE true; DELETE FROM a WHERE CURRENT OF c;",
        "WITH x AS (DELETE FROM a WHERE b RETURNING *) SELECT * FROM x;",
        "INSERT INTO a VALUES (1) ON CONFLICT (i) DO UPDATE SET b = 1;",
        "SELECT * FROM a FOR UPDATE; GRANT UPDATE, DELETE ON a TO b;",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE ON UPDATE SET NULL;",
        "CREATE TRIGGER t BEFORE UPDATE OR DELETE ON a EXECUTE FUNCTION f();",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM a $$;",
        "SELECT 'DELETE FROM a'; -- DELETE FROM a",
        "MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE;",
        "TRUNCATE a;",  # its name says that all rows are meant
    ],
)
def test_not_every_row_is_written(up: str) -> None:
    assert columns(find_writes_of_every_row, migration_text(up)) == ([], [])
