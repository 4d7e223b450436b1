"""migration: every rule of the file format, with the error that each breach of it gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptlib.core.errors import MigrationFileError
from promptlib.files.parser import Migration, parse_migration

if TYPE_CHECKING:
    from promptlib.files.section import Section

PATH = Path("sql/20240102030405_some_thing.sql")
SHAPE = "a migration has a line `-- UP`, its SQL, a line `-- DOWN`, its SQL"
OPTIONS = "the options are transaction:false, lock_timeout:30s (or ms, min)"
UP_OPTIONS = f"{OPTIONS} and data_loss:accepted"
NAME_VALUE = "write options as name:value, nothing else"
NO_STATEMENT = "write one; where there is nothing to do, `SELECT 1;` says so"
CONTROL = "is not for a migration: promptlib begins and ends its transaction; remove it"
BYTE_ORDER_MARK = (
    "this is a byte order mark, which does not show; delete the line and write it again"
)
CLIENT = "COPY cannot read from or write to the client here; "


def parsed(text: str | bytes) -> Migration:
    content = text.encode() if isinstance(text, str) else text
    return parse_migration("20240102030405", "some_thing", PATH, content)


def refused(text: str | bytes) -> str:
    with pytest.raises(MigrationFileError) as caught:
        parsed(text)
    return str(caught.value)


def written(section: Section) -> list[str]:
    return [section.sql(index) for index in range(len(section.statements))]


def file(up: str, down: str = "SELECT 1;") -> str:
    return f"-- UP\n{up}\n-- DOWN\n{down}\n"


def test_a_migration_is_its_names_and_two_sections() -> None:
    text = "-- Why.\n\n-- UP\n\nCREATE TABLE a ();\n-- b\nSELECT ';'\n\n-- DOWN\nDROP TABLE a;\n\n"
    migration = parsed(text)
    assert migration == Migration(
        "20240102030405", "some_thing", str(PATH), migration.up, migration.down
    )
    assert migration.up.text == "CREATE TABLE a ();\n-- b\nSELECT ';'"
    assert written(migration.up) == ["CREATE TABLE a ();", "-- b\nSELECT ';'"]
    assert migration.down.text == "DROP TABLE a;"
    assert written(migration.down) == ["DROP TABLE a;"]
    assert migration.up.source == migration.down.source == text.encode()


def test_what_is_read_twice_is_equal() -> None:
    assert parsed(file("SELECT 1;")) == parsed(file("SELECT 1;")) != parsed(file("SELECT 2;"))


def test_a_section_without_options_runs_in_a_transaction() -> None:
    section = parsed(file("SELECT 1;")).up
    assert (section.transactional, section.lock_timeout, section.data_loss_accepted) == (
        True,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("options", "transactional", "lock_timeout", "data_loss_accepted"),
    [
        ("transaction:false", False, None, False),
        ("transaction:true", True, None, False),
        ("lock_timeout:30s", True, "30s", False),
        ("lock_timeout:0", True, "0", False),
        ("lock_timeout:500ms", True, "500ms", False),
        ("lock_timeout:2min", True, "2min", False),
        ("TRANSACTION:FALSE Lock_Timeout:30S", False, "30s", False),
        ("Transaction:False DATA_LOSS:Accepted LOCK_TIMEOUT:500MS", False, "500ms", True),
        ("data_loss:accepted", True, None, True),
        ("data_loss:accepted  lock_timeout:1h\ttransaction:false", False, "1h", True),
    ],
)
def test_options_of_up(
    options: str, *, transactional: bool, lock_timeout: str | None, data_loss_accepted: bool
) -> None:
    migration = parsed(f"-- UP {options}\nSELECT 1;\n-- DOWN\nSELECT 2;")
    assert migration.up.transactional is transactional
    assert migration.up.lock_timeout == lock_timeout
    assert migration.up.data_loss_accepted is data_loss_accepted
    assert migration.down.transactional
    assert migration.down.lock_timeout is None


def test_options_of_down_are_its_own() -> None:
    down = parsed("-- UP\nSELECT 1;\n-- DOWN transaction:false lock_timeout:1s\nSELECT 2;").down
    assert (down.transactional, down.lock_timeout) == (False, "1s")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(mark: bytes, newline: str) -> None:
    text = newline.join(["-- UP", "SELECT 'ä", "b';", "-- DOWN", "SELECT 2", ""])
    migration = parsed(mark + text.encode())
    assert written(migration.up) == [f"SELECT 'ä{newline}b';"]
    assert written(migration.down) == ["SELECT 2"]


@pytest.mark.parametrize(
    "text",
    [
        "-- a\n/* b\n-- UP\n*/\n\n;\n--up\nSELECT 1\n\t--down\t\nSELECT 1",
        file("-- Down the road\nSELECT 1; -- Update x\n-- download\n"),
        file("-- Up the hill\nSELECT '\n-- DOWN\n';"),
        file("SELECT 'a\rb\r-- DOWN\r';"),
        file("SELECT $$\n-- UP\n$$;"),
        file("CREATE TABLE t (\n-- DOWN\na int);"),
    ],
)
def test_comments_and_quotes_may_hold_what_looks_like_a_marker(text: str) -> None:
    migration = parsed(text)
    assert len(migration.up.statements) == len(migration.down.statements) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "COPY t FROM '/a/file'",
        "COPY t (a, stdin) FROM '/a/file' WITH (FORMAT csv)",
        "COPY stdin FROM '/a/file'",
        "COPY stdout TO '/a/file'",
        "COPY (SELECT 1 FROM stdin) TO '/a/file'",
        "COPY t TO PROGRAM 'cat'",
        "COPY t FROM 'file' WHERE a IS DISTINCT FROM stdin",
        "SELECT 1 FROM stdin",
        "COPY t FROM '/a/file' /* FROM STDIN */",
        "COPY t FROM $$FROM STDIN$$",
        "COPY t FROM '/a/file' WHERE a <> $$ from stdin $$",
        "PREPARE p AS SELECT 1",
        'SELECT "begin", commit FROM "rollback"',
        "DO $$ BEGIN COMMIT; END $$",
        "DO 'BEGIN END'",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
        "beginning",
        "START",
        "ends$",
        "Ende\u0301",
        "/* BEGIN */ SELECT 1",
    ],
)
@pytest.mark.parametrize("option", ["", " transaction:false"])
def test_statements_that_pass(statement: str, option: str) -> None:
    migration = parsed(f"-- UP{option}\n{statement};\n-- DOWN{option}\n{statement}")
    assert written(migration.up) == [f"{statement};"]
    assert written(migration.down) == [statement]


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("BEGIN", "BEGIN"),
        ("begin;", "BEGIN"),
        ("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "BEGIN"),
        ("START TRANSACTION;", "START TRANSACTION"),
        ("start/**/ transaction", "START TRANSACTION"),
        ("COMMIT;", "COMMIT"),
        ("COMMIT PREPARED 'a';", "COMMIT"),
        ("END;", "END"),
        ("End Work", "END"),
        ("ABORT;", "ABORT"),
        ("ROLLBACK;", "ROLLBACK"),
        ("ROLLBACK TO a;", "ROLLBACK"),
        ("SAVEPOINT a;", "SAVEPOINT"),
        ("RELEASE a;", "RELEASE"),
        ("PREPARE TRANSACTION 'a';", "PREPARE TRANSACTION"),
        ("Prepare -- a\ntransaction 'a'", "PREPARE TRANSACTION"),
    ],
)
@pytest.mark.parametrize("option", ["", " transaction:false"])
def test_a_migration_leaves_transactions_alone(statement: str, command: str, option: str) -> None:
    up = f"-- UP{option}\nSELECT 1;\n  /* a */ {statement}\n-- DOWN\nSELECT 1;"
    assert refused(up) == f"{PATH}:3:11: {command} {CONTROL}"
    down = f"-- UP\nSELECT 1;\n-- DOWN{option}\n{statement}"
    assert refused(down) == f"{PATH}:4:1: {command} {CONTROL}"


@pytest.mark.parametrize(
    "statement",
    [
        "COPY t FROM STDIN",
        "copy t (a, b) from stdin with (format csv)",
        'COPY s."t" FROM /* \' */ STDIN',
        "COPY t TO STDOUT",
        "COPY (SELECT 1) TO STDOUT",
        "COPY (SELECT 1 FROM 'a') TO stdout",
        # The grammar takes either word for either direction.
        "COPY t FROM STDOUT",
        "COPY t TO STDIN",
        "COPY BINARY t FROM STDIN",
    ],
)
def test_copy_to_and_from_the_client_is_refused(statement: str) -> None:
    assert refused(file(f"SELECT 1; {statement};")).startswith(f"{PATH}:2:11: {CLIENT}")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        # Markers.
        ("", f"1:1: the line `-- UP` is missing; {SHAPE}"),
        ("\n-- only a comment\n\n", f"2:17: the line `-- UP` is missing; {SHAPE}"),
        ("-- UP\nSELECT 1;\n", f"2:9: the line `-- DOWN` is missing; {SHAPE}"),
        ("-- UP\nSELECT 1; -- DOWN\nSELECT 2;", f"3:9: the line `-- DOWN` is missing; {SHAPE}"),
        ("-- DOWN\nSELECT 1;", f"1:1: `-- DOWN` stands before `-- UP`; {SHAPE}"),
        ("-- UP\nSELECT 1;\n  -- up\n", f"3:3: a second `-- UP`; {SHAPE}"),
        ("-- UP\na;\n-- DOWN\nb;\n--DOWN\nc;", f"5:1: a second `-- DOWN`; {SHAPE}"),
        ("-- UP\na;\n-- DOWN\nb;\n--UP\nc;", f"5:1: a second `-- UP`; {SHAPE}"),
        ("-- DOWN\nb;\n--UP\na;", f"1:1: `-- DOWN` stands before `-- UP`; {SHAPE}"),
        # Lines that were meant for markers.
        ("-- UP to 11\n", f"1:1: this is no `-- UP` line; {NAME_VALUE}"),
        ("\n  -- UP: \nSELECT 1;", f"2:3: this is no `-- UP` line; {NAME_VALUE}"),
        (
            "-- UP\nSELECT 1;\n-- DOWN transaction: false\nSELECT 2;",
            f"3:1: this is no `-- DOWN` line; {NAME_VALUE}",
        ),
        # Before UP.
        ("SELECT 1;", "1:1: SQL stands before `-- UP`; move it below that line"),
        (
            "-- a\n  SELECT 1\n-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;",
            "2:3: SQL stands before `-- UP`; move it below that line",
        ),
        # Sections without statements.
        (file(""), f"1:1: no statement follows `-- UP`; {NO_STATEMENT}"),
        (file("-- a\n/* b */"), f"1:1: no statement follows `-- UP`; {NO_STATEMENT}"),
        (file(" ; ;;"), f"1:1: no statement follows `-- UP`; {NO_STATEMENT}"),
        (file("SELECT 1;", ""), f"3:1: no statement follows `-- DOWN`; {NO_STATEMENT}"),
        (file("SELECT 1;", "-- a\n;"), f"3:1: no statement follows `-- DOWN`; {NO_STATEMENT}"),
        # Options.
        (
            "-- UP transactions:false\na;\n-- DOWN\nb;",
            f"1:1: `-- UP` has no option `transactions`; {UP_OPTIONS}",
        ),
        (
            "-- UP\na;\n  -- DOWN Transactions:False\nb;",
            f"3:3: `-- DOWN` has no option `transactions`; {OPTIONS}",
        ),
        (
            "-- UP transaction:false TRANSACTION:TRUE\na;\n-- DOWN\nb;",
            f"1:1: option `transaction` is given twice; {UP_OPTIONS}",
        ),
        (
            "-- UP\na;\n-- DOWN data_loss:accepted\nb;",
            f"3:1: `-- DOWN` has no option `data_loss`; {OPTIONS}",
        ),
        (
            "-- UP transaction:no\na;\n-- DOWN\nb;",
            f"1:1: option `transaction` cannot be `no`; {UP_OPTIONS}",
        ),
        (
            "-- UP lock_timeout:30sec\na;\n-- DOWN\nb;",
            f"1:1: option `lock_timeout` cannot be `30sec`; {UP_OPTIONS}",
        ),
        (
            "-- UP lock_timeout:٣s\na;\n-- DOWN\nb;",
            f"1:1: option `lock_timeout` cannot be `٣s`; {UP_OPTIONS}",
        ),
        (
            "-- UP data_loss:true\na;\n-- DOWN\nb;",
            f"1:1: option `data_loss` cannot be `true`; {UP_OPTIONS}",
        ),
        (
            "-- UP transaction:false,lock_timeout:1s\na;\n-- DOWN\nb;",
            f"1:1: option `transaction` cannot be `false,lock_timeout:1s`; {UP_OPTIONS}",
        ),
        (
            "-- UP\na;\n-- DOWN transaction:true transaction:true\nb;",
            f"3:1: option `transaction` is given twice; {OPTIONS}",
        ),
        # What never ends.
        (file("SELECT 'a;"), "2:8: this quote is never closed; close it with '"),
        (file('é; SELECT\n\t"a;'), '3:2: this quote is never closed; close it with "'),
        (file("SELECT 1 /* a"), "2:10: this comment is never closed; close it with */"),
        (file("DO $a$"), "2:4: the dollar quote $a$ is never closed; close it with $a$"),
        (
            file("CREATE TABLE t (a int;", "DROP TABLE t;"),
            "2:16: this parenthesis is never closed; close it with )",
        ),
        # What is not SQL.
        (
            file("\\i other.sql"),
            "2:1: \\i is a psql command, not SQL; write the SQL that it stands for",
        ),
        (
            file("SELECT 1 \\gexec"),
            "2:10: \\gexec is a psql command, not SQL; write the SQL that it stands for",
        ),
        # Characters.
        (file("SELECT 'é\0';"), "2:10: this is a NUL byte; remove it"),
        (file("-- \0"), "2:4: this is a NUL byte; remove it"),
        (b"\xef\xbb\xbfa\0", "1:2: this is a NUL byte; remove it"),
        (file("SELECT 'é").encode() + b"\xff", "5:1: this is not UTF-8; save the file as UTF-8"),
        (b"-- UP\n\xc3\xa9\xe9;", "2:2: this is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbf\n\xe9", "2:1: this is not UTF-8; save the file as UTF-8"),
        ("-- UP".encode("utf-16"), "1:1: this is not UTF-8; save the file as UTF-8"),
        ("-- UP".encode("utf-16-le"), "1:2: this is a NUL byte; remove it"),
        (
            "\ufeff\ufeff" + file("SELECT 1;"),
            f"1:1: {BYTE_ORDER_MARK}",
        ),
        (
            "-- UP\nSELECT 1;\n\ufeff-- DOWN\nSELECT 2;",
            f"3:1: {BYTE_ORDER_MARK}",
        ),
    ],
)
def test_what_is_refused(text: str | bytes, error: str) -> None:
    assert refused(text) == f"{PATH}:{error}"


def test_an_option_may_not_be_data_loss_for_what_down_does() -> None:
    assert parsed("-- UP data_loss:accepted\na;\n-- DOWN\nb;").up.data_loss_accepted


STATEMENTS = st.sampled_from(
    [
        "SELECT 1",
        "INSERT INTO t VALUES ('it''s; -- DOWN', 1)",
        "SELECT '\n-- DOWN\n'",
        "DO $$\nBEGIN\n  -- UP\n  NULL;\nEND\n$$",
        "CREATE TABLE t (\n  -- down\n  a int\n)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
        "/* -- UP */ SELECT größe -- up there",
        "-- Down the road\nSELECT E'\\';'",
        "UPDATE \"a;b\" SET c = $1 WHERE d ->> 'e' <> '\\'",
    ]
)
SECTIONS = st.lists(STATEMENTS, min_size=1, max_size=6)
BETWEEN = ("\n;", "\n;\n\n", "\n; ;;\n", "\n;-- a; b\n")
MARKERS = st.sampled_from(["-- {}", "--{}", "\t--  {}  "])


@settings(max_examples=500, deadline=None)
@given(
    SECTIONS, SECTIONS, st.sampled_from(["", *BETWEEN]), MARKERS, st.sampled_from(["\n", "\r\n"])
)
def test_parse_gives_back_what_was_written(
    up: list[str], down: list[str], end: str, marker: str, newline: str
) -> None:
    between = end or BETWEEN[0]
    parts = ["-- a\n\n", marker.format("Up"), between.join(up) + end]
    parts += [marker.format("DOWN"), between.join(down) + end]
    text = "\n".join(parts).replace("\n", newline)
    migration = parsed(text)
    for section, expected in ((migration.up, up), (migration.down, down)):
        bare = [each.rstrip(";").rstrip() for each in written(section)]
        comment = f"-- a; b{newline}"
        assert [each.removeprefix(comment) for each in bare] == [
            each.replace("\n", newline) for each in expected
        ]
        joined = (between.join(expected) + end).replace("\n", newline)
        assert section.text == joined.strip()


PIECES = (
    "-- UP\n",
    "-- DOWN\n",
    "SELECT 'é';\n",
    "-- 😀",
    "ü",
    "'",
    "$$",
    "(",
    "\\",
    "\n",
    "\0",
    "名",
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text())
@example("-- UP\nSELECT 1; -- é")
def test_any_text_is_read_or_refused_at_one_of_its_characters(text: str) -> None:
    try:
        parsed(text)
    except MigrationFileError as error:
        line, column = map(int, error.place.split(":")[1:])
        lines = text.removeprefix("\ufeff").split("\n")
        assert 1 <= line <= len(lines)
        assert 1 <= column <= max(1, len(lines[line - 1]))
