"""leftovers: what UP makes and DOWN leaves behind, and what DOWN takes along."""

from __future__ import annotations

import pytest

from promptlib.files.one_way import NO_WAY_BACK
from promptlib.lint.down_coverage import objects_left_by_down
from support.lint_texts import migration_text
from support.objects import BASE, BASE_DOWN, CASES, Case

_NOTHING = "SELECT 1;"


def left(up: str, down: str = _NOTHING, earlier: str = "") -> list[str]:
    text = migration_text(up, down, earlier=earlier)
    return [str(made.object) for made in objects_left_by_down(text)]


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("CREATE TABLE a (i int)", "table a"),
        ("create unlogged table if not exists S.A (i int)", "table s.a"),
        ('CREATE TABLE "Aa" AS SELECT 1', "table Aa"),
        ("CREATE FOREIGN TABLE a (i int) SERVER s", "foreign table a"),
        ("CREATE INDEX i ON a (b)", "index i of a"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.a (b)", "index i of s.a"),
        ("CREATE INDEX ON a (b)", "unnamed index of a"),
        ("CREATE OR REPLACE RECURSIVE VIEW v (a) AS SELECT 1", "view v"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "materialized view v"),
        ("CREATE SEQUENCE s", "sequence s"),
        ("CREATE FUNCTION s.f(a int DEFAULT 1) RETURNS int RETURN 1", "function s.f"),
        ("CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; END", "procedure p"),
        ("CREATE AGGREGATE g (int) (sfunc = f, stype = int)", "aggregate g"),
        ("CREATE TYPE t AS ENUM ('a')", "type t"),
        ("CREATE DOMAIN d AS int", "domain d"),
        ("CREATE SCHEMA s", "schema s"),
        ("CREATE SCHEMA AUTHORIZATION joe", "schema joe"),
        ("CREATE EXTENSION IF NOT EXISTS e", "extension e"),
        (
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE OF b ON a EXECUTE FUNCTION f()",
            "trigger t of a",
        ),
        ("CREATE RULE r AS ON INSERT TO a DO NOTHING", "rule r of a"),
        ("CREATE POLICY p ON a USING (true)", "policy p of a"),
        ("CREATE STATISTICS s ON a, b FROM c", "statistics s of c"),
        ("CREATE ROLE r", "role r"),
        ("CREATE TRUSTED PROCEDURAL LANGUAGE l HANDLER h", "language l"),
        ("CREATE ACCESS METHOD m TYPE INDEX HANDLER h", "access method m"),
        ("CREATE OPERATOR FAMILY f USING btree", "operator family f"),
        ("ALTER TABLE a ADD b int", "column b of a"),
        ("ALTER TABLE IF EXISTS ONLY a ADD COLUMN IF NOT EXISTS b int", "column b of a"),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)", "constraint c of a"),
        ("ALTER TABLE a ADD PRIMARY KEY (b)", "unnamed constraint of a"),
        ("ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX i", "constraint c of a"),
        ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)", "constraint c of d"),
        ("ALTER TABLE a RENAME TO b", "table b"),
        ("ALTER TABLE a RENAME b TO c", "column c of a"),
        ("ALTER TABLE a RENAME CONSTRAINT b TO c", "constraint c of a"),
        ("ALTER INDEX i RENAME TO j", "index j"),
        ("ALTER TRIGGER t ON a RENAME TO u", "trigger u of a"),
        ("ALTER FUNCTION f(int, text) RENAME TO g", "function g"),
        ("ALTER TABLE s.a SET SCHEMA t", "table t.a"),
        ("DO $$ BEGIN IF true THEN CREATE TABLE a (i int); END IF; END $$", "table a"),
        ("DO $$ BEGIN IF true THEN NULL; ELSE CREATE TABLE a (i int); END IF; END $$", "table a"),
    ],
)
def test_what_up_makes(up: str, found: str) -> None:
    assert left(up) == [found]


