"""sqltext: tables of text and the statements and markers in it, and what holds for any text."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import promptlib
from promptlib.core.errors import LexicalError
from promptlib.syntax.statements import (
    Marker,
    Statement,
    Statements,
    bare_words,
    line_and_column,
    scan_sql,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each is one statement: nothing in it ends one or is a marker.
ONE_STATEMENT = {
    "string": "SELECT 'a;b';",
    "doubled quote": "SELECT 'it''s; so';",
    "backslash in a plain string": "SELECT 'a\\';",
    "string with a marker": "SELECT '\n-- DOWN\n';",
    "string with comment openers": "SELECT '/* -- ';",
    "string after a name that ends in e": "SELECT name'a\\';",
    "string after a number and e": "SELECT 1e'a\\';",
    "escape string": r"SELECT E'a\';b';",
    "escape string, small e": r"SELECT e'a\';b';",
    "escape string with an escaped backslash": r"SELECT E'a\\';",
    "escape string with a doubled quote": r"SELECT E'a'';\';b';",
    "escape string, continued": "SELECT E'a'\n'b\\';c';",
    "escape string, continued twice": "SELECT E'a'\n'b'\n 'c\\';d';",
    "escape string, continued behind CR": "SELECT E'a'\r'b\\';c';",
    "escape string, continued behind comments": "SELECT E'a' -- x\n -- y '\n  'b\\';c';",
    "escape string, not continued on its line": "SELECT E'a', 'b\\';",
    "escape string, and one that follows on its line": "SELECT E'a'  'b\\';",
    "plain string, continued": "SELECT 'a'\n'b\\';",
    "bit strings": "SELECT B'01', x'0F;', N'a;';",
    "unicode string": "SELECT U&'\\0041;' UESCAPE '!';",
    "unicode name": 'SELECT U&"a;b";',
    "quoted name": 'SELECT "a;b";',
    "quoted name with a quote": 'SELECT "a"";b";',
    "quoted name with an apostrophe": 'SELECT "it\'s;";',
    "quoted name with a marker": 'SELECT "\n-- UP\n";',
    "line comment": "SELECT 1 -- a; b\n;",
    "line comment with quotes": "SELECT 1 -- it's \"$$ /*\n;",
    "line comment that CR ends": "SELECT 1 -- it's\r;",
    "line comment behind an operator": "SELECT 1 +-- a;\n1;",
    "three hyphens": "SELECT 1 --- a;\n;",
    "block comment": "SELECT /* a; b */ 1;",
    "block comment with quotes": "SELECT /* it's \" $$ -- */ 1;",
    "block comment, nested": "SELECT /* a /* b; */ c; */ 1;",
    "block comment, nested thrice": "SELECT /*/*/* ; */ ; */ ; */ 1;",
    "block comment with a marker": "SELECT /*\n-- DOWN\n*/ 1;",
    "block comment behind an operator": "SELECT 2*/* ; */3;",
    "block comment of stars": "SELECT /****/ 1, /*;**/ 2;",
    "slash in a comment": "SELECT /*/;*/ 1;",
    "end of a comment that never began": "SELECT 2 */ 3;",
    "dollar quote": "SELECT $$a; 'b$$;",
    "dollar quote with a tag": "SELECT $tag$a; $$ $other$ $tag $TAG$ b$tag$;",
    "dollar quote with a letter beyond ASCII": "SELECT $é_1$;$é$;$é_1$;",
    "dollar quote with a marker": "DO $$\n-- DOWN\n$$;",
    "dollar quote behind a parenthesis": "SELECT ($$;$$);",
    "dollar quote behind an operator": "SELECT 'a'||$$;$$;",
    "dollar quote, empty": "SELECT $$$$;",
    "dollars in a name": "SELECT foo$$bar, 'x';",
    "dollar at the end of a name": "SELECT foo$, bar$;",
    "dollar behind a letter beyond ASCII": "SELECT é$$;",
    "parameters": "SELECT $1, $2$3;",
    "dollar alone": "SELECT $ , $a , 'x';",
    "tag that begins with a digit": "SELECT $1$, $2$;",
    "operators": "SELECT a->>'b', a #- '{c}', a -|- b, a @> b, - 1, 4 / 2, 2 * 3;",
    "json": """SELECT '{"a": [1, ";"]}'::jsonb;""",
    "casts": "SELECT 'a'::text::varchar(3), b::int[];",
    "lone CR in a string": "SELECT 'a\r-- UP\rb';",
    "words of markers": "SELECT up, down FROM up;",
    "parentheses": "SELECT (1; 2);",
    "parentheses, deep": "SELECT ((((((1;))))));",
    "parentheses with quotes": "SELECT ('(', $$($$, \"(\", /* ( */ 1);",
    "parentheses with a marker": "SELECT (\n-- DOWN\n1);",
    "parentheses, nested, with a marker": "SELECT ((1)\n-- DOWN\n, (((2))));",
    "parenthesis too many": "SELECT 1);",
    "rule": "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2;);",
    "body": "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
    "body, any case": "Create Or Replace Function f() Begin Atomic Select 1; End;",
    "body of a procedure": "CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END;",
    "body with CASE": "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 WHEN 2 THEN 3 END; b; END;",
    "body with CASE in CASE": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE CASE 1 WHEN 2 THEN 3 END WHEN 4 THEN 5 END;"
        " SELECT 6; END;"
    ),
    "body with CASE in parentheses": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT (CASE WHEN a THEN 1 END); SELECT 2; END;"
    ),
    "body with a label in parentheses": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT (SELECT 1 end); SELECT 2; END;"
    ),
    "body with a column called end": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS end; SELECT t.end, t . case; SELECT 2; END;"
    ),
    "body with a column called end behind comments": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS /* */ end; SELECT t./**/end; SELECT 2; END;"
    ),
    "body with names like keywords": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT ending, the_end, end$, endé; SELECT 2; END;"
    ),
    "body with keywords in quotes": (
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT 'end', \"end\", $$ end $$ /* end */ -- end\n;"
        " SELECT 2; END;"
    ),
    "body with a marker": "CREATE FUNCTION f() BEGIN ATOMIC\n-- DOWN\nSELECT 1; END;",
    "body behind comments": "CREATE/**/OR -- x\nREPLACE /*;*/ FUNCTION f() BEGIN/*;*/ATOMIC ; END;",
    "body behind a comment that CR ends": "CREATE -- x\rFUNCTION f() BEGIN -- x\rATOMIC a; END;",
    "function with RETURN": "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN a THEN 1 END;",
    "function with default CASE": "CREATE FUNCTION f(a int = CASE WHEN b THEN 1 END) RETURN 1;",
    "function called begin": "CREATE FUNCTION begin() RETURNS int AS 'SELECT 1;' LANGUAGE sql;",
    "function with a dollar quote": "CREATE FUNCTION f() AS $$ BEGIN; END; $$ LANGUAGE plpgsql;",
    "function with an escape string": "CREATE FUNCTION f() AS e'\\';' LANGUAGE sql;",
    "vertical white space": "SELECT\f1\v;",
    "NUL": "SELECT\0 1;",
    "name beyond ASCII": "SELECT größe, 名前, \U0001f600;",
}


def pieces(text: str) -> list[str]:
    """What a text consists of: its statements, and its markers as `<UP options>`."""
    content = text.encode()
    return [
        f"<{item.word}{item.options}>"
        if isinstance(item, Marker)
        else content[item.start : item.end].decode()
        for item in scan_sql(content)
    ]


def statements(text: str) -> list[Statement]:
    return [item for item in scan_sql(text.encode()) if isinstance(item, Statement)]


@pytest.mark.parametrize("sql", ONE_STATEMENT.values(), ids=ONE_STATEMENT.keys())
def test_one_statement_however_it_is_written(sql: str) -> None:
    assert pieces(sql) == [sql]
    assert pieces(f"{sql}SELECT 2;\n{sql}\n\n-- UP\n{sql[:-1]} ;") == [
        sql,
        "SELECT 2;",
        sql,
        "<UP>",
        f"{sql[:-1]} ;",
    ]


@pytest.mark.parametrize("sql", ONE_STATEMENT.values(), ids=ONE_STATEMENT.keys())
def test_a_last_statement_needs_no_semicolon(sql: str) -> None:
    bare = sql[:-1].rstrip()
    assert pieces(f"{bare}\n-- DOWN\n{bare}  \n") == [bare, "<DOWN>", bare]
    assert [each.closed for each in statements(f"{bare}\n;{bare}")] == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\r\n\f\v", []),
        (";", []),
        (" ; /* a */ ; -- b\n;", []),
        ("-- a\n/* b */ -- c", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;;SELECT 2;", ["SELECT 1;", "SELECT 2;"]),
        ("a;b", ["a;", "b"]),
        ("  a ;  b ; ", ["a ;", "b ;"]),
        ("-- a\nSELECT 1; -- b\n", ["-- a\nSELECT 1;"]),
        ("/* a */ SELECT 1", ["/* a */ SELECT 1"]),
        ("/* a /* b */ c */ SELECT 1", ["/* a /* b */ c */ SELECT 1"]),
        ("-- up there\nSELECT 1", ["-- up there\nSELECT 1"]),
        ("SELECT 1 -- a\n  ", ["SELECT 1 -- a"]),
        ("SELECT 1 -- up", ["SELECT 1 -- up"]),
        ("(SELECT 1);'a';\"b\";$$c$$;-1", ["(SELECT 1);", "'a';", '"b";', "$$c$$;", "-1"]),
        ("SELECT 'a'; -- it's\nSELECT 'b';", ["SELECT 'a';", "-- it's\nSELECT 'b';"]),
        # Only CREATE FUNCTION and PROCEDURE have a body.
        ("BEGIN ATOMIC; END;", ["BEGIN ATOMIC;", "END;"]),
        ("CREATE VIEW v AS BEGIN ATOMIC; END;", ["CREATE VIEW v AS BEGIN ATOMIC;", "END;"]),
        ("CREATE FUNCTIONAL BEGIN ATOMIC; END", ["CREATE FUNCTIONAL BEGIN ATOMIC;", "END"]),
        ("CREATE FUNCTION f() BEGIN; END", ["CREATE FUNCTION f() BEGIN;", "END"]),
        ("CREATE FUNCTION f() BEGIN ATOMICS; END", ["CREATE FUNCTION f() BEGIN ATOMICS;", "END"]),
        # A dotless i is a letter like any other.
        (
            "CREATE FUNCT\u0131ON f() BEGIN ATOMIC; b",
            ["CREATE FUNCT\u0131ON f() BEGIN ATOMIC;", "b"],
        ),
        (
            "CREATE FUNCTION f() BEGIN ATOM\u0131C; b",
            ["CREATE FUNCTION f() BEGIN ATOM\u0131C;", "b"],
        ),
        # A body that is closed, and one that begins afresh.
        (
            "CREATE FUNCTION f() BEGIN ATOMIC; END; a; CREATE FUNCTION g() BEGIN ATOMIC; END",
            [
                "CREATE FUNCTION f() BEGIN ATOMIC; END;",
                "a;",
                "CREATE FUNCTION g() BEGIN ATOMIC; END",
            ],
        ),
        # What is open is forgotten where a statement ends.
        ("SELECT 1); SELECT (2); a", ["SELECT 1);", "SELECT (2);", "a"]),
    ],
)
def test_statements_end_at_semicolons(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("line", "marker"),
    [
        ("-- UP", "<UP>"),
        ("--UP", "<UP>"),
        ("--up", "<UP>"),
        ("-- Down", "<DOWN>"),
        ("--\tdown", "<DOWN>"),
        ("--   DOWN   ", "<DOWN>"),
        ("   -- UP", "<UP>"),
        ("\t--UP\t", "<UP>"),
        ("-- UP transaction:false", "<UP transaction:false>"),
        ("-- DOWN  a:b \t c:d=;'e ", "<DOWN  a:b \t c:d=;'e>"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_marker_is_a_comment_alone_on_its_line(line: str, marker: str, newline: str) -> None:
    text = newline.join(["", "SELECT 1", line, "SELECT 2;", ""])
    assert pieces(text) == ["SELECT 1", marker, "SELECT 2;"]
    assert pieces(line) == [marker]


@pytest.mark.parametrize(
    "line",
    [
        "-- Down the road",
        "-- Update x",
        "-- download",
        "-- UP and DOWN",
        "-- UP;",
        "-- UP:",
        "-- UP --",
        "-- up_",
        "-- ups",
        "-- upé",
        "--- UP",
        "-- - UP",
        "---UP",
        "-- UP transaction: false",
        "-- UP transaction",
        "-- UP :false",
        "-- UP transaction :false",
        "-- UP a:b c",
        "-- UPa:b",
        "-- UP\xa0",
        "\xa0-- UP",
        "-- \ufeffUP",
        "/* */ -- UP",
        "-- /* \n-- UP */",
        "/* -- UP */",
    ],
)
def test_other_comments_are_no_markers(line: str) -> None:
    assert not [
        item for item in scan_sql(f"{line}\nSELECT 1;".encode()) if isinstance(item, Marker)
    ]


def test_a_marker_behind_a_statement_on_its_line_is_a_comment() -> None:
    assert pieces("SELECT 1; -- UP\nSELECT 2 -- DOWN\n;") == [
        "SELECT 1;",
        "-- UP\nSELECT 2 -- DOWN\n;",
    ]


def test_offsets_of_a_marker_hold_its_comment_without_blanks_before() -> None:
    text = "\n  -- UP a:b  \nSELECT 1;"
    (marker, _) = scan_sql(text.encode())
    assert marker[:2] == (3, 14)
    assert text[14] == "\n"


def test_a_byte_order_mark_is_a_letter_as_for_postgresql() -> None:
    assert pieces("\ufeffSELECT 1;") == ["\ufeffSELECT 1;"]
    assert pieces("\ufeff-- UP\nSELECT 1;") == ["\ufeff-- UP\nSELECT 1;"]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("SELECT 1;", 0),
        ("  SELECT 1;", 2),
        ("-- a\nSELECT 1;", 5),
        ("-- up a\n-- UP b\nSELECT 1;", 16),
        ("/* a */ /* b /* c */ */ SELECT 1;", 24),
        (";; /* a */ SELECT 1;", 11),
        ("'a'", 0),
        ("- 1", 0),
        ("/ 1", 0),
        ("*/ 1", 0),
        ("(1)", 0),
        ("$$a$$", 0),
        ("-- a\n'b'", 5),
        ("-- UP\n /**/ SELECT 1;", 12),
    ],
)
def test_a_head_is_where_the_comments_end(text: str, head: int) -> None:
    assert statements(text)[0].head == head


QUOTE = "this quote is never closed"
COMMENT = "this comment is never closed"
PARENTHESIS = "this parenthesis is never closed"
BODY = "this body is never closed"


@pytest.mark.parametrize(
    ("text", "offset", "what", "remedy"),
    [
        ("'", 0, QUOTE, "close it with '"),
        ("SELECT 'a", 7, QUOTE, "close it with '"),
        ("SELECT 'a''", 7, QUOTE, "close it with '"),
        ("SELECT 'a' 'b", 11, QUOTE, "close it with '"),
        (r"SELECT E'a\'", 8, QUOTE, "close it with '"),
        ("SELECT E'a\\", 8, QUOTE, "close it with '"),
        ("SELECT E'a'\n'b\\'", 8, QUOTE, "close it with '"),
        ("SELECT (E'a\\')", 9, QUOTE, "close it with '"),
        ("SELECT ('a;\n-- DOWN\n", 8, QUOTE, "close it with '"),
        ('SELECT "a', 7, QUOTE, 'close it with "'),
        ('SELECT "a""', 7, QUOTE, 'close it with "'),
        ("SELECT /* a", 7, COMMENT, "close it with */"),
        ("/*/", 0, COMMENT, "close it with */"),
        ("/* a /* b */", 0, COMMENT, "close it with */"),
        ("/* a */ /* b", 8, COMMENT, "close it with */"),
        ("SELECT ($$ ')", 8, "the dollar quote $$ is never closed", "close it with $$"),
        ("SELECT $a$ $A$", 7, "the dollar quote $a$ is never closed", "close it with $a$"),
        ("SELECT $é$ $$", 7, "the dollar quote $é$ is never closed", "close it with $é$"),
        ("SELECT (1;", 7, PARENTHESIS, "close it with )"),
        ("SELECT (1, (2); SELECT 3;", 7, PARENTHESIS, "close it with )"),
        ("SELECT ((1)), ((2);", 14, PARENTHESIS, "close it with )"),
        ("SELECT ((((1", 7, PARENTHESIS, "close it with )"),
        ("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;", 20, BODY, "close it with END"),
        ("CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 END;", 20, BODY, "close it with END"),
        # The parenthesis hides the END.
        ("CREATE FUNCTION f() BEGIN ATOMIC SELECT (1; END;", 40, PARENTHESIS, "close it with )"),
        (
            "SELECT 1;\n\\i a.sql\n",
            10,
            "\\i is a psql command, not SQL",
            "write the SQL that it stands for",
        ),
        (
            "SELECT 1 \\gset",
            9,
            "\\gset is a psql command, not SQL",
            "write the SQL that it stands for",
        ),
        ("(\\", 1, "\\ is a psql command, not SQL", "write the SQL that it stands for"),
        (
            "CREATE FUNCTION f() \\.",
            20,
            "\\. is a psql command, not SQL",
            "write INSERT statements instead, as pg_dump --inserts does",
        ),
    ],
)
def test_what_is_never_closed(text: str, offset: int, what: str, remedy: str) -> None:
    with pytest.raises(LexicalError) as caught:
        list(scan_sql(text.encode()))
    error = caught.value
    assert (error.offset, error.what, error.remedy) == (offset, what, remedy)


def test_what_stands_before_an_error_is_yielded() -> None:
    items = scan_sql(b"-- UP\nSELECT 1; 'a")
    assert [type(next(items)), type(next(items))] == [Marker, Statement]
    with pytest.raises(LexicalError):
        next(items)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT a, b1 FROM t", "SELECT A B1 FROM T"),
        ("COPY t (a, (b), c) FROM 'from' stdin", "COPY T FROM STDIN"),
        ("a 'b' \"c\" $$d$$ $e$f$e$ /* g */ h -- i", "A H"),
        ("a /* b /* c */ d */ e", "A E"),
        ("a E'b\\' c' d", "A E D"),
        ("a ) b ( c ) d", "A B D"),
        ("a.b c$d $1 é 2", "A B C$D É"),
        ("a;", "A"),
        ("a -- it's\r b -- c\n d", "A B D"),
    ],
)
def test_bare_words_are_those_that_a_grammar_sees(sql: str, words: str) -> None:
    assert list(bare_words(sql.encode(), statements(sql)[0])) == words.split()


def test_bare_words_stay_within_their_statement() -> None:
    text = "-- x\nSELECT 1; SELECT a"
    assert [list(bare_words(text.encode(), each)) for each in statements(text)] == [
        ["SELECT"],
        ["SELECT", "A"],
    ]


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("a\nb", 1, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("é\n\té", 3, (2, 2)),
    ],
)
def test_location_counts_lines_and_characters_from_one(
    text: str, offset: int, expected: tuple[int, int]
) -> None:
    assert line_and_column(text.encode(), len(text[:offset].encode())) == expected


# Texts of what means something, in any order: far denser than arbitrary ones.
TOKENS = (
    *("'", "''", "E'", "\\'", "\\", '"', "$$", "$a$", "$", "$1", "--", "/*", "*/", "(", ")", ";"),
    *(
        "\n",
        "\r",
        " ",
        "\t",
        "\f",
        "-- UP\n",
        "\n--down\n",
        "-- up x\r",
        "a",
        "e",
        "é",
        "1",
        ".",
        "-",
    ),
    *(
        "CREATE FUNCTION ",
        "create or replace procedure ",
        " BEGIN ATOMIC ",
        " END",
        " CASE ",
        " AS ",
    ),
)
TEXTS = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join) | st.text()


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
@example("\\")
def test_any_text_is_cut_or_refused_at_one_of_its_characters(text: str) -> None:
    offsets = [len(text[:index].encode()) for index in range(len(text))]
    assert error_offset(text) in [-1, *offsets]


def error_offset(text: str) -> int:
    """Where a text is refused, or -1."""
    try:
        list(scan_sql(text.encode()))
    except LexicalError as error:
        return error.offset
    return -1


def blank(text: str) -> bool:
    """Whether a text holds only white space, comments and semicolons; character by character."""
    position = depth = 0
    while position < len(text):
        if text.startswith("/*", position):
            depth, position = depth + 1, position + 2
        elif depth and text.startswith("*/", position):
            depth, position = depth - 1, position + 2
        elif not depth and text.startswith("--", position):
            line = re.compile("[^\n\r]*").match(text, position)
            position = line.end() if line else position
        elif depth or text[position] in " \t\n\r\f\v;":
            position += 1
        else:
            return False
    return not depth


def readable(text: str) -> Iterator[Statement | Marker]:
    """The items of a text as far as it can be read."""
    try:
        yield from scan_sql(text.encode())
    except LexicalError:
        return


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
def test_every_character_outside_comments_belongs_to_one_item(text: str) -> None:
    content, position = text.encode(), 0
    for item in readable(text):
        assert position <= item.start < item.end
        assert blank(content[position : item.start].decode())
        position = item.end
        if isinstance(item, Statement):
            assert item.start <= item.head < item.end
            assert blank(content[item.start : item.head].decode())
            assert not blank(content[item.head : item.end].decode()[0])
            assert content[item.end - 1] not in b" \t\n\r\f\v"
            assert not item.closed or content[item.end - 1] in b";"
    assert error_offset(text) >= 0 or blank(content[position:].decode())


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_statements_are_found_again_alone(text: str) -> None:
    content = text.encode()
    for item in readable(text):
        if isinstance(item, Statement):  # a comment before it may look like a marker, alone
            alone = content[item.head : item.end].decode()
            assert pieces(alone) == [alone]


@given(
    offsets=st.lists(st.tuples(*3 * [st.integers(0, 1 << 40)]), max_size=5),
    last_closed=st.booleans(),
)
def test_statements_are_kept_as_they_were_put_in(
    offsets: list[tuple[int, int, int]], *, last_closed: bool
) -> None:
    there = [Statement(*each, closed=True) for each in offsets]
    there[-1:] = [each._replace(closed=last_closed) for each in there[-1:]]
    kept = Statements()
    for each in there:
        kept.append(each)
    assert [*kept] == there
    assert (kept[1:], kept[-1:], len(kept)) == (there[1:], there[-1:], len(there))
    with pytest.raises(IndexError):
        kept[len(there)]


COSTLY = {
    "open parentheses": "(",
    "open parentheses with text": "(a ",
    "closing parentheses": ")",
    "dollars": "$",
    "dollars and letters": "$a",
    "dollar quotes": " $a$ ",
    "quotes": "'",
    "quotes apart": "' ",
    "escape strings": "E'\\' ",
    "continued escape strings": "E'a'\n",
    "double quotes": '"a',
    "line comments": "--\n",
    "almost markers": "-- up x\n",
    "almost markers in CR lines": "-- up x\r",
    "almost markers behind text": "a -- up\n",
    "indented": "       \t-- up\n",
    "open comments": "/*",
    "comments": "/**/",
    "slashes": "/ ",
    "semicolons": ";",
    "statements": "a;",
    "routines": "create function;",
    "almost routines": "create /**/ ",
    "names": "a",
    "names in e": "ae",
    "dots": ".",
    "blanks": " ",
}
OPENINGS = ("", "(", "create function f() begin atomic ", "E'a'\n")


@pytest.mark.parametrize("unit", COSTLY.values(), ids=COSTLY.keys())
@pytest.mark.parametrize("opening", OPENINGS)
def test_time_grows_with_the_length_alone(unit: str, opening: str) -> None:
    def seconds(length: int) -> float:
        text = opening + unit * (length // len(unit))
        begin = time.process_time()
        for _ in readable(text):
            pass
        return time.process_time() - begin

    # A quadratic one would take 64 times as long.
    assert seconds(160_000) < 30 * max(seconds(20_000), 0.005)


# A character or class, or a parenthesis: an opening one with its kind, or a closing one.
PARTS = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<opened>\((?:\?>)?)|(?P<closed>\)(?:[*+?]|\{[0-9,]+\})?\+?)",
    re.DOTALL,
)


def hasty_groups(pattern: str) -> list[str]:
    """The ends of a pattern's groups that have a possessive repeat and are not atomic."""
    opened, found = [""], []
    for part in PARTS.finditer(pattern):
        if part["opened"]:
            opened.append(part["opened"])
        elif part["closed"] and opened.pop() == "(" and re.fullmatch(r"\).+\+", part["closed"]):
            found.append(part["closed"])
        opened = opened or [""]  # prose has parentheses too many
    return found


