"""masking_context: stacks of frames in some languages, and what may be shown of them."""
# ruff: noqa: RUF001 - a table, in other alphabets

from __future__ import annotations

import time

import pytest

from promptlib.postgres.masking_context import mask_context


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('COPY t, line 3, column a: "x"', 'COPY t, line 3, column a: "***"'),
        ('COPY t, line 3: "1,x\n2,y"', 'COPY t, line 3: "***"'),
        ("COPY t, line 3", "COPY t, line 3"),
        ('JSON data, line 1: {"a": x...', "JSON data, line 1: ***"),
        (
            'JSON data, line 1: {"a\nCOPY t, line 2, column b: "{"a"\nPL/pgSQL function f() line 3',
            'JSON data, line 1: ***\nCOPY t, line 2, column b: "***"\nPL/pgSQL function f() line 3',
        ),
        (
            "SQL statement \"INSERT INTO t VALUES (1, 'x')\"",
            "SQL statement \"INSERT INTO t VALUES (***, '***')\"",
        ),
        (
            'SQL statement "INSERT INTO "T"\n ("x y") VALUES (\'a\nb\')"\nPL/pgSQL function f()',
            'SQL statement "INSERT INTO "T"\n ("x y") VALUES (\'***\')"\nPL/pgSQL function f()',
        ),
        (
            'SQL statement "SELECT \'a\'"\nPL/pgSQL function g() line 1\nSQL function "f"',
            'SQL statement "SELECT \'***\'"\nPL/pgSQL function g() line 1\nSQL function "f"',
        ),
        (
            'SQL statement "SELECT g(5)"\nSQL statement "SELECT f(6)"\nPL/pgSQL function f()',
            'SQL statement "SELECT g(***)"\nSQL statement "SELECT f(***)"\nPL/pgSQL function f()',
        ),
        (
            "PL/pgSQL assignment \"v := 'a' || nope\"\nPL/pgSQL function f() line 2",
            "PL/pgSQL assignment \"v := '***' || nope\"\nPL/pgSQL function f() line 2",
        ),
        ("SQL expression \"'a' = 5\"", "SQL expression \"'***' = ***\""),
        # Each language has quotes and an order of its own.
        ("COPY t, Zeile 3, Spalte a: »x« y«", "COPY t, Zeile 3, Spalte a: »***«"),
        ("COPY t, ligne 3 : « x »", "COPY t, ligne 3 : « *** »"),
        ('tのCOPY、行 3、列 a: "x"', 'tのCOPY、行 3、列 a: "***"'),
        ('t 복사, 3번째 줄: "x"', 't 복사, 3번째 줄: "***"'),
        ("JSONデータ、1行目: x", "JSONデータ、1行目: ***"),
        (
            "instruction SQL « SELECT 'a', 1 »\nfonction PL/pgSQL f(), ligne 1 à l'appel",
            "instruction SQL « SELECT '***', *** »\nfonction PL/pgSQL f(), ligne 1 à l'appel",
        ),
        (
            "SQL-оператор: \"SELECT 'a'\"\nфункция PL/pgSQL f(), строка 1",
            "SQL-оператор: \"SELECT '***'\"\nфункция PL/pgSQL f(), строка 1",
        ),
        ("PL/pgSQL代入\"v := 'a'\"", "PL/pgSQL代入\"v := '***'\""),
        # What looks like the end of a frame may be inside of a literal, or of data.
        (
            'SQL statement "SELECT \'a"\nSQL b\'"\nPL/pgSQL function f() line 1',
            "SQL statement \"SELECT '***'\"\nPL/pgSQL function f() line 1",
        ),
        (
            'SQL statement "SELECT $$a"\nSQL b$$"\nPL/pgSQL function f() line 1',
            'SQL statement "SELECT $$***$$"\nPL/pgSQL function f() line 1',
        ),
        (
            'SQL statement "SELECT 1 -- it\'s"\nPL/pgSQL function f() line 1',
            'SQL statement "SELECT *** -- it\'s"\nPL/pgSQL function f() line 1',
        ),
        (
            'COPY t, line 3: "x"\nSQL function "y"\nPL/pgSQL function f() line 1',
            'COPY t, line 3: "***"\nPL/pgSQL function f() line 1',
        ),
        (
            "unnamed portal with parameters: $1 = 'a''b', $2 = 'c'",
            "unnamed portal with parameters: $1 = '***', $2 = '***'",
        ),
        (
            "remote SQL command: INSERT INTO public.t(\"a b\", \"c\") VALUES ('x', E'y\\'z')",
            "remote SQL command: INSERT INTO public.t(\"a b\", \"c\") VALUES ('***', E'***')",
        ),
    ],
)
def test_a_context_keeps_its_places_without_data(text: str, shown: str) -> None:
    assert mask_context(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "PL/pgSQL function f(integer) line 3 at RAISE",
        "PL/pgSQL function inline_code_block line 12 at SQL statement",
        'SQL function "h" statement 1',
        "fonction SQL « h », instruction 1",
        'SQL関数"h"の行番号 1',
        "SQL-Funktion »h« Anweisung 1",
        'while updating tuple (0,1) in relation "t"',
        'SQL function "h" during inlining',
        "",
    ],
)
def test_places_stay(text: str) -> None:
    assert mask_context(text) == text


def test_numbers_of_the_author_stay() -> None:
    text = 'SQL statement "SELECT g(5, \'a\')"\nSQL statement "SELECT h(6)"'
    assert mask_context(text, "DO $$ BEGIN PERFORM g(5, 'a'); SELECT g(5, 'a'); END $$") == (
        'SQL statement "SELECT g(5, \'***\')"\nSQL statement "SELECT h(***)"'
    )


def test_what_no_known_frame_quotes_may_be_data() -> None:
    text = 'invalid type name "a" b\nSQL "c"\nPL/pgSQL function f() line 1 at RAISE'
    masked = 'invalid type name "***"\nPL/pgSQL function f() line 1 at RAISE'
    assert mask_context(text, with_quoted=True) == masked


@pytest.mark.parametrize(
    "unit", ["a ", "1, ", "'a', ", "a1: ", '"', "$$ ", "\n", "SQL ", "'", ")=("]
)
@pytest.mark.parametrize(
    "begin", ['SQL statement "', 'COPY t, line 1: "', "", "remote SQL command: "]
)
def test_time_grows_with_the_length_alone(begin: str, unit: str) -> None:
    def seconds(length: int) -> float:
        text = f'{begin}{unit * (length // len(unit))}"\nPL/pgSQL function f() line 1'
        start = time.process_time()
        mask_context(text)
        return time.process_time() - start

    # A quadratic one would take 64 times as long.
    assert seconds(80_000) < 30 * max(seconds(10_000), 0.005)