@pytest.mark.parametrize(
    "up",
    [
        "SELECT 'CREATE TABLE a (i int)' -- CREATE TABLE b (i int)",
        "CREATE TEMP TABLE a (i int); CREATE LOCAL TEMPORARY TABLE b (i int)",
        "CREATE TABLE pg_temp.a (i int); CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
        "CREATE TABLE a (i int); DROP TABLE IF EXISTS a",
        "CREATE TABLE a (i int); ALTER TABLE a RENAME TO b; DROP TABLE b",
        "ALTER TABLE a ALTER b SET DEFAULT 1, OWNER TO c, ENABLE TRIGGER d, SET (fillfactor = 70)",
        "ALTER TYPE t ADD VALUE 'x'; ALTER TYPE t RENAME VALUE 'x' TO 'y'",
        "ALTER DOMAIN d DROP NOT NULL; ALTER DOMAIN d SET DEFAULT 1",
        "ALTER PUBLICATION p ADD TABLE a; ALTER EXTENSION e ADD TABLE a",
        "CREATE USER MAPPING FOR a SERVER s; COMMENT ON TABLE a IS 'x'; GRANT SELECT ON a TO b",
    ],
)
def test_what_up_does_not_make(up: str) -> None:
    assert left(up) == []


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("CREATE TABLE a (i int)", "DROP TABLE IF EXISTS b, public.A CASCADE"),
        ("CREATE TABLE public.a (i int)", 'DROP TABLE "a"'),
        ("CREATE TABLE a (i int)", "DO $$ BEGIN IF true THEN DROP TABLE a; END IF; END $$"),
        ("CREATE TABLE a (i int)", "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$"),
        ("CREATE TABLE a (i int)", "CALL undo()"),
        ("CREATE TABLE a (i int)", "DROP OWNED BY me"),
        ("CREATE TABLE a (i int)", "ALTER TABLE a RENAME TO b; DROP TABLE b"),
        ("ALTER TABLE a RENAME TO b", "ALTER TABLE b RENAME TO a"),
        ("ALTER TABLE s.a SET SCHEMA t", "ALTER TABLE t.a SET SCHEMA s"),
        ("ALTER TABLE a RENAME b TO c", "ALTER TABLE a RENAME COLUMN c TO b"),
        ("ALTER TABLE a ADD b int", "ALTER TABLE a DROP b"),
        ("ALTER TABLE a ADD b int, ADD c int", "ALTER TABLE a DROP COLUMN c, DROP IF EXISTS b"),
        ("ALTER TABLE a ADD CHECK (b > 0)", "ALTER TABLE a DROP CONSTRAINT a_b_check"),
        ("CREATE INDEX ON a (b)", "DROP INDEX a_b_idx"),
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE OR REPLACE VIEW v AS SELECT 1"),
        ("CREATE FUNCTION f(a int) RETURNS int RETURN 1", "DROP ROUTINE f(int)"),
        ("CREATE VIEW v AS SELECT 1; ALTER TABLE v RENAME TO w", "DROP VIEW w"),
        ("CREATE USER u", "DROP ROLE u"),
        # What goes with something else.
        ("CREATE TABLE a (i int); CREATE INDEX i ON a (i)", "DROP TABLE a"),
        ("CREATE TABLE a (i int); ALTER TABLE a ADD b int", "DROP TABLE a"),
        ("CREATE INDEX i ON a (b); CREATE POLICY p ON a USING (true)", "DROP TABLE a"),
        ("CREATE INDEX i ON a (b); ALTER TABLE a RENAME TO c", "DROP TABLE c"),
        (
            "CREATE MATERIALIZED VIEW v AS SELECT 1; CREATE INDEX i ON v (a)",
            "DROP MATERIALIZED VIEW v",
        ),
        (
            "CREATE TABLE q PARTITION OF p DEFAULT; CREATE INDEX i ON q (i)",
            "DROP TABLE p",
        ),
        ("CREATE TABLE q (i int); ALTER TABLE p ATTACH PARTITION q DEFAULT", "DROP TABLE p"),
        ("CREATE TABLE q (i int) INHERITS (p)", "DROP TABLE p CASCADE"),
        (
            "ALTER TABLE a ADD b int; CREATE INDEX i ON a (b); ALTER TABLE a ADD CHECK (b > 0)",
            "ALTER TABLE a DROP b",
        ),
        ("CREATE SEQUENCE s OWNED BY a.b", "DROP TABLE a"),
        ("CREATE SEQUENCE s; ALTER SEQUENCE s OWNED BY a.b", "ALTER TABLE a DROP b"),
        (
            "CREATE UNIQUE INDEX i ON a (b); ALTER TABLE a ADD CONSTRAINT i UNIQUE USING INDEX i",
            "ALTER TABLE a DROP CONSTRAINT i",
        ),
        (
            "CREATE FUNCTION f() RETURN 1; CREATE TRIGGER t AFTER DELETE ON a EXECUTE FUNCTION f()",
            "DROP ROUTINE f CASCADE",
        ),
        ("CREATE TABLE a (i int); CREATE VIEW v AS SELECT * FROM a", "DROP TABLE a CASCADE"),
        (
            "CREATE SCHEMA s; CREATE TABLE s.a (i int); CREATE TABLE b (i int)",
            "DROP SCHEMA s CASCADE",
        ),
        # A table is built anew and takes the other's place.
        (
            "CREATE TABLE n (i int); ALTER TABLE t RENAME TO o; ALTER TABLE n RENAME TO t",
            "ALTER TABLE t RENAME TO n; ALTER TABLE o RENAME TO t; DROP TABLE n",
        ),
    ],
)
def test_what_down_undoes(up: str, down: str) -> None:
    assert left(up, down) == []
    assert left(up)  # it is DOWN that does


