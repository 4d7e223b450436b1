"""server_words: what PostgreSQL says, in some languages, and what may be shown of it."""
# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest

from promptlib.postgres.server_words import ServerWords


@pytest.mark.parametrize(
    ("state", "text", "shown"),
    [
        # Keys.
        ("23505", "Key (a)=(1) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (a, b)=(1, x) already exists.", "Key (a, b)=(***) already exists."),
        ("23505", "Key (a)=(x. y) (z), (w).) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (a)=(x) y (a)=(z) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (a)=(b\nc) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (lower(a))=(x) is duplicated.", "Key (lower(a))=(***) is duplicated."),
        ("23505", "Schlüssel »(a)=(1)« existiert.", "Schlüssel »(a)=(***)« existiert."),
        ("23505", "La clé « (a)=(x) » existe.", "La clé « (a)=(***) » existe."),
        ("23503", 'Key (a)=(7) is not in table "t".', 'Key (a)=(***) is not in table "t".'),
        ("23503", '表 "t" 中不存在键 (a)=(7)。', '表 "t" 中不存在键 (a)=(***)。'),
        (
            "23P01",
            "Key (r)=([2,3)) conflicts with existing key (r)=([1,5)).",
            "Key (r)=(***) conflicts with existing key (r)=(***).",
        ),
        ("23P01", "Key (r)=(x) y (r)=(z) conflicts with (r)=(w).", "Key (r)=(***)."),
        # Rows.
        ("23502", "Failing row contains (3, null, 1).", "Failing row contains (***)."),
        ("23514", "Failing row contains (4, se) c(ret\nx, -5).", "Failing row contains (***)."),
        ("23514", "Failing row contains (4, a) = (b).", "Failing row contains (***)."),
        ("44000", "失敗した行は(3, null)を含みます", "失敗した行は(***)を含みます"),
        # Parameters.
        (
            "P0002",
            "parameters: a = '5', b = 'it''s', c = NULL",
            "parameters: a = '***', b = '***', c = NULL",
        ),
        ("P0003", "Parameter: $1 = 'x'", "Parameter: $1 = '***'"),
        # Values.
        ("22P02", 'Token "x" is invalid.', 'Token "***" is invalid.'),
        ("22P02", 'Expected "," or "}", but found ""c"".', 'Expected "," or "}", but found "***".'),
        (
            "22P02",
            "« , » ou « } » attendu, mais « x » trouvé.",
            "« , » ou « } » attendu, mais « *** » trouvé.",
        ),
        ("2200N", "line 1: Premature end\n<a>secret\n   ^", "line 1: ***"),
        (
            "22003",
            "A field with precision 3, scale 1 must round to an absolute value less than 10^2.",
            "A field with precision 3, scale 1 must round to an absolute value less than 10^2.",
        ),
        ("2BP01", "view v depends on table t", "view v depends on table t"),
    ],
)
def test_details_keep_their_sense_without_data(state: str, text: str, shown: str) -> None:
    assert ServerWords(state, detail=text).masked().detail == shown


def test_the_key_of_a_partition_keeps_its_columns() -> None:
    detail = "Partition key of the failing row contains (lower(b)) = (secret)."
    found = ServerWords("23514", detail=detail, function="ExecFindPartition").masked()
    assert found.detail == "Partition key of the failing row contains (lower(b)) = (***)."


