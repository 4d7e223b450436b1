"""`alembic revision --autogenerate` writes SQL that does what the model says, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.models import generated, newest, write_model
from support.psql import schema

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project


@dataclass
class Case:
    """A change of the schema.

    `before` is SQL; `model` Python, where `t(...)` makes the table t; `up` and `down` are what the
    sections have to say.
    """

    before: str
    model: str
    up: str = ""
    down: str = ""


def table(columns: str = "", row: str = "DEFAULT VALUES") -> str:
    """The table t with these columns; it holds a row."""
    more = f", {columns}" if columns else ""
    return f"CREATE TABLE t (id serial PRIMARY KEY{more}); INSERT INTO t {row};"


CASES = {
    "a table": Case(
        "",
        't(Column("name", String(50), nullable=False, unique=True))',
        "CREATE TABLE t (\n    id SERIAL NOT NULL,\n    name VARCHAR(50) NOT NULL,\n",
        "-- drops the table t: its rows are lost\nDROP TABLE t;",
    ),
    "tables that reference each other": Case(
        "",
        """
        t(Column("u_id", sa.ForeignKey("u.id", ondelete="SET NULL")))
        Table("u", metadata, Column("id", Integer, primary_key=True),
              Column("t_id", sa.ForeignKey("t.id", deferrable=True, initially="DEFERRED")))
        """,
        "ALTER TABLE t ADD CONSTRAINT t_u_id_fkey FOREIGN KEY (u_id) REFERENCES u (id)",
        "ALTER TABLE",
    ),
    "a table goes, with all that it has": Case(
        r"""
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
        CREATE SEQUENCE odd START 7 INCREMENT 3;
        CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5) PRIMARY KEY);
        CREATE TABLE v (
            id serial PRIMARY KEY,
            odd int NOT NULL DEFAULT nextval('odd'),
            "select" text COLLATE "C" NOT NULL DEFAULT '{"a":true} 100%',
            "Upper" text GENERATED ALWAYS AS (upper("select")) STORED,
            mood mood DEFAULT 'sad', moods mood[],
            amount numeric(10,2) CHECK (amount > 0),
            during tstzrange, u_id bigint REFERENCES u ON DELETE CASCADE DEFERRABLE,
            UNIQUE (mood, odd),
            EXCLUDE USING gist (during WITH &&) WHERE (odd > 3)
        ) WITH (fillfactor = 70);
        ALTER SEQUENCE odd OWNED BY v.odd;
        ALTER TABLE v ADD CONSTRAINT unchecked CHECK (id > 7) NOT VALID;
        CREATE INDEX ON v USING gin (moods array_ops) WHERE mood = 'sad';
        CREATE UNIQUE INDEX "Odd" ON v (lower("select") text_pattern_ops DESC) INCLUDE (id);
        COMMENT ON INDEX "Odd" IS 'of v'; COMMENT ON CONSTRAINT unchecked ON v IS 'not yet';
        COMMENT ON CONSTRAINT v_pkey ON v IS 'key'; COMMENT ON TABLE v IS 'it''s';
        COMMENT ON COLUMN v."select" IS 'tab	and \';
        CREATE TRIGGER touched BEFORE UPDATE ON v FOR EACH ROW EXECUTE FUNCTION touch();
        INSERT INTO u DEFAULT VALUES;
        """,
        "",
        "-- UP data_loss:accepted\n",
        "CREATE TRIGGER touched BEFORE UPDATE ON v",
    ),
    "columns": Case(
        table(),
        r"""
        t(Column("name", String(50), comment="it's 100%\ta \\ sure :name"),
          Column("data", pg.JSONB, nullable=False, server_default=text("'{\"a\"\\:true}'")),
          Column("Größe", sa.Numeric(10, 2), server_default="0"),
          Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()))
        """,
        "ALTER TABLE t ADD COLUMN \"Größe\" NUMERIC(10, 2) DEFAULT '0';",
        "SELECT count(*), 'values of t.\"Größe\"' FROM t WHERE \"Größe\" IS DISTINCT FROM '0'",
    ),
    "columns go": Case(
        table(
            """name varchar(50) NOT NULL DEFAULT 'x', kind text COLLATE "C", n int UNIQUE,
            data json DEFAULT '{"a":true}', at timestamptz NOT NULL DEFAULT now()"""
        ),
        "t()",
        "-- drops the column at of t: its values are lost\nALTER TABLE t DROP COLUMN at;",
        'ALTER TABLE t ADD COLUMN kind text COLLATE "C";',
    ),
    "a column goes that is NOT NULL": Case(
        table(
            "name varchar(50) NOT NULL, at date NOT NULL, u uuid UNIQUE NOT NULL,"
            " mail varchar(255) UNIQUE NOT NULL",
            "SELECT i, 'x', now(), gen_random_uuid(), i FROM generate_series(1, 2) AS i",
        ),
        "t()",
        "-- UP data_loss:accepted",
        "ALTER TABLE t ADD COLUMN name character varying(50) DEFAULT '' NOT NULL;\n"
        "ALTER TABLE t ALTER COLUMN name DROP DEFAULT;",
    ),
    "types, widened": Case(
        table("a varchar(50) DEFAULT 'x', b int DEFAULT 0, c numeric(8,2), d varchar(9), e date"),
        """
        t(Column("a", String(100), server_default="x"),
          Column("b", sa.BigInteger, server_default="0"), Column("c", sa.Numeric(12, 2)),
          Column("d", String), Column("e", sa.DateTime))
        """,
        "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(100);",
        "-- t.a becomes character varying(50) from character varying(100): fails where",
    ),
    "a type with rules": Case(
        table(
            "a varchar(9) CHECK (a IN ('x', 'y')), b varchar(9),"
            " CONSTRAINT pair CHECK (a <> b AND b NOT IN ('x', 'y'))",
            "VALUES (1, 'x', 'z')",
        )
        + "CREATE INDEX i ON t (a) WHERE a IN ('x', 'y')",
        """
        t(Column("a", String(20), sa.CheckConstraint("a IN ('x', 'y')")), Column("b", Text),
          sa.CheckConstraint("a <> b AND b NOT IN ('x', 'y')", name="pair"),
          sa.Index("i", "a", postgresql_where=text("a IN ('x', 'y')")))
        """,
        "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(20);",
        "ADD CONSTRAINT t_a_check CHECK (a::text = ANY (ARRAY['x'::character varying, 'y'::",
    ),
    "types, narrowed": Case(
        table("a varchar(50), b bigint, c numeric(8,4), d text, e timestamptz, f json"),
        """
        t(Column("a", String(10)), Column("b", Integer), Column("c", sa.Numeric(8, 2)),
          Column("d", sa.Date), Column("e", sa.Date), Column("f", pg.JSONB))
        """,
        "-- t.c becomes numeric(8,2) from numeric(8,4): what does not fit is rounded or cut\n",
        "ALTER TABLE t ALTER COLUMN d TYPE text;",
    ),
    "types that have no cast of their own": Case(
        table(
            "a text DEFAULT '7', b varchar(36), c boolean, d int[]",
            "VALUES (1, '1', gen_random_uuid(), 't', '{1}')",
        ),
        """
        t(Column("a", Integer, server_default="8"), Column("b", pg.UUID),
          Column("c", Integer), Column("d", Text))
        """,
        "ALTER TABLE t ALTER COLUMN a TYPE INTEGER USING a::integer;",
        "ALTER TABLE t ALTER COLUMN d TYPE integer[] USING d::integer[]",
    ),
    "arrays and collations": Case(
        table('a text, b text COLLATE "C", c varchar[]'),
        """
        t(Column("a", Text(collation="C")), Column("b", Text), Column("c", sa.ARRAY(Text)))
        """,
        'ALTER TABLE t ALTER COLUMN a TYPE TEXT COLLATE "C";',
        'ALTER TABLE t ALTER COLUMN b TYPE text COLLATE "C";',
    ),
    "nullability": Case(
        table("a int, b int NOT NULL DEFAULT 1", "VALUES (1, 2)"),
        't(Column("a", Integer, nullable=False), Column("b", Integer, server_default="1"))',
        "-- fails where t.a is NULL\nALTER TABLE t ALTER COLUMN a SET NOT NULL;",
        "-- fails where t.b is NULL\nALTER TABLE t ALTER COLUMN b SET NOT NULL;",
    ),
    "defaults": Case(
        table("""a text, b text DEFAULT 'x', c text DEFAULT '{"a":true} 50%', d json DEFAULT '{}',
            e uuid DEFAULT gen_random_uuid(), f timestamptz DEFAULT now(), g int DEFAULT 1 + 1"""),
        r"""
        t(Column("a", Text, server_default="100% it's"), Column("b", Text),
          Column("c", Text, server_default="y"),
          Column("d", pg.JSON, server_default=text("'{\"b\"\\:1}'")),
          Column("e", pg.UUID, server_default=text("gen_random_uuid ( )")),
          Column("f", sa.DateTime(timezone=True), server_default=text("CURRENT_TIMESTAMP")),
          Column("g", Integer, server_default=text("1+1")))
        """,
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT '100% it''s';",
        "ALTER TABLE t ALTER COLUMN c SET DEFAULT '{\"a\":true} 50%'::text;",
    ),
    "comments": Case(
        table("a int, b int, c int")
        + "COMMENT ON TABLE t IS 'old'; COMMENT ON COLUMN t.a IS 'a'; COMMENT ON COLUMN t.b IS 'b'",
        """
        t(Column("a", Integer, comment="it's 100% 'new': \\\\"), Column("b", Integer),
          Column("c", Integer, comment="ü\\n-- DOWN\\n;"), comment="new")
        """,
        "COMMENT ON TABLE t IS 'new';",
        "COMMENT ON COLUMN t.a IS 'a';",
    ),
    "foreign keys": Case(
        table("a int, b int REFERENCES t ON DELETE CASCADE, c int REFERENCES t"),
        """
        t(Column("a", sa.ForeignKey("t.id", ondelete="SET NULL", deferrable=True)),
          Column("b", sa.ForeignKey("t.id")), Column("c", Integer))
        """,
        "ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES t (id) ON DELETE SET NULL DEFERRABLE;",
        "ADD CONSTRAINT t_c_fkey FOREIGN KEY (c) REFERENCES t(id);",
    ),
    "unique constraints": Case(
        table("a int, b int, c int UNIQUE, CONSTRAINT odd UNIQUE (a, b)"),
        """
        t(Column("a", Integer, unique=True), Column("b", Integer), Column("c", Integer),
          sa.UniqueConstraint("a", "c", name="Odd one"))
        """,
        "ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE (a);",
        "ALTER TABLE t ADD CONSTRAINT odd UNIQUE (a, b);",
    ),
    "check constraints": Case(
        table(
            "a int CONSTRAINT gone CHECK (a > 0), b varchar(9) CONSTRAINT same CHECK "
            "(b IN ('x', 'y')), c int CONSTRAINT other CHECK (c < 5), CHECK (a < c)"
        ),
        r"""
        t(Column("a", Integer), Column("b", String(9)),
          Column("c", Integer, sa.CheckConstraint("c < 6", name="other")),
          sa.CheckConstraint("b in ('x','y')", name="same"), sa.CheckConstraint("A < C"),
          sa.CheckConstraint("b <> '100%' AND b !~ '^\\:'", name="fresh"),
          sa.CheckConstraint("b <> ''"))
        """,
        "ALTER TABLE t ADD CONSTRAINT fresh CHECK (b <> '100%' AND b !~ '^:');",
        "ALTER TABLE t ADD CONSTRAINT gone CHECK (a > 0);",
    ),
    "exclusion constraints and a primary key": Case(
        "CREATE TABLE t (id int, a int4range, b int,"
        " CONSTRAINT old EXCLUDE USING gist (a WITH &&))",
        """
        t(Column("a", pg.INT4RANGE), Column("b", Integer),
          pg.ExcludeConstraint(("a", "&&"), where=text("b > 0"), name="fresh"))
        """,
        "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id);",
        'ALTER TABLE t ADD CONSTRAINT "old" EXCLUDE USING gist (a WITH &&);',
    ),
    "indexes": Case(
        table("a text, b text, data jsonb")
        + """
        CREATE INDEX gone ON t USING gin (data jsonb_path_ops);
        CREATE INDEX partial ON t (a) WHERE a IN ('x', 'y');
        CREATE INDEX otherwise ON t (a) WHERE a = 'x';
        CREATE INDEX expression ON t (lower(a), (a || b));
        CREATE INDEX hashed ON t (a);
        """,
        """
        x = t(Column("a", Text), Column("b", Text), Column("data", pg.JSONB))
        sa.Index("gin", "data", postgresql_using="gin", postgresql_concurrently=True,
                 postgresql_ops={"data": "jsonb_path_ops"})._set_parent(x)
        sa.Index("partial", x.c.a, postgresql_where=text("a in ('x','y')"))
        sa.Index("otherwise", x.c.a, postgresql_where=x.c.a == "100%")
        sa.Index("expression", sa.func.lower(x.c.a), text("(a||b)"))
        sa.Index("hashed", x.c.a, postgresql_using="hash")
        sa.Index("Descending", x.c.a.desc().nulls_last(), unique=True, postgresql_include=["b"])
        """,
        "CREATE INDEX gin ON t USING gin (data jsonb_path_ops);",
        "CREATE INDEX gone ON t USING gin (data jsonb_path_ops);",
    ),
    "identities": Case(
        "CREATE TABLE t (id serial PRIMARY KEY, a int, b int GENERATED ALWAYS AS IDENTITY,"
        " c bigint GENERATED BY DEFAULT AS IDENTITY); INSERT INTO t (a) VALUES (6)",
        """
        Table("t", metadata, Column("id", Integer, sa.Identity(), primary_key=True),
              Column("a", Integer, sa.Identity(always=True)), Column("b", Integer),
              Column("c", sa.BigInteger, sa.Identity(always=True, increment=2)))
        """,
        "ALTER TABLE t ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY;\n"
        "SELECT setval(pg_get_serial_sequence('t', 'a'), max(a)) FROM t;",
        "CREATE SEQUENCE t_id_seq AS integer OWNED BY t.id;",
    ),
    "generated columns": Case(
        table(
            "a int, b int GENERATED ALWAYS AS (a * 2) STORED, c int, d int GENERATED ALWAYS AS "
            "(a) STORED, e int GENERATED ALWAYS AS (a + 1) STORED, UNIQUE (b, a)"
        )
        + "CREATE INDEX of_e ON t ((e + 1)) WHERE e > 0",
        """
        x = t(Column("a", Integer), Column("b", Integer, sa.Computed("a * 3", persisted=True)),
              Column("c", Integer, sa.Computed("a", persisted=True)), Column("d", Integer),
              Column("e", Integer, sa.Computed("a+2", persisted=True)),
              Column("f", Integer, sa.Computed("g + 1", persisted=True)), Column("g", Integer),
              sa.UniqueConstraint("b", "a"))
        sa.Index("of_e", text("(e+1)"), postgresql_where=text("e>0"))._set_parent(x)
        """,
        "ALTER TABLE t ALTER COLUMN d DROP EXPRESSION;",
        "ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) STORED;",
    ),
    "enumerated types": Case(
        table("a text DEFAULT 'sad'", "VALUES (1, 'sad')"),
        """
        mood = sa.Enum("sad", "it's ok", "100%", name="mood")
        t(Column("a", mood, server_default="sad"), Column("b", mood), Column("c", sa.ARRAY(mood)))
        """,
        "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '100%');",
        "DROP TYPE mood;",
    ),
    "enumerated types go": Case(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE kind AS ENUM ('a');"
        + table("a mood DEFAULT 'sad', k kind"),
        't(Column("a", Text, server_default="sad"))',
        "DROP TYPE mood;",
        "CREATE TYPE mood AS ENUM ('sad', 'ok');",
    ),
    "values of enumerated types": Case(
        "CREATE TYPE mood AS ENUM ('sad', 'ok');" + table("a mood DEFAULT 'ok', c mood[]"),
        """
        mood = sa.Enum("1st", "sad", "2", "3", "ok", "it's", "last", name="mood")
        t(Column("a", mood, server_default="ok"), Column("c", sa.ARRAY(mood)))
        """,
        "ALTER TYPE mood ADD VALUE '1st' BEFORE 'sad';\nALTER TYPE mood ADD VALUE '2' AFTER 'sad';",
        "RAISE EXCEPTION '% values of mood are to go and still held', holding",
    ),
    "a value that is used at once, and one that goes": Case(
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone');"
        + table("a mood NOT NULL DEFAULT 'ok', c mood[] DEFAULT '{sad}', CHECK (a <> 'sad')")
        + "CREATE INDEX i ON t (a) WHERE a = 'ok'; CREATE INDEX j ON t (a, c)",
        """
        mood = sa.Enum("sad", "ok", "new", name="mood")
        x = t(Column("a", mood, nullable=False, server_default="new"),
              Column("c", sa.ARRAY(mood), server_default="{sad}"), sa.CheckConstraint("a <> 'sad'"),
              sa.Index("i", "a", postgresql_where=text("a = 'ok'")), sa.Index("j", "a", "c"))
        """,
        "-- removes 'gone' from mood: fails where a row still holds it",
        "ALTER TYPE mood RENAME TO mood_before;",
    ),
    "a schema of its own": Case(
        "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad');"
        "CREATE TABLE app.t (id serial PRIMARY KEY, a app.mood, b int CHECK (b > 0), c int);"
        "CREATE TABLE app.gone (id int); CREATE INDEX i ON app.t (c) WHERE c > 0;"
        "CREATE SCHEMA other; CREATE TABLE other.t (id int)",
        """
        metadata = sa.MetaData(schema="app")
        mood = sa.Enum("sad", "ok", name="mood", schema="app")
        Table("t", metadata, Column("id", Integer, primary_key=True), Column("a", mood),
              Column("b", Integer, sa.CheckConstraint("b > 1", name="t_b_check")),
              Column("c", sa.BigInteger), sa.Index("i", "c", postgresql_where=text("c > 1")))
        Table("u", metadata, Column("id", sa.ForeignKey("app.t.id"), primary_key=True))
        """,
        "ALTER TABLE app.t ALTER COLUMN c TYPE BIGINT;",
        "CREATE TABLE app.gone",
    ),
}


def catalog(database: Database) -> list[str]:
    """The schema but for the order of columns and what promptlib itself makes."""
    ours = ("alembic_version", "migration_events*", "migrations")
    lines = schema(database, *(f"--exclude-table={name}" for name in ours))
    return sorted(line.strip().rstrip(",") for line in lines if line and not line.startswith("--"))


def contents(database: Database) -> list[tuple[object, ...]]:
    """What is in the table t, if there is one."""
    there = database.value("SELECT to_regclass('t') IS NOT NULL")
    return database.query("SELECT to_jsonb(t) FROM t") if there else []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_up_does_what_the_model_says_and_down_takes_it_back(
    project: Project, database: Database, case: Case
) -> None:
    project.add(1, case.before or "SELECT 1;")
    inside.alembic(project, "upgrade", "head")
    write_model(project, case.model)
    before, rows = catalog(database), contents(database)

    up, down = generated(project)

    assert case.up in up
    assert case.down in down
    inside.alembic(project, "upgrade", "head")
    assert project.alembic("check").stdout == "No new upgrade operations detected.\n"
    after = catalog(database)
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", "-1")
    assert catalog(database) == before
    assert "data_loss:accepted" in up or contents(database) == rows
    inside.alembic(project, "upgrade", "head")
    assert catalog(database) == after
    proven = project.promptlib("verify", newest(project).name[:14], ok=None)
    assert proven.returncode == 0, proven.stdout
