"""sqltext against PostgreSQL 18's own lexer and parser, on written and on generated SQL.

Ours differs on purpose in what only a syntax error brings about: a backslash is a psql command, and
a constant right behind another one, or behind a number, may be cut differently. The lexer that is
compared with differs from PostgreSQL's in one thing: to it a comment ends a string that goes on on
the next line.
"""

from __future__ import annotations

import importlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from promptlib.core.errors import LexicalError
from promptlib.syntax.statements import Marker, Statement, scan_sql

postgast: Any = importlib.import_module("postgast")  # mypy cannot read its stubs

DATA = Path(__file__).parents[2] / "data"
FILES = [DATA / f"{name}.sql" for name in ("functions", "objects", "queries")]
COMMENTS = {
    postgast.pg_query_pb2.Token.Value("SQL_COMMENT"),
    postgast.pg_query_pb2.Token.Value("C_COMMENT"),
}


class Extent(NamedTuple):
    """A statement without its comments before it: from its first lexeme to behind its semicolon."""

    head: int
    end: int


def ours(text: str) -> list[Extent]:
    """The statements that scan finds; what is behind the last lexeme of an unclosed one is cut."""
    offsets, found = characters(text), []
    for item in scan_sql(text.encode()):
        assert not isinstance(item, Marker)
        found.append(Extent(offsets[item.head], offsets[item.end]))
    return found


def characters(text: str) -> dict[int, int]:
    """Offset in UTF-8 -> offset in characters."""
    offsets, position = {}, 0
    for index, character in enumerate(text):
        offsets[position] = index
        position += len(character.encode())
    return {**offsets, position: len(text)}


def lexed(text: str) -> list[Extent]:
    """The statements by PostgreSQL's lexer: semicolons outside parentheses end them."""
    offsets, found, head, depth = characters(text), [], -1, 0
    for token in postgast.scan(text).tokens:
        if token.token in COMMENTS:
            continue
        lexeme = text[offsets[token.start] : offsets[token.end]]
        if lexeme == ";" and not depth:
            if head >= 0:
                found.append(Extent(head, offsets[token.end]))
            head = -1
            continue
        depth = max(0, depth + {"(": 1, ")": -1}.get(lexeme, 0))
        head = offsets[token.start] if head < 0 else head
    if depth:
        raise postgast.PgQueryError("a parenthesis is open")
    return [*found, Extent(head, len(text.rstrip(" \t\n\r\f\v")))] if head >= 0 else found


def parsed(text: str) -> list[Extent]:
    """The statements by PostgreSQL's parser, which knows BEGIN ATOMIC."""
    offsets, found = characters(text), []
    size = len(text.encode())
    for each in postgast.parse(text).stmts:
        end = offsets[each.stmt_location + each.stmt_len if each.stmt_len else size]
        closed = text[end : end + 1] == ";"
        head = offsets[each.stmt_location]
        found.append(Extent(head, end + 1 if closed else len(text.rstrip(" \t\n\r\f\v"))))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_written_sql_is_cut_as_the_parser_cuts_it(path: Path, newline: str) -> None:
    text = path.read_text(encoding="utf-8").replace("\n", newline)
    assert [text[slice(*each)] for each in ours(text)] == [
        text[slice(*each)] for each in parsed(text)
    ]
    assert ours(text) == parsed(text)


def test_the_written_sql_is_worth_it() -> None:
    assert sum(len(ours(path.read_text(encoding="utf-8"))) for path in FILES) > 80


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_written_statement_stands_alone(path: Path) -> None:
    text = path.read_bytes()
    for item in scan_sql(text):
        (statement,) = postgast.parse(text[item.start : item.end].decode()).stmts
        assert statement.stmt_location + item.start <= item.end


# Everything that can begin or hide something, its harmless neighbours, and a few words.
LEXEMES = (
    *("'a'", "'a;b'", "'it''s;'", "''", "'\\'", "'a\nb'", "'--'", "'/*'", "'$$'", "'\"'", "'é;'"),
    *(r"E'a\'b;'", r"e'\\'", "E''", "E'--'", "E'a'\n'b\\';'", "e'\\\n;'"),
    *("U&'a;'", 'U&"a;"', "B'01'", "X'1f'", "N'a;'", '"a"', '"a;b"', '"a""b;"', '"\'"', '"é--"'),
    *(
        "$$a;b$$",
        "$$$$",
        "$a$;$b$;$$;$a$",
        "$a$'$a$",
        "$é1$;$é1$",
        "$_$--$_$",
        "$$/*$$",
        "$1",
        "$23",
    ),
    *("-- a;b\n", "--\r", "-- it's\n", "--/*\n", "-- $$\r\n", "--- x\n", "--\f;\n", "-- é;\n"),
    *(
        "/* a;b */",
        "/**/",
        "/* /* ; */ ; */",
        "/*/**/*/",
        "/*/*/*;*/*/*/",
        "/* ' */",
        "/*--*/",
        "/***/",
    ),
    *(
        "->>",
        "->",
        "@>",
        "#-",
        "-|-",
        "/",
        "*",
        "-",
        "+",
        "<",
        "||/",
        "*/",
        "~",
        "%",
        "&&",
        "?|",
        "!",
    ),
    *("a", "e", "E", "x", "foo$bar", "foo$$bar", "a$", "é", "select", "as", "end", "case", "begin"),
    *("1", "1.5", ".5", "1e5", "0x1F", ":", "::", ",", ".", "[", "]", "(", ")", "()", ";", ";;"),
    *(" ", "\n", "\r", "\t", "\f", "\v", "\r\n", "  "),
)
NAME_LIKE = ("$", "_")


