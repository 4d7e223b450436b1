"""rules: what breaks each of them, where, and what does not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.core.errors import PromptlibError
from promptlib.files.parser import parse_migration
from promptlib.lint.rules import RULE_NAMES, check_rules

_INDEX = "CREATE INDEX CONCURRENTLY"


def found(text: str) -> list[tuple[int, int, str]]:
    """Line, column and rule of whatever breaks one."""
    migration = parse_migration("20250101000000", "x", Path("x.sql"), text.encode())
    return [(each.line, each.column, each.rule) for each in check_rules(migration)]


def broken(rule: str, up: str, down: str = "SELECT 1;", options: str = "") -> list[int]:
    """The columns of a line UP where a rule is broken."""
    text = f"-- UP {options}\n{up}\n-- DOWN {options}\n{down}\n"
    assert {line for line, _, each in found(text) if each == rule} <= {2, 4}
    return [column for line, column, each in found(text) if (line, each) == (2, rule)]


def outside(up: str) -> list[int]:
    return broken("not-idempotent-outside-transaction", up, options="transaction:false")


def test_every_rule_is_known_by_name() -> None:
    assert {
        *("down-misses-object", "if-not-exists-in-transaction", "secret-literal"),
        *("not-idempotent-outside-transaction", "write-without-where", "cannot-run-in-transaction"),
    } == RULE_NAMES


def test_places_are_those_of_the_file() -> None:
    text = "-- ö\n\n-- UP\n/* ö */ CREATE TABLE ö (i int);\n-- DOWN\nSELECT 1; DELETE FROM a;\n"
    assert found(text) == [(4, 22, "down-misses-object"), (6, 11, "write-without-where")]
    assert found(text.replace("\n", "\r\n")) == found(text)
    assert found(f"\ufeff{text}") == found(text)


def test_what_is_made_or_renamed_is_told_with_its_remedy() -> None:
    text = b"-- UP\nCREATE TABLE a (i int);\nALTER TABLE b RENAME TO c;\n-- DOWN\nSELECT 1;\n"
    made, renamed = map(str, check_rules(parse_migration("1", "x", Path("x.sql"), text)))
    assert made == "x.sql:2:14: down-misses-object: DOWN leaves table a behind; drop it in DOWN"
    said = "DOWN does not give table c its old name back; rename it in DOWN"
    assert renamed == f"x.sql:3:13: down-misses-object: {said}"


@pytest.mark.parametrize(
    ("up", "columns"),
    [
        ("CREATE TABLE IF NOT EXISTS a (i int);", [28]),
        ("create unique index if not exists i ON a (b);", [35]),
        ("CREATE SCHEMA IF NOT EXISTS s; CREATE EXTENSION IF NOT EXISTS e;", [29, 63]),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int, ADD c int;", [40]),
        ("CREATE TABLE a (i int); CREATE OR REPLACE VIEW v AS SELECT 1;", []),
        ("DROP TABLE IF EXISTS a; ALTER TABLE IF EXISTS a DROP COLUMN IF EXISTS b;", []),
        ("SELECT 'CREATE TABLE IF NOT EXISTS a'; -- CREATE TABLE IF NOT EXISTS a", []),
        ("INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT FROM a);", []),
    ],
)
def test_if_not_exists_hides_drift(up: str, columns: list[int]) -> None:
    assert broken("if-not-exists-in-transaction", up) == columns
    assert broken("if-not-exists-in-transaction", up, options="transaction:false") == []


def test_each_section_has_a_mode_of_its_own() -> None:
    text = (
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b);\n"
        "-- DOWN\nDROP INDEX i; CREATE INDEX IF NOT EXISTS j ON a (b);\n"
    )
    assert found(text) == [(4, 42, "if-not-exists-in-transaction")]
    swapped = (
        "-- UP\nCREATE INDEX i ON a (b);\n-- DOWN transaction:false\nDROP INDEX CONCURRENTLY i;\n"
    )
    assert found(swapped) == [(4, 25, "not-idempotent-outside-transaction")]


@pytest.mark.parametrize(
    ("up", "columns"),
    [
        (f"{_INDEX} i ON a (b);", [27]),
        (f"{_INDEX} ON a (b);", [27]),
        ("CREATE TABLE a (i int); CREATE VIEW v AS SELECT 1;", [14, 37]),
        ("CREATE TYPE t AS ENUM ('a'); ALTER TYPE t ADD VALUE 'b';", [13, 53]),
        ("ALTER TABLE a ADD b int, DROP c, ADD CHECK (b > 0);", [19, 31, 38]),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;", [30]),
        ("ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME c TO d;", [13, 49]),
        ("DROP TABLE a, b; DROP INDEX CONCURRENTLY i;", [12, 15, 42]),
        ("INSERT INTO a VALUES (1);", [1]),
        ("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x;", [22]),
        ("WITH x AS (INSERT INTO a VALUES (1) RETURNING *) SELECT * FROM x;", [12]),
        ("UPDATE a SET n = n + 1;", [1]),
        ("UPDATE a SET m = 1, n = (2 * n) WHERE m = 0;", [1]),
        ("UPDATE a SET t = 'x' || t FROM b WHERE b.i = a.i;", [1]),
    ],
)
def test_what_a_second_run_does_again(up: str, columns: list[int]) -> None:
    assert outside(up) == columns
    assert broken("not-idempotent-outside-transaction", up) == []


@pytest.mark.parametrize(
    "up",
    [
        f"{_INDEX} IF NOT EXISTS i ON a (b);",
        f"DROP INDEX CONCURRENTLY IF EXISTS i; {_INDEX} i ON a (b);",
        "CREATE OR REPLACE VIEW v AS SELECT 1; CREATE TABLE IF NOT EXISTS a (i int);",
        "DROP TRIGGER IF EXISTS t ON a; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();",
        "ALTER TABLE a DROP CONSTRAINT IF EXISTS c; ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);",
        "ALTER TABLE a ADD IF NOT EXISTS b int, DROP COLUMN IF EXISTS c;",
        "ALTER TABLE IF EXISTS a RENAME TO b; ALTER TYPE t ADD VALUE IF NOT EXISTS 'b';",
        "ALTER TABLE a ALTER b SET NOT NULL, VALIDATE CONSTRAINT c, OWNER TO d;",
        "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING;",
        "INSERT INTO a SELECT * FROM b WHERE NOT EXISTS (SELECT FROM a);",
        "INSERT INTO a SELECT * FROM b WHERE i NOT IN (SELECT i FROM a);",
        "INSERT INTO a SELECT * FROM b EXCEPT SELECT * FROM a;",
        "UPDATE a SET n = 1, t = lower(t), m = m; DELETE FROM a WHERE i > 1; TRUNCATE a;",
        "UPDATE a SET n = n + 1 WHERE n < 3; UPDATE a SET n = m * 2, (b, c) = (1, 2);",
        "UPDATE a SET; UPDATE; WITH;",
        "VACUUM a; REINDEX INDEX CONCURRENTLY i; ANALYZE; COMMENT ON TABLE a IS 'x'; SET a = 1;",
        "DO $$ BEGIN CREATE TABLE a (i int); END $$; CALL p(); SELECT f();",
        "CREATE TEMP TABLE a AS SELECT 1;",
    ],
)
def test_what_can_run_twice(up: str) -> None:
    assert outside(up) == []


@pytest.mark.parametrize(
    ("up", "columns"),
    [
        (f"{_INDEX} i ON a (b);", [1]),
        (f"SELECT 1; {_INDEX} IF NOT EXISTS i ON a (b);", [11]),
        ("DROP INDEX CONCURRENTLY i; REINDEX TABLE CONCURRENTLY a;", [1, 28]),
        ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY;", [1]),
        ("VACUUM (ANALYZE) a; ALTER SYSTEM SET a = 1;", [1, 21]),
        ("CREATE DATABASE a; DROP TABLESPACE b;", [1, 20]),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v; CREATE INDEX i ON a (b);", []),
        ("ALTER TYPE t ADD VALUE 'b'; SELECT \"concurrently\" FROM a; REINDEX TABLE a;", []),
    ],
)
def test_what_the_server_refuses_in_a_transaction(up: str, columns: list[int]) -> None:
    assert broken("cannot-run-in-transaction", up) == columns
    assert broken("cannot-run-in-transaction", up, options="transaction:false") == []


@pytest.mark.parametrize(
    ("up", "columns"),
    [
        ("UPDATE a SET b = 1;", [1]),
        ("update only a set b = 1 from c returning *;", [1]),
        ("DELETE FROM a; DELETE FROM a USING b;", [1, 16]),
        ("UPDATE a SET b = (SELECT c FROM d WHERE e);", [1]),
        ("WITH x AS (SELECT 1 WHERE true) DELETE FROM a;", [33]),
        ("WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x WHERE c;", [12]),
        ("WITH x (i) AS NOT MATERIALIZED (UPDATE a SET b = 1) UPDATE c SET d = 1;", [33, 53]),
        ("WITH RECURSIVE x AS (SELECT 1), y AS MATERIALIZED (DELETE FROM a) SELECT 1;", [52]),
        ("WITH x AS (WITH y AS (DELETE FROM a) SELECT 1) SELECT 1;", [23]),
        ("WITH RECURSIVE x AS (SELECT 1) SEARCH DEPTH FIRST BY i SET o DELETE FROM a;", [62]),
    ],
)
def test_every_row_is_written(up: str, columns: list[int]) -> None:
    assert broken("write-without-where", up) == columns


def test_down_may_not_write_every_row_either() -> None:
    text = "-- UP\nSELECT 1;\n-- DOWN\n  DELETE FROM a;\n"
    assert found(text) == [(4, 3, "write-without-where")]


@pytest.mark.parametrize(
    "up",
    [
        "UPDATE a SET b = 1 WHERE true; DELETE FROM a WHERE CURRENT OF c;",
        "WITH x AS (DELETE FROM a WHERE b RETURNING *) SELECT * FROM x;",
        "INSERT INTO a VALUES (1) ON CONFLICT (i) DO UPDATE SET b = 1;",
        "SELECT * FROM a FOR UPDATE; GRANT UPDATE, DELETE ON a TO b;",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE ON UPDATE SET NULL;",
        "CREATE TRIGGER t BEFORE UPDATE OR DELETE ON a EXECUTE FUNCTION f();",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM a $$;",
        "SELECT 'DELETE FROM a'; -- DELETE FROM a",
        "MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE;",
        "TRUNCATE a;",  # its name says that all rows are meant
    ],
)
def test_not_every_row_is_written(up: str) -> None:
    assert broken("write-without-where", up) == []


def _random(length: int) -> str:
    return ("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0" * 3)[:length]


# Put together here, so that who looks for secrets in this repository finds none.
_SECRETS = {
    "an OpenAI API key": ["sk-" + _random(48), "sk-proj-" + _random(60)],
    "an Anthropic API key": ["sk-ant-" + "api03-" + _random(40)],
    "an AWS access key": ["AKIA" + "IOSFODNN7EXAMPLE"],
    "a GitHub token": ["ghp_" + _random(36), "github_pat_" + _random(50)],
    "a GitLab token": ["glpat-" + _random(20)],
    "a Google API key": ["AIza" + _random(35)],
    "a Groq API key": ["gsk_" + _random(52)],
    "a Hugging Face token": ["hf_" + _random(34)],
    "a Slack token": ["xoxb-" + "1234567890-" + _random(24)],
    "a Stripe key": ["sk_live_" + _random(24)],
    "a private key": ["-----BEGIN " + "RSA PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----"],
    "a JSON Web Token": ["eyJ" + _random(30) + ".eyJ" + _random(40) + "." + _random(40)],
}


@pytest.mark.parametrize(
    ("kind", "secret"), [(kind, each) for kind, secrets in _SECRETS.items() for each in secrets]
)
@pytest.mark.parametrize("form", ["SELECT '{}';", "SELECT $${}$$;", 'SELECT \'{{"k":"{}"}}\';'])
def test_secrets_are_found_and_not_shown(form: str, kind: str, secret: str) -> None:
    up = form.format(secret)
    text = f"-- UP\n{up}\n-- DOWN\nSELECT 1; -- {secret}\n"
    inside, in_a_comment = check_rules(parse_migration("1", "x", Path("x.sql"), text.encode()))
    assert inside.message == f"this looks like {kind}"
    assert (inside.line, inside.column) == (2, up.index(secret) + 1)
    assert (in_a_comment.line, in_a_comment.column) == (4, 14)
    assert secret not in str(inside)


@pytest.mark.parametrize(
    "text",
    [
        *("sk-", "sk-short", "sk-learn-is-a-library-of-python", "task-" + _random(40)),
        *("sk-" + "…" * 30, "AKIA", "XAKIA" + "IOSFODNN7EXAMPLE", "AKIA" + _random(30).lower()),
        *("ghp_", "AIza", "xoxo-hugs", "sk_test_" + _random(24), "-----BEGIN CERTIFICATE-----"),
        *("-----BEGIN PUBLIC KEY-----", "eyJ.eyJ.x", "{{apiKey}}", "a" * 64, "0123456789" * 9),
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_other_literals_are_no_secrets(text: str) -> None:
    assert broken("secret-literal", f"SELECT '{text}';") == []


_WORDS = """
    CREATE ALTER DROP TABLE INDEX TYPE COLUMN CONSTRAINT TRIGGER VIEW SEQUENCE CAST OPERATOR IF NOT
    EXISTS OR REPLACE CONCURRENTLY ON ONLY ADD RENAME TO SET SCHEMA VALUE OWNED BY PARTITION OF
    ATTACH INHERITS CASCADE USING WITH AS MATERIALIZED INSERT UPDATE DELETE WHERE FROM CONFLICT DO
    EXECUTE a b "c" 'd' 1 ( ) , . = + || * $$BEGIN$$ $$THEN;DROP$$
"""
_STATEMENT = st.lists(st.sampled_from(_WORDS.split()), max_size=12).map(" ".join)


@given(st.lists(_STATEMENT, max_size=4).map("; ".join), st.sampled_from(["true", "false"]))
def test_any_text_can_be_judged(sql: str, mode: str) -> None:
    """Nonsense too: squawk and the server refuse it."""
    sections = [f"-- {word} transaction:{mode}\n{sql};\nSELECT 1;\n" for word in ("UP", "DOWN")]
    with contextlib.suppress(PromptlibError):  # a parenthesis that is never closed
        found("".join(sections))