@pytest.mark.parametrize(
    "up",
    [
        "DROP VIEW v; CREATE VIEW v AS SELECT 2",
        "DROP FUNCTION s.f(int); CREATE FUNCTION f(bigint) RETURNS int RETURN 1",
        "DROP TRIGGER t ON a; CREATE TRIGGER t AFTER DELETE ON a EXECUTE FUNCTION f()",
        "DROP INDEX i; CREATE INDEX i ON a (b)",
        "ALTER TABLE a DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (b > 1)",
        "ALTER TABLE a DROP CONSTRAINT a_b_check; ALTER TABLE a ADD CHECK (b > 1)",
        "ALTER TABLE a DROP b; ALTER TABLE a ADD b text",
        "ALTER TABLE t RENAME TO o; CREATE TABLE t (i int); DROP TABLE o",
        "DROP TABLE t; CREATE TABLE t (i int); CREATE INDEX t_i ON t (i); ALTER TABLE t ADD j int",
        "DO $$ BEGIN DROP VIEW v; CREATE VIEW v AS SELECT 2; END $$",
    ],
)
def test_what_up_drops_and_makes_again_was_there_before(up: str) -> None:
    assert left(up) == []


def test_a_name_that_is_dropped_only_if_it_is_there_says_nothing() -> None:
    up = "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1"
    assert left(up) == ["view v"]
    assert left(up, earlier="CREATE VIEW v AS SELECT 0") == []


@pytest.mark.parametrize(
    ("up", "earlier"),
    [
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE VIEW v AS SELECT 1"),
        ("CREATE OR REPLACE FUNCTION f() RETURN 2", "CREATE FUNCTION public.f() RETURN 1"),
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "DO $$ BEGIN CREATE VIEW v AS SELECT 1; END $$"),
        (
            "CREATE OR REPLACE VIEW w AS SELECT 2",
            "CREATE VIEW v AS SELECT 1; ALTER VIEW v RENAME TO w",
        ),
        ("CREATE TABLE IF NOT EXISTS a (i int)", "CREATE TABLE a (i int)"),
        ("CREATE EXTENSION IF NOT EXISTS e", "CREATE EXTENSION e"),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int", "ALTER TABLE a ADD b int"),
        (
            "CREATE INDEX IF NOT EXISTS i ON b (c)",
            "CREATE INDEX i ON a (c); ALTER TABLE a RENAME TO b",
        ),
    ],
)
def test_what_an_earlier_migration_has_made_is_replaced(up: str, earlier: str) -> None:
    assert left(up) != []
    assert left(up, earlier=earlier) == []


@pytest.mark.parametrize(
    ("up", "earlier"),
    [
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE VIEW w AS SELECT 1"),
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE VIEW v AS SELECT 1; DROP VIEW v"),
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE TEMP VIEW v AS SELECT 1"),
        ("CREATE INDEX IF NOT EXISTS i ON a (b)", "CREATE INDEX i ON a (b); DROP TABLE a"),
        ("CREATE INDEX IF NOT EXISTS i ON a (b)", "CREATE INDEX i ON a (b); ALTER TABLE a DROP b"),
        (
            "CREATE OR REPLACE VIEW v AS SELECT 2",
            "CREATE VIEW s.v AS SELECT 1; DROP SCHEMA s CASCADE",
        ),
    ],
)
def test_what_an_earlier_migration_has_not_left_is_new(up: str, earlier: str) -> None:
    assert len(left(up, earlier=earlier)) == 1


