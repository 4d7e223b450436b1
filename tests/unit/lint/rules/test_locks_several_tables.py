"""locks_several_tables: locks that are held together for longer than a moment."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.locks_several_tables import find_locks_on_several_tables
from support.lint_texts import columns, migration_text


@pytest.mark.parametrize(
    "up",
    [
        "ALTER TABLE a ADD b int; UPDATE a SET b = 1 WHERE true; ALTER TABLE c ADD d int",
        "CREATE INDEX i ON a (b); CREATE INDEX j ON c (d)",
        "TRUNCATE a, b; INSERT INTO d SELECT * FROM e",
        "LOCK a, b; MERGE INTO d USING e ON true WHEN MATCHED THEN DELETE",
        "DROP RULE r ON a; DROP TRIGGER t ON b; ALTER TABLE d VALIDATE CONSTRAINT c",
        "ALTER TABLE a ALTER b TYPE text; CREATE RULE r AS ON INSERT TO c DO NOTHING",
        "ALTER TABLE a ADD b int GENERATED ALWAYS AS (1) STORED; DROP POLICY p ON c",
        "ALTER TABLE a ALTER b SET NOT NULL; ALTER TABLE c ADD d int",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c; CREATE TABLE d PARTITION OF e DEFAULT",
        "REINDEX TABLE a; CLUSTER c",
        "ALTER TABLE a SET UNLOGGED; ALTER TABLE c ADD d int",
        "ALTER TABLE a ADD b int, ADD UNIQUE (c); ALTER TABLE e ADD b int",
    ],
)
def test_two_tables_and_what_takes_long(up: str) -> None:
    (found,) = find_locks_on_several_tables(migration_text(up))
    assert "locked together until it ends" in found.message
    assert [*find_locks_on_several_tables(migration_text(up, options="transaction:false"))] == []


@pytest.mark.parametrize(
    "up",
    [
        "ALTER TABLE a ADD b int; ALTER TABLE c ADD d int",
        "ALTER TABLE a ADD b int; ALTER TABLE s.a ADD c int; UPDATE a SET b = 1 WHERE true",
        "UPDATE a SET b = 1 WHERE true; ALTER TABLE a ADD b int; ALTER TABLE c ADD d int",
        "INSERT INTO a VALUES (1); ALTER TABLE a ADD b int; ALTER TABLE c ADD d int",
        "CREATE TABLE a (i int); CREATE INDEX i ON a (i); ALTER TABLE c ADD d bigserial",
        "ALTER TABLE a ADD CHECK (b > 0) NOT VALID; ALTER TABLE c ADD CHECK (d > 0) NOT VALID",
        "ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i; ALTER TABLE c ADD d int",
        "ALTER TABLE a VALIDATE CONSTRAINT b, CLUSTER ON i; ALTER TABLE c VALIDATE CONSTRAINT d",
        "LOCK a IN ROW SHARE MODE; LOCK b IN ROW EXCLUSIVE MODE; DELETE FROM a WHERE true",
        "ALTER TABLE a ADD b bigserial; ALTER TABLE p ATTACH PARTITION a DEFAULT",
        "CREATE TABLE a (); ALTER TABLE c ADD d int; CREATE INDEX i ON a (b); DROP TRIGGER t ON e",
        "DROP TABLE a, b; DROP TRIGGER t ON c; ALTER TABLE d VALIDATE CONSTRAINT c",
        "COMMENT ON TABLE a IS 'x'; GRANT SELECT ON b TO c; UPDATE a SET b = 1 WHERE true",
    ],
)
def test_one_table_or_a_moment(up: str) -> None:
    assert [*find_locks_on_several_tables(migration_text(up))] == []


def test_all_of_them_are_named_where_the_second_is_locked() -> None:
    up = "LOCK a; LOCK s.b; LOCK c; DELETE FROM a WHERE true"
    (found,) = find_locks_on_several_tables(migration_text(up))
    assert found.message.startswith("this transaction keeps a, s.b and c locked together")
    assert columns(find_locks_on_several_tables, migration_text(up)) == ([9], [])


@pytest.mark.parametrize(
    ("busy", "found"), [(("a", "c"), [26]), (("*",), [26]), (("s.c", "a"), []), (("a",), [])]
)
def test_of_busy_tables_no_two_are_locked_however_short(
    busy: tuple[str, ...], found: list[int]
) -> None:
    text = migration_text("ALTER TABLE a ADD b int; ALTER TABLE c ADD d int", busy_tables=busy)
    assert columns(find_locks_on_several_tables, text) == (found, [])
