"""What the rules say of statements, against what a server does with them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
import pytest
from psycopg2 import errorcodes

from promptlib.lint.locks import locked_tables
from promptlib.lint.rule_list import RULES
from promptlib.syntax.tokens import tokenize
from support.lint_texts import migration_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from support.databases import Database
    from support.servers import Server

_MADE = """
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE a (b int, c text, m mood);
CREATE TABLE d (b int PRIMARY KEY, c text);
CREATE TABLE e (b int REFERENCES d);
CREATE TABLE p (b int NOT NULL) PARTITION BY RANGE (b);
CREATE TABLE q (b int NOT NULL);
CREATE TABLE r (b int NOT NULL CHECK (b >= 0 AND b < 10));
CREATE TABLE s PARTITION OF p FOR VALUES FROM (90) TO (99);
CREATE INDEX i ON a (b);
CREATE INDEX p_b ON p (b);
CREATE VIEW v AS SELECT 1;
CREATE MATERIALIZED VIEW w AS SELECT b FROM a;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER t AFTER DELETE ON a EXECUTE FUNCTION f();
CREATE POLICY y ON a;
CREATE RULE u AS ON INSERT TO a WHERE false DO ALSO SELECT 1;
ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0) NOT VALID;
INSERT INTO q VALUES (5);
"""
_TABLES = """
    SELECT oid, relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
