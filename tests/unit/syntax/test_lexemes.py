"""lexemes: each expression alone, on what it takes whole and on what it does not take."""

from __future__ import annotations

import re

import pytest

from promptlib.syntax import lexemes


def _taken(pattern: str, text: str, at: int = 0) -> str | None:
    found = re.compile(pattern).match(text, at)
    return found and found[0]


def test_a_block_ends_where_it_ends() -> None:
    assert lexemes.do_block("BEGIN; END") == "DO $$\nBEGIN; END\n$$"
    assert lexemes.do_block('DROP "$$ $_$"') == 'DO $__$\nDROP "$$ $_$"\n$__$'


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("WORD", "été_1$ x", "été_1$"),
        ("WORD", "1a", None),
        ("STRING", "'it''s' x", "'it''s'"),
        ("STRING", "'a\\' x'", "'a\\'"),
        ("STRING", "'never", None),
        ("QUOTED_NAME", '"a""b" c', '"a""b"'),
        ("QUOTED_NAME", '"never', None),
        ("DOLLAR_QUOTE", "$$ x", "$$"),
        ("DOLLAR_QUOTE", "$é1$ x", "$é1$"),
        ("DOLLAR_QUOTE", "$1$", None),
        ("LINE_COMMENT", "-- a\nb", "-- a"),
        ("LINE_COMMENT", "-- a\rb", "-- a"),
        ("BLOCK_COMMENT", "/* a /* b */ c */ d */", "/* a /* b */ c */"),
        ("BLOCK_COMMENT", "/***/ x", "/***/"),
        ("BLOCK_COMMENT", "/* a /* b */", None),
        ("GAP", " \t-- a\n/* b */ x", " \t-- a\n/* b */ "),
        ("GAP", "x", None),
    ],
)
def test_what_an_expression_takes(name: str, text: str, taken: str | None) -> None:
    assert _taken(getattr(lexemes, name), text) == taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (r"E'it\'s' x", r"'it\'s'"),
        (r"e'a''b' x", "'a''b'"),
        ("E'a' 'b'", "'a'"),
        ("E'a' -- more\n 'b' x", "'a' -- more\n 'b'"),
        ("E'a'\n'never", None),
    ],
)
def test_a_string_with_escapes_stands_behind_an_e(text: str, taken: str | None) -> None:
    assert _taken(lexemes.ESCAPE_STRING, text, 1) == taken
    assert _taken(lexemes.STRING, text, 1) is None


def test_an_e_at_the_end_of_a_name_begins_no_escapes() -> None:
    text = r"name'a\' x"
    assert _taken(lexemes.ESCAPE_STRING, text, 4) is None
    assert _taken(lexemes.STRING, text, 4) == r"'a\'"


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    broken = lexemes.lazy_pattern("(")
    with pytest.raises(re.error):
        broken.match("")
    pattern = lexemes.lazy_pattern("A+", re.IGNORECASE)
    assert [found[0] for found in pattern.finditer("a-aA")] == ["a", "aA"]


def test_bytes_beyond_ascii_are_letters() -> None:
    found = lexemes.byte_pattern(lexemes.WORD).match("größe x".encode())
    assert found
    assert found[0] == "größe".encode()


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", "''"),
        ("it's", "'it''s'"),
        ("a\\b", "E'a\\\\b'"),
        ("it's \\", "E'it''s \\\\'"),
        ("größe $$ ; --", "'größe $$ ; --'"),
    ],
)
def test_a_text_as_a_literal(text: str, literal: str) -> None:
    assert lexemes.quote_literal(text) == literal
