"""dml: which commands of a statement write rows, and whether a second run does it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.syntax.dml import has_where, is_idempotent, write_commands
from promptlib.syntax.tokens import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.syntax.tokens import Token


def _commands(sql: str) -> list[Sequence[Token]]:
    content = sql.encode()
    return [*write_commands(tokenize(content, 0, len(content)))]


def _command(sql: str) -> Sequence[Token]:
    (command,) = _commands(sql)
    return command


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("INSERT INTO a VALUES (1)", ["INSERT"]),
        ("update a set i = 1", ["UPDATE"]),
        ("DELETE FROM a", ["DELETE"]),
        ("SELECT 1", []),
        ("TRUNCATE a", []),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", []),
        ("WITH a AS (SELECT 1) INSERT INTO b TABLE a", ["INSERT"]),
        ("WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a", ["DELETE"]),
        (
            """WITH RECURSIVE a (i) AS NOT MATERIALIZED (UPDATE b SET i = 1 RETURNING i),
            c AS MATERIALIZED (DELETE FROM d) INSERT INTO e TABLE a""",
            ["UPDATE", "DELETE", "INSERT"],
        ),
        (
            "WITH RECURSIVE a AS (SELECT 1) SEARCH DEPTH FIRST BY i SET o DELETE FROM b",
            ["DELETE"],
        ),
        ("WITH a AS (WITH b AS (DELETE FROM c) SELECT 1) SELECT 2", ["DELETE"]),
        ("WITH", []),
        ("", []),
    ],
)
def test_the_commands_that_write(sql: str, words: list[str]) -> None:
    assert [command[0].word for command in _commands(sql)] == words


@pytest.mark.parametrize(
    ("sql", "has"),
    [
        ("DELETE FROM a WHERE i = 1", True),
        ("DELETE FROM a", False),
        ("DELETE FROM a USING (SELECT 1 WHERE true) b", False),
        ("UPDATE a SET i = (SELECT 1 WHERE true)", False),
        ("UPDATE a SET i = 1 WHERE CURRENT OF c", True),
    ],
)
def test_whether_a_command_says_which_rows(sql: str, *, has: bool) -> None:
    assert has_where(_command(sql)) is has


@pytest.mark.parametrize(
    ("sql", "again"),
    [
        ("INSERT INTO a VALUES (1)", False),
        ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", True),
        ("INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT FROM a)", True),
        ("INSERT INTO a SELECT i FROM b WHERE i NOT IN (SELECT i FROM a)", True),
        ("INSERT INTO a SELECT i FROM b EXCEPT SELECT i FROM a", True),
        ("INSERT INTO a SELECT i FROM (SELECT 1 EXCEPT SELECT 2) b", False),
        ("DELETE FROM a", True),
        ("UPDATE a SET i = 1", True),
        ("UPDATE a SET i = i + 1", False),
        ("UPDATE a SET i = 1 + i", False),
        ("UPDATE a SET t = t || 'x'", False),
        ("UPDATE a SET i = i + 1 WHERE i = 3", True),
        ("UPDATE a SET i = j + 1", True),
        ("UPDATE a SET i = coalesce(i, 0)", True),
        ("UPDATE a SET j = 1, i = i * 2 FROM b WHERE a.k = b.k", False),
    ],
)
def test_whether_a_second_run_leaves_rows_as_the_first_did(sql: str, *, again: bool) -> None:
    assert is_idempotent(_command(sql)) is again