@pytest.mark.parametrize(
    ("up", "down", "found"),
    [
        ("CREATE TABLE a (i int)", "DROP TABLE b", ["table a"]),
        ("CREATE TABLE s.a (i int)", "DROP TABLE t.a", ["table s.a"]),
        ('CREATE TABLE "A" (i int)', "DROP TABLE A", ["table A"]),
        ("CREATE TABLE a (i int)", "SELECT 'DROP TABLE a' -- DROP TABLE a", ["table a"]),
        ("CREATE TABLE a (i int)", "DO $$ BEGIN RAISE NOTICE 'a'; END $$", ["table a"]),
        ("CREATE TYPE a AS (i int)", "DROP TABLE a", ["type a"]),
        ("CREATE INDEX i ON a (b); CREATE INDEX ON a (c)", "DROP INDEX i", ["unnamed index of a"]),
        (
            "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()",
            "DROP TRIGGER t ON b",
            ["trigger t of a"],
        ),
        ("ALTER TABLE a ADD b int, ADD c int", "ALTER TABLE a DROP b", ["column c of a"]),
        ("ALTER TABLE a ADD b int", "ALTER TABLE c DROP b", ["column b of a"]),
        (
            "ALTER TABLE a ADD b int; CREATE INDEX i ON a (c)",
            "ALTER TABLE a DROP b",
            ["index i of a"],
        ),
        (
            "CREATE TABLE a (i int); CREATE TABLE b (i int REFERENCES a)",
            "DROP TABLE a CASCADE",
            ["table b"],
        ),
        ("CREATE TABLE a (i int); CREATE VIEW v AS SELECT * FROM a", "DROP TABLE a", ["view v"]),
        ("CREATE SCHEMA s; CREATE TABLE t.a (i int)", "DROP SCHEMA s CASCADE", ["table t.a"]),
        (
            "CREATE TABLE n (i int); ALTER TABLE n RENAME TO t",
            "ALTER TABLE t RENAME TO n",
            ["table n"],
        ),
        ("ALTER TABLE a RENAME b TO c", "ALTER TABLE a RENAME c TO d", ["column d of a"]),
        (
            "CREATE TABLE q (i int); ALTER TABLE p ATTACH PARTITION q DEFAULT",
            "ALTER TABLE p DETACH PARTITION q; DROP TABLE p",
            ["table q"],
        ),
    ],
)
def test_what_down_leaves_behind(up: str, down: str, found: list[str]) -> None:
    assert left(up, down) == found


def test_a_down_that_only_refuses_leaves_nothing_behind() -> None:
    assert left("CREATE TABLE a ()", NO_WAY_BACK.decode()) == []
    assert left("CREATE TABLE a ()", "DO $$ BEGIN RAISE NOTICE 'no'; END $$") == ["table a"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_right_down_leaves_nothing(case: Case) -> None:
    assert left(case.up, case.right) == []


def test_of_wrong_ones_most_that_leave_an_object_are_known() -> None:
    """Those of every kind of object, which verify proves on a server: a text tells less."""
    seen = {kind for kind, case in CASES.items() if left(case.up, case.wrong)}
    assert seen == {
        *("table", "column", "generated column", "collation", "foreign key", "unique", "view"),
        *(
            "owner of what has no rights",
            "materialized view",
            "schema",
            "procedure",
            "aggregate",
            "cast",
            "operator",
            "trigger",
        ),
        *("rule", "type", "attribute of a type", "range type", "policy", "partition"),
        *("inheritance", "event trigger", "publication", "statistics", "text search"),
        *("foreign server",),
    }


def test_nonsense_drops_nothing() -> None:
    down = "ALTER TABLE a DROP; DROP TABLE; ALTER TABLE a DROP CASCADE; ALTER TABLE a RENAME"
    assert left("CREATE INDEX i ON a (b)", down) == ["index i of a"]


def test_many_objects_at_once() -> None:
    assert left(BASE, BASE_DOWN) == []
    assert len(left(BASE)) == 14
