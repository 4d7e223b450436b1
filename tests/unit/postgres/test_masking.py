"""masking: tables of SQL and of what PostgreSQL says, and what may be shown of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.postgres.masking import mask_context, mask_message, mask_sql, summarize_sql

SECRET = "geheim"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT 'a'", "SELECT '***'"),
        ("SELECT ''", "SELECT '***'"),
        ("SELECT 'it''s'", "SELECT '***'"),
        ("SELECT 'a\nb', c", "SELECT '***', c"),
        ("SELECT 'a\\', 'b'", "SELECT '***', '***'"),
        ("SELECT E'a\\'b', e'c'", "SELECT E'***', e'***'"),
        ("SELECT E'a'\n'b\\'c', d", "SELECT E'***', d"),
        ("SELECT B'01', x'1F', N'a'", "SELECT B'***', x'***', N'***'"),
        ("SELECT U&'a\\0061', u&'b'", "SELECT U&'***', u&'***'"),
        ("SELECT U&\"a'b\", 'c'", "SELECT U&\"a'b\", '***'"),
        ("SELECT date'2024-01-01'", "SELECT date'***'"),
        ("SELECT type'a\\', b", "SELECT type'***', b"),
        ("SELECT $$a'b$$, c", "SELECT $$***$$, c"),
        ("SELECT $a$b$$c$a$, $é1$d$é1$", "SELECT $a$***$a$, $é1$***$é1$"),
        # A line of a statement may end inside of a literal.
        ("SELECT 'a", "SELECT '***'"),
        ("SELECT E'a\\'", "SELECT E'***'"),
        ("SELECT $$a", "SELECT $$***$$"),
        ("SELECT 1, -2.5, .5, 1e10, 1.5e-3", "SELECT ***, -***, .***, ***, ***-***"),
        ("SELECT 0x1F, 1_000, 0b01", "SELECT ***, ***, ***"),
        ("VALUES (1,2)", "VALUES (***,***)"),
        ("a numeric(10, 2)", "a numeric(***, ***)"),
        ("SELECT a1, t2.b3, f4(x5y), é6, _7", "SELECT a1, t2.b3, f4(x5y), é6, _7"),
        ("SELECT foo$1, foo$$bar$$, 'a'", "SELECT foo$1, foo$$bar$$, '***'"),
        ("SELECT $1, $23::int", "SELECT $1, $23::int"),
        ("SELECT 'x'::char(3), a[1]", "SELECT '***'::char(***), a[***]"),
        ('SELECT "a\'b1", "c""2"', 'SELECT "a\'b1", "c""2"'),
        ("SELECT a -- it's 1\n, 'b'", "SELECT a -- it's 1\n, '***'"),
        ("SELECT a -- it's 1\r, 'b'", "SELECT a -- it's 1\r, '***'"),
        ("SELECT /* it's 1 */ 'b'", "SELECT /* it's 1 */ '***'"),
        ("SELECT /* a /* it's */ it's 1 */ 'b'", "SELECT /* a /* it's */ it's 1 */ '***'"),
        ("a - 1 / 2 * b", "a - *** / *** * b"),
        ("", ""),
    ],
)
def test_sql_shows_names_and_comments_but_no_data(text: str, shown: str) -> None:
    assert mask_sql(text) == (shown, -1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # The caret is where ^ stands.
        ("^SELECT 'a'", "^SELECT '***'"),
        ("SELECT ^a, 'bcdef'", "SELECT ^a, '***'"),
        ("SELECT 'abcdef', ^b", "SELECT '***', ^b"),
        ("SELECT 'a', ^b", "SELECT '***', ^b"),
        ("SELECT 1, 'a', 12345, ^b", "SELECT ***, '***', ***, ^b"),
        ("SELECT ^'abc'", "SELECT ^'***'"),
        ("SELECT 'a^bc', d", "SELECT ^'***', d"),
        ("SELECT 'abc'^, d", "SELECT '***'^, d"),
        ("SELECT E'abc^', d", "SELECT ^E'***', d"),
        ("SELECT 123^45", "SELECT ^***"),
        ("SELECT 'abc', na^me", "SELECT '***', na^me"),
        ("SELECT 'abc' -- co^mment", "SELECT '***' -- co^mment"),
        ("SELECT 'abc'^", "SELECT '***'^"),
        ("SELECT $$ab^", "SELECT $$ab^"),
        # Code that holds the caret is shown, and masked like any other.
        ("DO $$ BEGIN ^x('abc'); END $$", "DO $$ BEGIN ^x('***'); END $$"),
        (
            "DO $$ BEGIN y('abc'); ^x(1); END $$; 'a'",
            "DO $$ BEGIN y('***'); ^x(***); END $$; '***'",
        ),
        ("DO $$^$$", "DO $$^$$"),
        ("DO $$ it's ^x $$, 'a'", "DO $$ it^'***'$$, '***'"),
        ("DO $$ ^x it's $$, 'a', 1", "DO $$ ^x it'***'$$, '***', ***"),
        (
            "DO $a$ EXECUTE $b$ ^x('c') $b$ || $c$d$c$ $a$",
            "DO $a$ EXECUTE $b$ ^x('***') $b$ || $c$***$c$ $a$",
        ),
        ("SELECT $$abc$$, ^b, $$def$$", "SELECT $$***$$, ^b, $$***$$"),
        ("SELECT ^$$abc$$", "SELECT ^$$***$$"),
        ("SELECT $a^$abc$a$", "SELECT ^$a$***$a$"),
    ],
)
def test_the_caret_stays_with_what_it_points_at(text: str, shown: str) -> None:
    masked, caret = mask_sql(text.replace("^", ""), text.index("^"))
    assert f"{masked[:caret]}^{masked[caret:]}" == shown


def test_code_in_many_quotes_is_not_shown() -> None:
    text = "".join(f"$a{depth}$ " for depth in range(9)) + SECRET
    masked, caret = mask_sql(text, len(text) - 1)
    assert SECRET not in masked
    assert masked == "$a0$ $a1$ $a2$ $a3$ $a4$***$a4$"
    assert masked[caret:].startswith("$a4$")


LITERALS = st.sampled_from(
    ["'{}'", "E'{}\\''", "$${}$$", "$q${}$q$", "'{}''s'", "B'{}'", "'\n{}\n'", "U&'{}'", "'--{}'"]
)
AROUND = st.sampled_from(
    [
        "SELECT ",
        ", ",
        " -- it's\n",
        "/* ' */",
        '"it\'s"',
        "a1",
        " $1 ",
        "(",
        ")",
        "::text ",
        "\n",
        "é ",
    ]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(LITERALS | AROUND, max_size=12), st.integers(-1, 150))
def test_no_literal_is_ever_shown(pieces: list[str], caret: int) -> None:
    text = " ".join(pieces).format(*[SECRET] * 12)
    shown, moved = mask_sql(text, min(caret, len(text)))
    assert -1 <= moved <= len(shown)
    if SECRET in shown:  # only where the caret makes it code
        assert "$" in text
        assert shown.rindex("$", 0, shown.index(SECRET) + 1) < moved


@settings(max_examples=1000, deadline=None)
@given(st.lists(LITERALS | AROUND, max_size=12), st.integers(1, 150))
def test_a_summary_shows_no_literal_wherever_it_is_cut(pieces: list[str], most: int) -> None:
    shown = summarize_sql(" ".join(pieces).format(*[SECRET] * 12), most)
    assert SECRET not in shown
    assert len(shown) <= most
    assert "\n" not in shown


@pytest.mark.parametrize("unit", ["a", "a1 ", "1", "$", "$a$", "'", "E'", "/*", "--", '"', "\n"])
@pytest.mark.parametrize("end", ["", "'", "$a$"])
def test_time_grows_with_the_length_alone(unit: str, end: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit)) + end
        begin = time.process_time()
        mask_sql(text)
        mask_sql(text, len(text) // 2)
        return time.process_time() - begin

    # A quadratic one would take 64 times as long.
    assert seconds(160_000) < 30 * max(seconds(20_000), 0.005)


@pytest.mark.parametrize(
    ("state", "text", "shown"),
    [
        # Keys.
        ("23505", "Key (a)=(1) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (a, b)=(1, x) already exists.", "Key (a, b)=(***) already exists."),
        ("23505", "Key (a)=(x. y) (z), (w).) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (a)=(b\nc) already exists.", "Key (a)=(***) already exists."),
        ("23505", "Key (lower(a))=(x) is duplicated.", "Key (lower(a))=(***) is duplicated."),
        (
            "23505",
            "Schlüssel »(a)=(1)« existiert bereits.",
            "Schlüssel »(a)=(***)« existiert bereits.",
        ),
        (
            "23503",
            'Key (a)=(7) is not present in table "t".',
            'Key (a)=(***) is not present in table "t".',
        ),
        (
            "23503",
            'Key (a)=(7) is still referenced from table "t".',
            'Key (a)=(***) is still referenced from table "t".',
        ),
        (
            "23P01",
            "Key (r)=([2,3)) conflicts with existing key (r)=([1,5)).",
            "Key (r)=(***) conflicts with existing key (r)=(***).",
        ),
        (
            "23P01",
            "Key (r)=(1) conflicts with key (r)=(2).",
            "Key (r)=(***) conflicts with key (r)=(***).",
        ),
        # Rows.
        ("23502", "Failing row contains (3, null, 1).", "Failing row contains (***)."),
        ("23514", "Failing row contains (4, se) c(ret\nx, -5).", "Failing row contains (***)."),
        (
            "23502",
            "Fehlgeschlagene Zeile enthält (3, null).",
            "Fehlgeschlagene Zeile enthält (***).",
        ),
        (
            "23514",
            "Partition key of the failing row contains (lower(b)) = (secret).",
            "Partition key of the failing row contains (lower(b)) = (***).",
        ),
        # Values.
        (
            "22P02",
            'invalid input syntax for type integer: "abc"',
            'invalid input syntax for type integer: "***"',
        ),
        (
            "22P02",
            'invalid input syntax for type integer: "a"b"',
            'invalid input syntax for type integer: "***"',
        ),
        (
            "22P02",
            'invalid input syntax for type integer: "a\nb"',
            'invalid input syntax for type integer: "***"',
        ),
        (
            "22P02",
            "ungültige Eingabesyntax für Typ integer: »a«",
            'ungültige Eingabesyntax für Typ integer: "***"',
        ),
        (
            "22P02",
            'invalid input value for enum mood: "sad"',
            'invalid input value for enum mood: "***"',
        ),
        ("22P02", 'malformed array literal: "{1,2"', 'malformed array literal: "***"'),
        ("22P02", 'Token "x" is invalid.', 'Token "***" is invalid.'),
        (
            "22P02",
            'Expected "," or "}", but found ""c"".',
            'Expected "," or "}", but found "***".',
        ),
        ("22P02", '"a" is not a valid binary digit', '"***" is not a valid binary digit'),
        (
            "22003",
            'value "99999999999" is out of range for type integer',
            'value "***" is out of range for type integer',
        ),
        (
            "22008",
            'date/time field value out of range: "2020-13-45"',
            'date/time field value out of range: "***"',
        ),
        (
            "22023",
            'invalid value for parameter "work_mem": "lots"',
            'invalid value for parameter "work_mem": "***"',
        ),
        (
            "22021",
            'invalid byte sequence for encoding "UTF8": 0xff',
            'invalid byte sequence for encoding "UTF8": 0xff',
        ),
        ("2200N", "line 1: Premature end\n<a>secret\n   ^", "line 1: ***"),
        # Syntax errors show a lexeme, which may be a literal.
        ("42601", "syntax error at or near \"'secret'\"", 'syntax error at or near "***"'),
        ("42601", "syntax error at or near \"E'se\ncret'\"", 'syntax error at or near "***"'),
        ("42601", "syntax error at or near \"U&'secret'\"", 'syntax error at or near "***"'),
        ("42601", 'syntax error at or near "$$secret$$"', 'syntax error at or near "***"'),
        ("42601", 'syntax error at or near "5"', 'syntax error at or near "***"'),
        (
            "42601",
            'unterminated quoted string at or near "\'secret"',
            'unterminated quoted string at or near "***"',
        ),
        (
            "42601",
            'trailing junk after numeric literal at or near "12a"',
            'trailing junk after numeric literal at or near "***"',
        ),
        ("42601", 'no operand in tsquery: "secret &"', 'no operand in tsquery: "***"'),
    ],
)
def test_messages_keep_their_sense_without_data(state: str, text: str, shown: str) -> None:
    assert mask_message(text, state) == shown


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("23505", 'duplicate key value violates unique constraint "t_pkey"'),
        ("23502", 'null value in column "b" of relation "t" violates not-null constraint'),
        ("23514", 'check constraint "k" of relation "t" is violated by some row'),
        ("42601", 'syntax error at or near "selec"'),
        ("42601", 'syntax error at or near "e"'),
        ("42601", 'syntax error at or near ")"'),
        ("42601", "syntax error at end of input"),
        ("42703", 'column "nope" does not exist'),
        ("42P01", 'relation "nope" does not exist'),
        ("42883", "function lower(integer, integer, unknown) does not exist"),
        ("22001", "value too long for type character varying(2)"),
        (
            "22003",
            "A field with precision 3, scale 1 must round to an absolute value less than 10^2.",
        ),
        ("22012", "division by zero"),
        ("2BP01", "view v depends on table t"),
        # What the author of a RAISE wrote is meant to be read.
        ("P0001", 'refused: (a)=(1), "x" at or near "\'y\'", COPY t: z'),
    ],
)
def test_messages_without_data_stay(state: str, text: str) -> None:
    assert mask_message(text, state) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('COPY t, line 3, column a: "x"', "COPY t, line 3, column a: ***"),
        ('COPY t, line 3: "1,x\n2,y"', "COPY t, line 3: ***"),
        ("COPY t, line 3", "COPY t, line 3"),
        ('JSON data, line 1: {"a": x...', "JSON data, line 1: ***"),
        (
            'JSON data, line 1: {"a\nCOPY t, line 2, column b: "{"a"\nPL/pgSQL function f() line 3',
            "JSON data, line 1: ***\nCOPY t, line 2, column b: ***\nPL/pgSQL function f() line 3",
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
        'SQL function "h" during inlining',
        "",
    ],
)
def test_places_stay(text: str) -> None:
    assert mask_context(text) == text