@pytest.mark.parametrize(
    ("state", "text", "shown"),
    [
        ("22P02", 'invalid integer: "abc"', 'invalid integer: "***"'),
        ("22P02", 'invalid integer: "a"b"', 'invalid integer: "***"'),
        ("22P02", 'invalid integer: "a\nb"', 'invalid integer: "***"'),
        ("22P02", 'invalid integer: "," secret"', 'invalid integer: "***"'),
        ("22P02", "ungültig für Typ integer: »a« b«", "ungültig für Typ integer: »***«"),
        ("22P02", "invalide : « a »", "invalide : « *** »"),
        ("22P02", '"integer"型の入力構文が不正です: "x"', '"integer"型の入力構文が不正です: "***"'),
        ("22P02", '"a" is not a valid binary digit', '"***" is not a valid binary digit'),
        ("22003", 'value "9" is out of range for type int', 'value "***" is out of range for type int'),
        ("22008", "date field value out of range: 2024-13-45", "date field value out of range: ***"),
        ("2202E", "index 73 out of valid range, 0..2", "index *** out of valid range, ***..***"),
        ("22021", 'invalid byte sequence for "UTF8": 0xe2 0x28', 'invalid byte sequence for "UTF8": ***'),
        ("22023", 'invalid value for "work_mem": "lots"', 'invalid value for "work_mem": "***"'),
        ("22023", 'invalid value for "work_mem": "work_mem" x"', 'invalid value for "***"'),
        ("22P02", '"integer" x" is not valid', '"***" is not valid'),
        ("22023", 'time zone "x" not recognized', 'time zone "***" not recognized'),
        ("54000", "character too large: 73417", "character too large: ***"),
        ("22001", "value too long for type character varying(2)", "value too long for type character varying(2)"),
        ("22012", "division by zero", "division by zero"),
        ("23505", 'violates unique constraint "t_pkey"', 'violates unique constraint "t_pkey"'),
        ("42703", 'column "nope" does not exist', 'column "nope" does not exist'),
        ("42P07", 'relation "t_pkey" already exists', 'relation "t_pkey" already exists'),
        # Types that read names.
        ("42P01", 'relation "secret" does not exist', 'relation "***" does not exist'),
        ("42P01", 'relation "app.users" does not exist', 'relation "app.users" does not exist'),
        ("42P01", 'relation "users" secret" does not exist', 'relation "***" does not exist'),
        ("42704", 'no operator class for access method "btree"', 'no operator class for access method "btree"'),
        # Types that read a language have syntax errors too.
        ("42601", 'syntax error in tsquery: "users"', 'syntax error in tsquery: "***"'),
    ],
)  # fmt: skip
def test_messages_keep_their_sense_without_data(state: str, text: str, shown: str) -> None:
    written = "SET work_mem = 'secret'; TABLE app.users -- secret's"
    assert ServerWords(state, text).masked(written).primary == shown


def test_what_reads_names_quotes_none_of_the_authors() -> None:
    said = ServerWords("42883", "operator does not exist: 7-users", file="regproc.c")
    assert said.masked("TABLE users").primary == "operator does not exist: ***"


def test_a_function_that_a_commit_ran_may_look_data_up() -> None:
    said = ServerWords("42P01", 'relation "x" does not exist', context="PL/pgSQL function f()")
    assert said.masked().primary == 'relation "***" does not exist'
    ours = ServerWords("42P01", 'relation "migrations" does not exist')
    assert ours.masked() == ours


def test_dates_of_other_kinds_are_data() -> None:
    said = ServerWords("0A000", 'unit "x" not supported for type time', file="timestamp.c")
    assert said.masked().primary == 'unit "***" not supported for type time'
    names = ServerWords("0A000", 'cannot drop column "x"', file="tablecmds.c")
    assert names.masked() == names


@pytest.mark.parametrize(
    ("written", "lexeme", "shown"),
    [
        ("SELCT 1", "SELCT", "SELCT"),
        ("SELECT 1 »2", "2", "2"),
        ("SELECT a, )", ")", ")"),
        ("SELECT 1 'secret'", "'secret'", "***"),
        ("SELECT 1 E'se\\'cret'", "E'se\\'cret'", "***"),
        ("SELECT 1 U&'secret'", "U&'secret'", "***"),
        ("SELECT 1 $a$secret$a$", "$a$secret$a$", "***"),
    ],
)
@pytest.mark.parametrize(
    "sentence", ['error at or near "{}"', "Fehler bei »{}«", "près de « {} »", '"{}" の近辺']
)
def test_a_syntax_error_shows_what_is_no_literal(
    written: str, lexeme: str, shown: str, sentence: str
) -> None:
    position = written.rindex(lexeme) + 1
    said = ServerWords("42601", sentence.format(lexeme), position=position)
    assert said.masked(written).primary == sentence.format(shown)


def test_a_syntax_error_in_a_query_of_a_function() -> None:
    said = ServerWords("42601", 'near "7"', query="SELECT a 7", query_position=10)
    assert said.masked("DO $$ ... $$").primary == 'near "***"'
    assert said.masked("DO $$ ... SELECT a 7; $$").primary == 'near "7"'
    assert said.masked("DO $$ ... $$").query == "SELECT a ***"


@pytest.mark.parametrize(
    "said",
    [
        ServerWords("P0001", "refused: (a)=(1), \"x\" at 'y'", 'detail "z": 7'),
        ServerWords("P0004", 'refused: "x"', 'detail "z": 7'),
        ServerWords("23505", 'refused: "x"', "Key (a)=(1)", function="exec_stmt_raise"),
        ServerWords("22P02", 'refused: "x"', function="exec_stmt_assert"),
    ],
)
def test_what_an_author_raises_is_meant_to_be_read(said: ServerWords) -> None:
    assert said.masked("DO $$ $$") == said
