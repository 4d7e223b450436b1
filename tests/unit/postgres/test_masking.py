"""masking: a table of SQL, and what may be shown of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.postgres.masking import mask_sql, summarize_sql

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
        ("SELECT 1, -2.5, .5, 1e10, 0x1F", "SELECT 1, -2.5, .5, 1e10, 0x1F"),
        ("a numeric(10, 2)", "a numeric(10, 2)"),
        ("SELECT a1, t2.b3, f4(x5y), é6, _7", "SELECT a1, t2.b3, f4(x5y), é6, _7"),
        ("SELECT foo$1, foo$$bar$$, 'a'", "SELECT foo$1, foo$$bar$$, '***'"),
        ("SELECT $1, $23::int", "SELECT $1, $23::int"),
        ("SELECT 'x'::char(3), a[1]", "SELECT '***'::char(3), a[1]"),
        ('SELECT "a\'b1", "c""2"', 'SELECT "a\'b1", "c""2"'),
        ("SELECT a -- it's 1\n, 'b'", "SELECT a -- it's 1\n, '***'"),
        ("SELECT a -- it's 1\r, 'b'", "SELECT a -- it's 1\r, '***'"),
        ("SELECT /* it's 1 */ 'b'", "SELECT /* it's 1 */ '***'"),
        ("SELECT /* a /* it's */ it's 1 */ 'b'", "SELECT /* a /* it's */ it's 1 */ '***'"),
        ("a - 1 / 2 * b", "a - 1 / 2 * b"),
        # The body of a DO or a function is code, not a value.
        ("DO $$", "DO $$"),
        ("do $$ x('a'); $$, $$b$$", "do $$ x('***'); $$, $$***$$"),
        ("DO LANGUAGE plpgsql $a$ x('a') $a$", "DO LANGUAGE plpgsql $a$ x('***') $a$"),
        (
            "CREATE FUNCTION f() AS /* $$ */ $$ 'a' $$",
            "CREATE FUNCTION f() AS /* $$ */ $$ '***' $$",
        ),
        ("AS $$ EXECUTE $b$ a $b$ $$", "AS $$ EXECUTE $b$***$b$ $$"),
        ("SELECT $$a$$ -- as\n, -- do\n $$b$$", "SELECT $$***$$ -- as\n, -- do\n $$***$$"),
        ("AS b, $$a$$ AS c, $$d$$", "AS b, $$***$$ AS c, $$***$$"),
        ("SELECT 'do' $$a$$", "SELECT '***' $$***$$"),
        ('AS $$ "a" $$ LANGUAGE plpython3u', "AS $$***$$ LANGUAGE plpython3u"),
        ("", ""),
    ],
)
def test_sql_shows_names_and_comments_but_no_data(text: str, shown: str) -> None:
    assert mask_sql(text) == (shown, -1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT 1, -2.5, .5, 1e10, 1.5e-3", "SELECT ***, -***, .***, ***, ***-***"),
        ("SELECT 0x1F, 1_000, a1, $1", "SELECT ***, ***, a1, $1"),
        ("VALUES (1,2)", "VALUES (***,***)"),
    ],
)
def test_numbers_that_nobody_wrote_are_data(text: str, shown: str) -> None:
    assert mask_sql(text, with_numbers=True) == (shown, -1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # The caret is where ^ stands.
        ("^SELECT 'a'", "^SELECT '***'"),
        ("SELECT ^a, 'bcdef'", "SELECT ^a, '***'"),
        ("SELECT 'abcdef', ^b", "SELECT '***', ^b"),
        ("SELECT 'a', ^b", "SELECT '***', ^b"),
        ("SELECT 1, 'a', 12345, ^b", "SELECT 1, '***', 12345, ^b"),
        ("SELECT ^'abc'", "SELECT ^'***'"),
        ("SELECT 'a^bc', d", "SELECT ^'***', d"),
        ("SELECT 'abc'^, d", "SELECT '***'^, d"),
        ("SELECT E'abc^', d", "SELECT ^E'***', d"),
        ("SELECT 'abc', na^me", "SELECT '***', na^me"),
        ("SELECT 'abc' -- co^mment", "SELECT '***' -- co^mment"),
        ("SELECT 'abc'^", "SELECT '***'^"),
        ("SELECT $$ab^", "SELECT $$ab^"),
        # Code that holds the caret is shown, and masked like any other.
        ("DO $$ BEGIN ^x('abc'); END $$", "DO $$ BEGIN ^x('***'); END $$"),
        (
            "DO $$ BEGIN y('abc'); ^x(1); END $$; 'a'",
            "DO $$ BEGIN y('***'); ^x(1); END $$; '***'",
        ),
        ("DO $$^$$", "DO $$^$$"),
        ("DO $$ it's ^x $$, 'a'", "DO $$ it^'***'$$, '***'"),
        ("DO $$ ^x it's $$, 'a', 1", "DO $$ ^x it'***'$$, '***', 1"),
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
