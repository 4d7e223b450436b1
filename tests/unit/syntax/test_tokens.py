"""tokens: what a statement is read as, and reading it."""

from __future__ import annotations

import pytest

from promptlib.syntax.tokens import (
    Token,
    TokenReader,
    split_tokens,
    tokenize,
    words_outside_parentheses,
)


def read(text: str) -> list[Token]:
    content = text.encode()
    return tokenize(content, 0, len(content))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a A _1$ é", ["a", "a", "_1$", "é"]),
        ('"a" "A b" "a""b" ""', ["a", "A b", 'a"b', "'"]),
        ("'a' '' 'it''s' E'\\'' $$;$$ $a$ $$ $a$", ["'", "'", "'", "e", "'", "'", "'"]),
        ("1 1.5 1e5 .5", ["1", "1.5", "1e5", ".", "5"]),
        ("a.b(c, d)::e[1]", [*"a.b(c,d)::e[1]"]),
        ("a||b = -1", ["a", "||", "b", "=", "-", "1"]),
        ("a -- b\n/* c /* d */ */ e", ["a", "e"]),
        ("a-- 'b\n'c'", ["a", "'"]),
        ("$1", ["$", "1"]),
        ("'never closed", ["'", "never", "closed"]),
        (" \t\n\r", []),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, found: list[str]) -> None:
    assert [token.name or token.symbol or "'" for token in read(text)] == found


def test_words_are_told_from_names_in_quotes() -> None:
    assert [token.word for token in read("""Select "select" 'select' 1""")] == [
        "SELECT",
        "",
        "",
        "",
    ]


def test_tokens_know_where_they_are() -> None:
    text = "ö = 'x' || $t$ y $t$;"
    places = [text.encode()[token.start : token.end].decode() for token in read(text)]
    assert places == ["ö", "=", "'x'", "||", " y ", ";"]


def test_a_piece_is_cut_at_a_symbol_outside_of_parentheses() -> None:
    pieces = [*split_tokens(read("a, f(b, (c, d)), ',', e"))]
    assert [len(piece) for piece in pieces] == [1, 10, 1, 1]
    assert [*split_tokens([])] == [[]]


def test_words_outside_of_parentheses() -> None:
    assert words_outside_parentheses(read("a (b (c)) 'd' \"e\" f")) == ["A", "", "", "", "F"]


def test_a_reader_goes_from_left_to_right() -> None:
    reader = TokenReader(read('TABLE IF EXISTS s."T" (a, (b)) WHERE c'))
    assert reader.take_any("VIEW", "TABLE") == "TABLE"
    assert not reader.take("IF", "NOT", "EXISTS")
    assert reader.take("IF", "EXISTS")
    assert reader.offset == 16
    assert reader.name() == ("s", "T")
    assert [token.name for token in reader.parenthesised()] == ["a", "", "", "b", ""]
    assert reader.skip_to("WHERE")
    assert (reader.word, reader.name(), reader.word) == ("C", ("c",), "")
    assert reader.next is None
    assert reader.offset == 38


def test_a_reader_does_not_go_where_nothing_is() -> None:
    reader = TokenReader(read("a (WHERE) b"))
    assert not reader.take_symbol("(")
    assert reader.parenthesised() == ()
    assert [token.symbol or token.name for token in reader.until("B")] == ["a", "(", "where", ")"]
    assert not reader.skip_to("WHERE")
    assert (reader.name(), reader.rest) == ((), [])


def test_a_parenthesis_that_is_never_closed_ends_with_the_text() -> None:
    reader = TokenReader(read("(a (b)"))
    assert reader.parenthesised()
    assert reader.next is None
