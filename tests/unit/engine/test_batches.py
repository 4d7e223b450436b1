"""batches: which statements of a section go to the server together."""

from __future__ import annotations

import pytest

from promptlib.engine.batches import (
    MOST_AHEAD,
    MOST_BYTES,
    MOST_STATEMENTS,
    split_ahead,
    split_batches,
)
from promptlib.files.parser import parse_section


def batches(sql: str) -> list[range]:
    """Those of a section."""
    return [*split_batches(parse_section(f"-- UP\n{sql}\n"))]


def test_a_section_is_one() -> None:
    assert batches("SELECT 1;") == [range(1)]
    assert batches("SELECT 1; -- why\nSET search_path = a; SELECT 2") == [range(3)]


def test_a_batch_holds_so_many_statements() -> None:
    assert batches("SELECT 1;" * MOST_STATEMENTS) == [range(MOST_STATEMENTS)]
    found = batches("SELECT 1;" * (2 * MOST_STATEMENTS + 1))
    assert [len(batch) for batch in found] == [MOST_STATEMENTS, MOST_STATEMENTS, 1]
    assert found[2] == range(2 * MOST_STATEMENTS, 2 * MOST_STATEMENTS + 1)


def test_a_batch_holds_so_many_bytes() -> None:
    half = f"SELECT '{'é' * (MOST_BYTES // 4 - 100)}';"
    assert batches(half * 2) == [range(2)]
    assert batches(half * 5) == [range(2), range(2, 4), range(4, 5)]


def test_a_large_statement_goes_alone() -> None:
    large = f"SELECT '{'x' * MOST_BYTES}';"
    assert batches(f"SELECT 1; SELECT 2; {large} SELECT 3; SELECT 4;") == [
        range(2),
        range(2, 3),
        range(3, 5),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SET standard_conforming_strings = off",
        "SELECT set_config('Standard_Conforming_Strings', 'off', false)",
        "set escape_string_warning to off",
        "SET backslash_quote = on",
        "SET LOCAL client_encoding = 'LATIN1'",
        "SET  /* in */ Names 'LATIN1'",
        "RESET\nALL",
        "SET client_min_messages = warning",
        "INSERT INTO log SELECT CURRENT_QUERY()",
        "SELECT statement_timestamp()",
        "TABLE pg_stat_activity",
        "/*+ SeqScan(a) */ SELECT 1",
    ],
)
def test_what_asks_for_its_message_or_rules_the_next_goes_alone(sql: str) -> None:
    assert batches(f"SELECT 1; SELECT 2; {sql}; SELECT 3; SELECT 4;") == [
        range(2),
        range(2, 3),
        range(3, 5),
    ]
    assert batches(f"{sql}; {sql};") == [range(1), range(1, 2)]


def _ahead(sql: str, options: str = "") -> list[bytes]:
    return split_ahead(parse_section(f"-- UP{options}\n{sql}\n"))


def test_the_statements_of_a_short_section_go_ahead_each_by_itself() -> None:
    body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $a$ SELECT 1; $a$;"
    assert _ahead(f"-- why\nSELECT 'é';{body}SELECT 2 -- the last") == [
        "-- why\nSELECT 'é';".encode(),
        body.encode(),
        b"SELECT 2 -- the last",
    ]


@pytest.mark.parametrize(
    ("sql", "options"),
    [
        ("SELECT 1;", " transaction:false"),
        ("SELECT 1;", " lock_timeout:3s"),
        ("SET search_path = a; SELECT 1;", ""),
        ("SELECT set_config('lock_timeout', '1s', true);", ""),
        ("RESET ROLE;", ""),
        ("DISCARD TEMP;", ""),
        ("SELECT 1;\nCopy t FROM STDIN;", ""),
        ("SELECT $1;", ""),
        ("TABLE Pg_Cursors;", ""),
        ("SELECT 1; SELECT '" + "x" * MOST_AHEAD + "';", ""),
    ],
)
def test_what_does_not_go_ahead(sql: str, options: str) -> None:
    assert _ahead(sql, options) == []