# Modes that writers meet, who hold ROW EXCLUSIVE.
_HELD = """
    SELECT relation FROM pg_locks WHERE pid = pg_backend_pid() AND granted
      AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@pytest.fixture
def made(database: Database) -> Database:
    """A database with some of everything."""
    database.query(_MADE)
    return database


@pytest.fixture(scope="module")
def kept(session_servers: object) -> Iterator[dict[str, Database]]:
    """The same for tests that commit nothing, by server; the servers outlive it."""
    assert session_servers
    found: dict[str, Database] = {}
    yield found
    for each in found.values():
        each.server.drop(each.name)


@pytest.fixture
def cursor(server: Server, kept: dict[str, Database]) -> Iterator[Cursor]:
    """A transaction in a database with some of everything, which is rolled back in the end."""
    if server.name not in kept:
        kept[server.name] = server.create()
        kept[server.name].query(_MADE)
    with closing(kept[server.name].connect()) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        yield cursor


def _rule_finds(rule: str, up: str) -> bool:
    return any(True for _ in RULES[rule](migration_text(up)))


@pytest.mark.parametrize(
    "sql",
    [
        *("ALTER TABLE a ADD x int", "ALTER TABLE a ADD x int, VALIDATE CONSTRAINT k"),
        *("ALTER TABLE a VALIDATE CONSTRAINT k", "ALTER TABLE a RENAME TO x"),
        *("ALTER TABLE a RENAME b TO x", "ALTER TABLE a SET SCHEMA other"),
        *("ALTER TABLE a CLUSTER ON i", "ALTER TABLE a SET WITHOUT CLUSTER"),
        *(
            "ALTER TABLE a ALTER b SET STATISTICS 9",
            "ALTER TABLE a ALTER COLUMN b SET (n_distinct = 1)",
            "ALTER TABLE a RESET (fillfactor), ADD x int",
            "ALTER TABLE a SET (fillfactor = 70)",
        ),
        *("ALTER TABLE a DISABLE TRIGGER t", "ALTER TABLE a OWNER TO CURRENT_USER"),
        *("ALTER TABLE a ALTER b SET DEFAULT 1", "ALTER TABLE a REPLICA IDENTITY FULL"),
        *("CREATE INDEX x ON a (b)", "CREATE TABLE x (LIKE a)", "CREATE TABLE x AS TABLE a"),
        *("CREATE TRIGGER x AFTER DELETE ON a EXECUTE FUNCTION f()", "DROP TRIGGER t ON a"),
        *("CREATE POLICY x ON a", "DROP POLICY y ON a", "DROP RULE u ON a"),
        *("CREATE RULE x AS ON DELETE TO a DO NOTHING", "ALTER TABLE a ENABLE ROW LEVEL SECURITY"),
        *("ALTER POLICY y ON a RENAME TO x", "ALTER TRIGGER t ON a RENAME TO x"),
        *("CREATE STATISTICS x ON b, c FROM a", "COMMENT ON TABLE a IS 'x'", "ANALYZE a"),
        *("DROP TABLE r", "DROP TABLE q, r", "TRUNCATE q, r", "LOCK a, q IN SHARE MODE"),
        *("LOCK a IN SHARE UPDATE EXCLUSIVE MODE", "LOCK TABLE ONLY a", "CLUSTER a USING i"),
        *("REINDEX TABLE a", "UPDATE a SET b = 1", "INSERT INTO a TABLE a", "DELETE FROM a"),
        *("CREATE VIEW x AS TABLE a", "GRANT SELECT ON a TO PUBLIC", "SELECT 1 FROM a FOR UPDATE"),
        "CREATE TABLE x PARTITION OF p FOR VALUES FROM (10) TO (20)",
    ],
)
def test_the_tables_that_others_wait_for(cursor: Cursor, sql: str) -> None:
    claimed = {table[-1] for table in locked_tables(tokenize(sql.encode(), 0, len(sql)))}
    cursor.execute(_TABLES)
    names = dict(cursor.fetchall())
    cursor.execute(sql)
    cursor.execute(_HELD)
    assert {names[oid] for (oid,) in cursor.fetchall() if oid in names} == claimed


@pytest.mark.parametrize(
    "sql",
    [
        *("CREATE INDEX CONCURRENTLY x ON a (b)", "DROP INDEX CONCURRENTLY i", "VACUUM a"),
        *("REINDEX INDEX CONCURRENTLY i", "REINDEX SCHEMA public", "REINDEX TABLE a"),
        *("REINDEX (VERBOSE) SCHEMA public", "CLUSTER", "CLUSTER VERBOSE", "CLUSTER a USING i"),
        *("ALTER TABLE p DETACH PARTITION s CONCURRENTLY", "ALTER TABLE p DETACH PARTITION s"),
        *(
            "ALTER SYSTEM SET work_mem = '4MB'",
            "CREATE DATABASE x",
            "DROP DATABASE x",
            "DISCARD ALL",
        ),
        *("DROP TABLESPACE x", "DISCARD PLANS", "REFRESH MATERIALIZED VIEW w", "ANALYZE a"),
        *("ALTER DATABASE postgres SET TABLESPACE pg_default", "ALTER TYPE mood ADD VALUE 'x'"),
        *(
            "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION y",
            "ALTER DATABASE postgres SET x.y = 1",
        ),
        "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION y WITH (connect = false)",
        *("DO $$ BEGIN COMMIT; END $$", "DO $$ BEGIN VACUUM a; END $$", "DO $$ BEGIN NULL; END $$"),
        "DO $$ BEGIN EXECUTE 'DROP INDEX CONCURRENTLY i'; END $$",
    ],
)
def test_what_is_refused_in_a_transaction(cursor: Cursor, sql: str) -> None:
    """In a DO block with a message about functions or procedures, under the same SQLSTATE."""
    refused = _sqlstate(cursor, sql) in (
        errorcodes.ACTIVE_SQL_TRANSACTION,
        errorcodes.INVALID_TRANSACTION_TERMINATION,
    )
    assert _rule_finds("cannot-run-in-transaction", sql) == refused


@pytest.mark.parametrize(
    "use",
    [
        *("SELECT 'x'::mood", "INSERT INTO a (m) VALUES ('x')", "UPDATE a SET m = 'x' WHERE b = 1"),
        *("ALTER TABLE a ALTER m SET DEFAULT 'x'", "ALTER TABLE a ADD CHECK (m <> 'x') NOT VALID"),
        *("CREATE INDEX x ON a (b) WHERE m = 'x'", "DO $$ BEGIN PERFORM 'x'::mood; END $$"),
        *("ALTER TYPE mood ADD VALUE 'y' AFTER 'x'", "ALTER TYPE mood RENAME VALUE 'x' TO 'y'"),
        *("COMMENT ON TYPE mood IS 'x'", "SELECT 'glad'::mood", "SELECT enum_range(NULL::mood)"),
        "CREATE FUNCTION x() RETURNS mood LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$",
        "CREATE FUNCTION x() RETURNS mood LANGUAGE sql BEGIN ATOMIC SELECT 'x'::mood; END",
    ],
)
def test_what_uses_a_new_value_too_early(cursor: Cursor, use: str) -> None:
    add = "ALTER TYPE mood ADD VALUE 'x'"
    cursor.execute(add)
    refused = _sqlstate(cursor, use) == errorcodes.UNSAFE_NEW_ENUM_VALUE_USAGE
    if "enum_range" not in use:  # it names no value, and the text does not show what it reads
        assert _rule_finds("enum-value-in-same-transaction", f"{add}; {use}") == refused


_REWRITES = {
    "ALTER TABLE a SET UNLOGGED": "a",
    "ALTER TABLE a SET (fillfactor = 70)": "a",
    "ALTER TABLE a CLUSTER ON i": "a",
    "CLUSTER a USING i": "a",
    "VACUUM FULL a": "a",
    "VACUUM (FULL) a": "a",
    "VACUUM (FULL false) a": "a",
    "VACUUM a": "a",
    "ALTER INDEX i SET (fillfactor = 70)": "i",
}


@pytest.mark.parametrize(("sql", "relation"), _REWRITES.items())
def test_what_is_written_anew_has_another_file(made: Database, sql: str, relation: str) -> None:
    file = "SELECT pg_relation_filenode(%s)"
    before = made.value(file, relation)
    made.query(sql)
    assert _rule_finds("table-rewrite", sql) == (made.value(file, relation) != before)


@pytest.mark.parametrize("partition", ["q", "r"])
def test_which_partitions_are_read(made: Database, partition: str) -> None:
    """The server tells of those that it need not read."""
    sql = f"ALTER TABLE p ATTACH PARTITION {partition} FOR VALUES FROM (0) TO (10)"
    with closing(made.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SET client_min_messages = debug1")
        cursor.execute(sql)
        spared = any("is implied by existing constraints" in each for each in connection.notices)
    text = migration_text(sql, earlier=_MADE.rstrip().rstrip(";"))
    read = any(True for _ in RULES["attach-partition-without-check"](text))
    # Of a table that an earlier migration has made without a CHECK, all rows are read.
    assert read == (not spared) == (partition == "q")


@pytest.mark.parametrize(
    "advice",
    [
        "CREATE INDEX CONCURRENTLY x ON p (b)",
        "DROP INDEX CONCURRENTLY p_b",
        "ALTER TABLE p ADD CONSTRAINT x UNIQUE USING INDEX p_b",
        "ALTER TABLE a ADD CONSTRAINT x UNIQUE (b) NOT VALID",
        "ALTER TABLE a ADD CONSTRAINT x EXCLUDE (b WITH =) NOT VALID",
    ],
)
def test_advice_that_is_taken_out_of_squawk_s_findings_cannot_be_followed(
    made: Database, advice: str
) -> None:
    with pytest.raises((psycopg2.errors.FeatureNotSupported, psycopg2.ProgrammingError)):
        made.query(advice)


@pytest.mark.parametrize(
    ("check", "spares"),
    [
        ("b IS NOT NULL", True),
        ("(b IS NOT NULL) AND b > 0", True),
        ("b IS NOT NULL OR b = 0", False),
    ],
)
def test_which_checks_spare_set_not_null_the_reading(
    made: Database, check: str, *, spares: bool
) -> None:
    add = f"ALTER TABLE q DROP CONSTRAINT IF EXISTS x, ADD CONSTRAINT x CHECK ({check})"
    with closing(made.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE q ALTER b DROP NOT NULL; {add}")
        cursor.execute("SET client_min_messages = debug1")
        cursor.execute("ALTER TABLE q ALTER b SET NOT NULL")
        said = any("are sufficient to prove" in each for each in connection.notices)
    known = migration_text("SELECT 1", earlier=add).earlier.checks(("q",))
    assert any("b" in each.not_null for each in known) == said == spares


def test_an_attempt_without_a_name_leaves_an_index_beside_the_next(made: Database) -> None:
    made.query("CREATE TABLE n (b int); INSERT INTO n VALUES (1), (1)")
    sql = "CREATE UNIQUE INDEX CONCURRENTLY ON n (b)"
    for _ in range(2):
        with pytest.raises(psycopg2.errors.UniqueViolation):
            made.query(sql)
    left = "SELECT count(*) FROM pg_index WHERE indrelid = 'n'::regclass AND NOT indisvalid"
    assert made.value(left) == 2
    assert _rule_finds("unnamed-concurrent-index", sql)


def _sqlstate(cursor: Cursor, sql: str) -> str | None:
    try:
        cursor.execute(sql)
    except psycopg2.Error as error:
        return error.pgcode
    return None
