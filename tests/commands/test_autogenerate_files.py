"""What `alembic revision --autogenerate` says, guards and refuses, and where it writes nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.operations import ops

from support import inside
from support.models import ENV, generated, newest, write_model
from support.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

TABLE = "CREATE TABLE t (id serial PRIMARY KEY, {});"
NOTHING = "no migration was written: the database is as the model says\n"


def nothing_is_found(project: Project) -> bool:
    """Whether neither `check` nor --autogenerate finds a difference, and no file is written."""
    files = {*(project.folder / "sql").iterdir()}
    assert inside.alembic(project, "check").stdout == "No new upgrade operations detected.\n"
    said = inside.alembic(project, "revision", "--autogenerate", "-m", "x")
    assert {*(project.folder / "sql").iterdir()} == files
    return (said.stdout, said.stderr) == ("", NOTHING)


@pytest.mark.parametrize(
    ("before", "model"),
    [
        ("", ""),
        ("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)", "t()"),
        (TABLE.format("a bigint DEFAULT 0"), 't(Column("a", sa.BigInteger, server_default="0"))'),
        (
            TABLE.format("a numeric(4,2) DEFAULT 0, b bool DEFAULT 'f', c text DEFAULT NULL"),
            """t(Column("a", sa.Numeric(4, 2), server_default=text("0.00")), Column("c", Text),
            Column("b", sa.Boolean, server_default=sa.false()))""",
        ),
        (
            TABLE.format(
                "a jsonb DEFAULT '{}', b uuid DEFAULT gen_random_uuid(), c json DEFAULT '1'"
            ),
            """t(Column("a", pg.JSONB, server_default=text("'{}'")), Column("c", pg.JSON,
            server_default="1"), Column("b", pg.UUID, server_default=text("gen_random_uuid()")))""",
        ),
        (  # as a dump of a dump has it
            TABLE.format(
                "a varchar(9), CONSTRAINT c CHECK (((a)::text = ANY (ARRAY[('x'::character varying)"
                "::text, ('y'::character varying)::text])))"
            ),
            """t(Column("a", String(9)), sa.CheckConstraint("a IN ('x', 'y')", name="c"))""",
        ),
        (
            TABLE.format("a int CHECK (a > 0)") + "ALTER TABLE t ADD CHECK (a < 9) NO INHERIT",
            """t(Column("a", Integer, sa.CheckConstraint("a > 0")),
            sa.CheckConstraint("a < 9"))""",
        ),
        (  # somebody's parentheses
            TABLE.format(
                "p int, q int, CHECK (p > 0 AND (q > 0 AND (id > 0 OR p > 1))),"
                "r boolean GENERATED ALWAYS AS (p > 0 AND (q > 0 AND id > 0)) STORED"
            )
            + "CREATE INDEX i ON t (p) WHERE p > 0 OR (q > 0 OR id > 0)",
            """t(Column("p", Integer), Column("q", Integer),
            sa.CheckConstraint("(p > 0 AND q > 0) AND (id > 0 OR p > 1)"),
            Column("r", sa.Boolean, sa.Computed("p > 0 AND q > 0 AND id > 0", persisted=True)),
            sa.Index("i", "p", postgresql_where=text("p > 0 OR q > 0 OR id > 0")))""",
        ),
        (  # the sequence has another table's name
            "CREATE TABLE s (id serial PRIMARY KEY); ALTER TABLE s RENAME TO t",
            "t()",
        ),
        (
            TABLE.format("a int, b int, UNIQUE (b, a) DEFERRABLE")
            + "CREATE UNIQUE INDEX i ON t (a); CREATE TABLE u (t_a int REFERENCES t (a));",
            """t(Column("a", Integer), Column("b", Integer), sa.Index("i", "a", unique=True),
            sa.UniqueConstraint("b", "a", deferrable=True))
            Table("u", metadata, Column("t_a", sa.ForeignKey("t.a")))""",
        ),
        (
            "CREATE SEQUENCE x; CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT nextval('x'))",
            """x = sa.Sequence("x", metadata=metadata)
            Table("t", metadata, Column("id", Integer, x, primary_key=True),
            Column("a", Integer, server_default=x.next_value()))""",
        ),
        (
            TABLE.format("a text")
            + "CREATE INDEX i ON t ((lower(a) || 'x'), id DESC) WHERE a > ''",
            """t(Column("a", Text), sa.Index("i", text("(lower(a) || 'x')"), text("id DESC"),
            postgresql_where=text("a > ''")))""",
        ),
        (
            "CREATE TYPE mood AS ENUM ('sad'); CREATE TYPE unused AS ENUM ('x');"
            + TABLE.format("a mood"),
            't(Column("a", sa.Enum("sad", name="mood")))',
        ),
        (
            "CREATE TABLE t (id serial PRIMARY KEY, t_id int REFERENCES t ON DELETE CASCADE)",
            """metadata = sa.MetaData(schema="public")
            Table("t", metadata, Column("id", Integer, primary_key=True),
                  Column("t_id", sa.ForeignKey("public.t.id", ondelete="CASCADE")))""",
        ),
        (
            "CREATE TABLE theirs (); CREATE TABLE migrations (); CREATE TABLE migration_events ()",
            'metadata.info["foreign_tables"] = {"theirs"}',
        ),
    ],
)
def test_nothing_to_do(project: Project, database: Database, before: str, model: str) -> None:
    database.query(before or "SELECT")
    write_model(project, model.replace("\n            ", "\n"))
    tables = database.tables()
    assert nothing_is_found(project)
    assert database.tables() == tables  # looking makes none


def test_the_ledger_is_nobodys(project: Project) -> None:
    project.configure(version_table_schema="public")
    project.add(1, "SELECT 1;")
    write_model(project, "")
    inside.alembic(project, "upgrade", "head")
    assert nothing_is_found(project)


def test_the_projects_own_model(tmp_path: Path, migrated: Database) -> None:
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    assert nothing_is_found(project)
    (project.folder / "model.py").write_text(
        "from sqlalchemy import CheckConstraint, Column, Text\n"
        "from promptlib.registry.tables import metadata, providers\n"
        "rule = CheckConstraint(\"region <> ''\", 'region')\n"
        "providers.append_column(Column('region', Text, rule))"
    )
    (project.folder / "alembic" / "env.py").write_text(ENV)
    # In a process of its own: the model is one for all tests.
    project.alembic("-x", "safe=no", "revision", "--autogenerate", "-m", "x")
    assert (
        "-- UP\n"
        "ALTER TABLE providers ADD COLUMN region TEXT;\n\n"
        "ALTER TABLE providers ADD CONSTRAINT providers_region_check CHECK (region <> '');\n\n"
    ) in newest(project).read_text()


def test_a_whole_file(project: Project, database: Database) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY)")
    write_model(project, 't(Column("name", Text, server_default="x"))')
    generated(project)
    assert newest(project).read_text() == (
        "-- Written by `alembic revision --autogenerate`: read it, then prove it with "
        "`promptlib verify`.\n"
        "-- Not compared: triggers, functions, views, sequences and grants.\n"
        "\n"
        "-- UP\n"
        "ALTER TABLE t ADD COLUMN name TEXT DEFAULT 'x';\n"
        "\n"
        "-- DOWN\n"
        "DO $$\n"
        "DECLARE\n"
        "    lost text;\n"
        "BEGIN\n"
        "    -- Nobody may add a row between the count and the drop.\n"
        "    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;\n"
        "    SELECT string_agg(number || ' ' || what, ', ') INTO lost\n"
        "    FROM (\n"
        "        SELECT count(*), 'values of t.name' FROM t WHERE name IS DISTINCT FROM 'x'\n"
        "    ) AS counted (number, what)\n"
        "    WHERE number > 0;\n"
        "    IF lost IS NOT NULL\n"
        "        AND coalesce(current_setting('promptlib.allow_data_loss', true), '') <> 'on'\n"
        "    THEN\n"
        "        RAISE EXCEPTION 'this would delete %', lost\n"
        "            USING HINT = 'back them up first if they matter; '\n"
        "                'alembic -x allow_data_loss=on downgrade ... deletes them for good';\n"
        "    END IF;\n"
        "END\n"
        "$$;\n"
        "\n"
        "-- drops the column name of t: its values are lost\n"
        "ALTER TABLE t DROP COLUMN name;\n"
    )


def test_the_same_file_each_time(project: Project) -> None:
    project.add(
        1,
        "CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE, b int REFERENCES t, c int, d int);"
        + "".join(f"CREATE TABLE {name} (id int, x int);" for name in "uvwxyz"),
    )
    inside.alembic(project, "upgrade", "head")
    write_model(
        project,
        """
        t(Column("e", Integer, sa.ForeignKey("t.id")), Column("f", sa.ForeignKey("t.id")),
          sa.CheckConstraint("id > 1"), sa.UniqueConstraint("id", "e"), sa.UniqueConstraint("e"))
        """,
    )
    before = {*(project.folder / "sql").iterdir()}
    written = set()
    for seed in ("1", "2", "3"):
        project.alembic("revision", "--autogenerate", "-m", "x", PYTHONHASHSEED=seed)
        files = sorted({*(project.folder / "sql").iterdir()} - before)
        written.add("".join(path.read_text() for path in files))
        for path in files:
            path.unlink()
    assert len(written) == 1


def test_down_deletes_nothing_that_somebody_has_written(
    project: Project, database: Database
) -> None:
    database.query("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
    write_model(
        project,
        """
        t(Column("a", Integer), Column("Odd $$ 'one'\\n%", Text, server_default="x"),
          Column("c", Integer, sa.Computed("a + 1", persisted=True)))
        Table("u", metadata, Column("id", Integer))
        """,
    )
    generated(project)
    inside.alembic(project, "upgrade", "head")
    inside.alembic(project, "downgrade", "-1")  # nothing was written
    inside.alembic(project, "upgrade", "head")
    database.query("UPDATE t SET a = 1; INSERT INTO u VALUES (1), (2)")
    database.query("""UPDATE t SET "Odd $$ 'one'\n%" = 'y'""")

    refused = inside.alembic(project, "downgrade", "-1", ok=False).stderr
    assert "this would delete 2 rows of u, 1 values of t.\"Odd $$ 'one'" in refused
    assert ", 1 values of t.a (P0001)" in refused
    assert "alembic -x allow_data_loss=on downgrade" in refused
    assert database.value("SELECT a FROM t") == 1
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", "-1")


def test_a_value_that_goes_is_taken_from_nobody(project: Project, database: Database) -> None:
    database.query("CREATE TYPE mood AS ENUM ('sad');" + TABLE.format("a mood"))
    write_model(project, 't(Column("a", sa.Enum("sad", "it\'s ok", name="mood")))')
    generated(project)
    inside.alembic(project, "upgrade", "head")
    database.query("INSERT INTO t (a) VALUES ('it''s ok'), ('sad')")
    refused = inside.alembic(
        project, "-x", "allow_data_loss=on", "downgrade", "-1", ok=False
    ).stderr
    assert "1 values of mood are to go and still held (P0001)" in refused
    assert "give those rows other values first" in refused
    database.query("UPDATE t SET a = 'sad'")
    inside.alembic(project, "downgrade", "-1")


@pytest.mark.parametrize(
    ("before", "model", "expected"),
    [
        (
            TABLE.format("name varchar(50), n int"),
            't(Column("Full name", String(50)), Column("n", Integer))',
            "-- if name is to be called Full name, write instead: ALTER TABLE t RENAME COLUMN name",
        ),
        (
            "CREATE TABLE old (id int, name text)",
            'Table("fresh", metadata, Column("id", Integer), Column("name", Text))',
            '-- if old is to be called fresh, write instead: ALTER TABLE "old" RENAME TO fresh\n',
        ),
        (
            TABLE.format("name text NOT NULL, a int"),
            't(Column("a", Integer), Column("n", Integer, nullable=False))',
            "-- fails while t has rows: give n a default, or fill it before NOT NULL\n",
        ),
        (
            TABLE.format("n int NOT NULL UNIQUE"),
            "t()",
            "-- fails while t has rows: write what they get for t.n\n",
        ),
        (
            TABLE.format("n int NOT NULL"),
            "t()",
            "-- rows that are there get 0 for what t.n has lost\n",
        ),
        (
            TABLE.format("a point"),
            't(Column("a", Integer))',
            "-- t.a becomes integer from point: fails where a value does not fit\n",
        ),
        (
            TABLE.format("a int")
            + "ALTER TABLE t OWNER TO pg_monitor; CREATE TABLE u () INHERITS (t);"
            "GRANT SELECT ON t_id_seq TO PUBLIC",
            "",
            "-- not put back: the owner pg_monitor, grants on sequences, inheritance of t\n",
        ),
        (
            (
                "CREATE TABLE t (id int) PARTITION BY LIST (id);"
                "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1)"
            ),
            "",
            (
                "-- not put back: partitions t_1 of t\nCREATE TABLE t (\n    id integer\n) "
                "PARTITION BY LIST (id);"
            ),
        ),
        (
            "CREATE TYPE mood AS ENUM ('sad', 'ok');"
            + TABLE.format("a mood")
            + "CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'",
            't(Column("a", sa.Enum("ok", name="mood")))',
            "-- function f(mood) needs the type too: change it here by hand\n",
        ),
    ],
)
def test_what_a_reader_has_to_know(
    project: Project, before: str, model: str, expected: str
) -> None:
    project.add(1, f"{before};")
    inside.alembic(project, "upgrade", "head")
    write_model(project, model)
    assert expected in "".join(generated(project))


def test_a_database_that_is_not_at_head(three: Project, database: Database) -> None:
    write_model(three, "t()")
    inside.alembic(three, "upgrade", "+1")
    refused = inside.alembic(three, "revision", "--autogenerate", "-m", "x", ok=False)
    assert refused.stderr == (
        "the database is not up to date: it is at 20250101000001, the newest migration is "
        "20250102000003; run what is pending first: alembic upgrade head\n"
    )
    assert len(list((three.folder / "sql").iterdir())) == 3
    assert "t" not in database.tables()


@pytest.mark.parametrize("arguments", ["check", "revision --autogenerate -m x"])
def test_an_env_without_a_model(project: Project, arguments: str) -> None:
    (project.folder / "alembic" / "env.py").write_text(ENV.replace("model.metadata", "None"))
    (project.folder / "model.py").touch()
    refused = inside.alembic(project, *arguments.split(), ok=False)
    assert refused.stderr == (
        "env.py passes no metadata, so there is no model to compare the database with; say in "
        "env.py: environment.run(context, metadata)\n"
    )
    inside.alembic(project, "upgrade", "head")


def test_a_model_that_cannot_be_written(project: Project) -> None:
    write_model(project, 't(Column("a"))')
    refused = inside.alembic(project, "revision", "--autogenerate", "-m", "x", ok=False)
    assert "the model's t cannot be written as SQL: " in refused.stderr
    assert refused.stderr.endswith("; change it in the model\n")
    assert not list((project.folder / "sql").iterdir())


@pytest.mark.parametrize(
    ("item", "place", "name"),
    [
        ("Column('a', pg.JSONB, server_default=text('\\'{\"n\":1}\\''))", "t.a", "1"),
        ("Column('a', pg.JSONB, server_default=text('\\'{\"n\":null}\\''))", "t.a", "null"),
        ("sa.CheckConstraint('id::text <> \\':x\\'', 'c')", "t.c", "x"),
        ("Column('a', Text, sa.Computed('id || \\':x\\''))", "t.a", "x"),
        ("sa.Index('i', text('(id || \\':x\\')'))", "t.i", "x"),
        ("sa.Index('i', 'id', postgresql_where=text('\\':x\\' <> id::text'))", "t.i", "x"),
    ],
)
def test_a_colon_that_is_taken_for_a_parameter(
    project: Project, item: str, place: str, name: str
) -> None:
    write_model(project, f"t({item})")
    for command_line in ("check", "revision --autogenerate -m x"):
        refused = inside.alembic(project, *command_line.split(), ok=False)
        assert refused.stderr == (
            f'the model\'s {place} says ":{name}" in text(), which SQLAlchemy takes for a '
            f'parameter; write "\\:{name}"\n'
        )


def test_a_server_that_refuses_to_make_the_model(project: Project, database: Database) -> None:
    database.query(TABLE.format("a int, b json DEFAULT '{}', c varchar(9), CHECK (a > 1)"))
    write_model(
        project,
        """
        t(Column("a", Integer, server_default=text("nobody_knows()")),
          Column("b", pg.JSON, server_default="[]"), Column("c", String(10)),
          sa.CheckConstraint("a > 2"))
        """,
    )
    said = inside.alembic(project, "revision", "--autogenerate", "-m", "x")
    assert said.stderr == (
        "t is compared as it is written, not as it is meant: function nobody_knows() does not "
        "exist (42883)\nt is not compared in the default of b\n"
    )
    written = newest(project).read_text()
    assert "-- t is not compared in the default of b\n" in written
    assert "ALTER COLUMN a SET DEFAULT nobody_knows();" in written
    assert "ALTER COLUMN c TYPE VARCHAR(10);" in written


def test_types_of_another_schema_are_compared_as_they_are_meant(
    project: Project, database: Database
) -> None:
    database.query(
        "CREATE SCHEMA app; CREATE TYPE app.a AS ENUM ('x'); CREATE TYPE app.b AS ENUM ('x');"
        "CREATE TABLE t (id serial PRIMARY KEY, a app.a DEFAULT 'x', b app.b DEFAULT 'x')"
    )
    write_model(
        project,
        """
        t(Column("a", sa.Enum("x", "new", name="a", schema="app"), server_default="new"),
          Column("b", sa.Enum("x", "new", name="b", schema="app"), server_default="x"))
        """,
    )
    up, _ = generated(project)
    assert "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'new';" in up
    assert "ALTER TABLE t ALTER COLUMN b SET DEFAULT" not in up
    assert database.value("SELECT count(*) FROM pg_type WHERE typname ~ 'aside'") == 0


def test_a_role_that_may_only_read(project: Project, database: Database) -> None:
    database.query(TABLE.format("a varchar(9) DEFAULT 'x' CONSTRAINT c CHECK (a IN ('x'))"))
    write_model(
        project,
        't(Column("a", String(9), sa.CheckConstraint("a in (\'x\')", "c"), server_default="x"))',
    )
    url = f"{project.url}?options=-c%20default_transaction_read_only%3Don"
    said = project.alembic("check", DATABASE_URL=url)
    assert said.stdout == "No new upgrade operations detected.\n"
    assert said.stderr == (
        "t is compared as it is written, not as it is meant: cannot execute CREATE TABLE in a "
        "read-only transaction (25006)\n"
    )


def test_a_template_of_ones_own(project: Project) -> None:
    template = project.folder / "alembic" / "script.sql.mako"
    template.write_text("-- ${message}, by us\n\n-- Up lock_timeout:3s\nSELECT 1;\n--down\n")
    write_model(project, "t()")
    up, down = generated(project)
    assert up.startswith("-- x, by us\n\n-- Written by")
    assert "\n-- Up lock_timeout:3s\nCREATE TABLE t (" in up
    assert up.endswith(");\n\nSELECT 1;\n\n")
    assert down.endswith("DROP TABLE t;")

    newest(project).unlink()
    template.write_text("-- UP\n")
    refused = inside.alembic(project, "revision", "--autogenerate", "-m", "y", ok=False)
    assert "script.sql.mako: there are no lines `-- UP` and `-- DOWN`" in refused.stderr
    assert not list((project.folder / "sql").iterdir())


def test_hooks_and_a_version_of_ones_own(project: Project) -> None:
    with (project.folder / "alembic.ini").open("a") as configuration:
        configuration.write(
            "\n[post_write_hooks]\nhooks = seen\nseen.type = exec\nseen.executable = cp\n"
            "seen.options = REVISION_SCRIPT_FILENAME seen\n"
        )
    write_model(project, "t()")
    generated(project, "--rev-id", "20990101000000")
    assert newest(project).name == "20990101000000_x.sql"
    assert (project.folder / "seen").read_text() == newest(project).read_text()


@pytest.mark.parametrize("option", ["--splice", "--head=20250101000001", "--branch-label=b"])
def test_what_one_line_of_history_cannot_do(three: Project, option: str) -> None:
    inside.alembic(three, "upgrade", "head")
    write_model(three, "t()")
    refused = inside.alembic(three, "revision", "--autogenerate", "-m", "x", option, ok=False)
    assert "has no meaning here" in refused.stdout + refused.stderr
    assert len(list((three.folder / "sql").iterdir())) == 3


def test_a_callers_own_directives(
    project: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(project, "t()")
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.delitem(__import__("sys").modules, "model", raising=False)

    def directives(_context: object, _revision: object, found: list[ops.MigrationScript]) -> None:
        assert found[0].upgrade_ops
        found[0].upgrade_ops.ops.insert(0, ops.ExecuteSQLOp("CREATE EXTENSION citext"))

    config = Config(project.folder / "alembic.ini")
    command.revision(config, message="x", autogenerate=True, process_revision_directives=directives)
    assert re.search(
        r"-- UP\nCREATE EXTENSION citext;\n\nCREATE TABLE t", newest(project).read_text()
    )


def test_revision_without_a_server(project: Project) -> None:
    nowhere = "postgresql://127.0.0.1:1/x"
    said = project.alembic("revision", "-m", "x", "--sql", DATABASE_URL=nowhere)
    assert newest(project).read_text() == "-- UP\n\n\n-- DOWN\n\n"
    assert said.stdout.startswith("Generating ")
    refused = project.alembic(
        *("revision", "-m", "x", "--sql", "--autogenerate"), ok=False, DATABASE_URL=nowhere
    )
    assert "Using --sql with --autogenerate does not make any sense" in refused.stdout