def collide(left: str, right: str) -> bool:
    """Whether two lexemes together may be a third, or two constants that touch each other."""
    after_name = left[-1:].isalnum() or left.endswith(NAME_LIKE)
    return after_name and (right[:1].isalnum() or right.startswith((*NAME_LIKE, '"', "'")))


def written(lexemes: list[str]) -> str:
    """The lexemes one behind the other, apart only where they would become something else."""
    text = "".join(lexemes[:1])
    for left, right in pairwise(lexemes):
        text += " " + right if collide(left, right) else right
    return text


def outcome(text: str) -> list[Extent] | None:
    """What scan finds, or None for what never ends."""
    try:
        return ours(text)
    except LexicalError as error:
        assume("psql" not in error.what)
        return None


def reference(text: str) -> list[Extent] | None:
    """What PostgreSQL finds, or None for what never ends."""
    try:
        return lexed(text)
    except postgast.PgQueryError as error:
        # Other errors are in what is not looked at here: numbers, escapes.
        assume("unterminated" in str(error) or "is open" in str(error))
        return None


def goes_on_behind_a_comment(text: str) -> bool:
    """Whether an escape string may go on on a line behind a comment."""
    return "e'" in text.lower() and bool(re.search(r"'\s*(?:--[^\n\r]*\s+)+'", text))


def touching(text: str) -> bool:
    """Whether PostgreSQL reads a constant right behind another one, or behind a number."""
    try:
        tokens = postgast.scan(text).tokens
    except postgast.PgQueryError:
        return "$" in text or "1" in text
    data = text.encode()
    return any(
        left.end == right.start
        and data[left.end - 1 : left.end] in b"$1"
        and data[right.start : right.start + 1] in b"$eE'"
        for left, right in pairwise(tokens)
    )


@pytest.mark.patient
@settings(max_examples=3000, deadline=None)
@given(st.lists(st.sampled_from(LEXEMES), max_size=30).map(written))
@example("E'a'\n'b\\'")
@example("$$a$$ $$b$$;c")
def test_generated_text_is_cut_as_the_lexer_cuts_it(text: str) -> None:
    assume(not touching(text) and not goes_on_behind_a_comment(text))
    assert outcome(text) == reference(text)


# As above, but of pieces: what one opens another may close or not.
PIECES = (
    *(
        "'",
        "''",
        "E'",
        " e'",
        "U&'",
        "\\'",
        "\\\\",
        '"',
        '""',
        "$$",
        "$a$",
        "$a",
        "$",
        "--",
        "/*",
        "*/",
    ),
    *(
        "(",
        ")",
        ";",
        "\n",
        "\r",
        "\f",
        " ",
        " a",
        " é",
        "-",
        "/",
        "*",
        "+",
        "1",
        ",",
        "'\n'",
        "'--\r'",
    ),
)


@pytest.mark.patient
@settings(max_examples=3000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@example("$$a$$'b'")
def test_pieces_are_cut_as_the_lexer_cuts_them(text: str) -> None:
    assume(not touching(text) and not goes_on_behind_a_comment(text))
    assert outcome(text) == reference(text)


# The statements that have a body, whose semicolons only the parser tells apart.
EXPRESSIONS = (
    "1",
    "a",
    "CASE WHEN a THEN 1 END",
    "(CASE a WHEN 1 THEN 2 END)",
    "t.end",
    "';'",
    "(SELECT 1 end)",
)
LABELS = (
    "",
    " AS b",
    " AS end",
    ' AS "end"',
    " AS case",
    " AS begin",
    " AS /*;*/ end",
    " -- end\n",
)
QUERIES = st.builds("SELECT {}{};".format, st.sampled_from(EXPRESSIONS), st.sampled_from(LABELS))
ROUTINES = st.builds(
    "{} f(){} BEGIN{}ATOMIC {} END;".format,
    st.sampled_from(("CREATE FUNCTION", "create or replace function", "CREATE/*;*/PROCEDURE")),
    st.sampled_from(("", " LANGUAGE sql", " SET a = 'begin atomic'", " SET a TO end_of")),
    st.sampled_from((" ", "\n", " /* ; */ ", " -- ;\n")),
    st.lists(QUERIES, max_size=3).map(" ".join),
)
RULES = st.lists(QUERIES, min_size=1, max_size=3).map(
    lambda queries: f"CREATE RULE r AS ON INSERT TO t DO ALSO ({' '.join(queries)});"
)


@settings(max_examples=500, deadline=None)
@given(st.lists(QUERIES | ROUTINES | RULES, max_size=5).map(" ".join))
def test_bodies_are_cut_as_the_parser_cuts_them(text: str) -> None:
    assert ours(text) == parsed(text)


def test_statements_are_what_is_compared() -> None:
    assert ours("-- a\nSELECT 1; b") == [Extent(5, 14), Extent(15, 16)]
    assert all(isinstance(item, Statement) for item in scan_sql(b"a;b"))