def string_literals(source: ast.AST) -> Iterator[str]:
    """All string literals, with an x for each value that an f-string takes in."""
    if isinstance(source, ast.JoinedStr):
        yield "".join(
            str(each.value) if isinstance(each, ast.Constant) else "x" for each in source.values
        )
        return
    if isinstance(source, ast.Constant) and isinstance(source.value, str):
        yield source.value
    for each in ast.iter_child_nodes(source):
        yield from string_literals(each)


@pytest.mark.parametrize(
    "path", sorted(Path(promptlib.__file__).parent.rglob("*.py")), ids=lambda path: path.stem
)
def test_groups_with_a_possessive_repeat_are_atomic(path: Path) -> None:
    """CPython before 3.11.5 matches `(?:ab?c)*+` wrongly, as in Debian 12 (gh-106052)."""
    for literal in string_literals(ast.parse(path.read_text(encoding="utf-8"))):
        assert not hasty_groups(literal), literal


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"r'(?:ab?c)*+'", [")*+"]),
        (r"r'(?:(?>a)|b)++'", [")++"]),
        (r"rf'(?P<a>{b}(?>c)*+)?+'", [")?+"]),
        (r"r'[(](?:a){2,}+' r'(b)?+'", ["){2,}+", ")?+"]),
        (r"r'(?>(?:ab?c)*)(?>ab?c)*+[^)]*+[]()]++\)*+(a)+(b)*(c)'", []),
    ],
)
def test_groups_with_a_possessive_repeat_are_found(source: str, found: list[str]) -> None:
    assert [
        each for text in string_literals(ast.parse(source)) for each in hasty_groups(text)
    ] == found


def told(text: str) -> list[object]:
    """The items of a text, and what is wrong behind them."""
    found: list[object] = []
    try:
        found.extend(scan_sql(text.encode()))
    except LexicalError as error:
        found.extend((error.what, error.offset))
    return found


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
@example("CREATE FUNCTION .\n--down\n")
@example("CREATE FUNCTION a() AS\n--down\nb")
def test_a_short_text_is_cut_as_a_long_one_is(text: str) -> None:
    assert told(text) == told(f"{text}\n{' ' * 8192}")
