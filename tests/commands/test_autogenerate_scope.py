"""What `alembic check` and --autogenerate look at, and what they leave alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support import inside
from support.models import generated, newest, write_model

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

EQUAL = "No new upgrade operations detected.\n"
LEFT = "left alone, as neither the model has it nor a migration makes it: {}\n"
SEARCH_PATH = "?options=-csearch_path%3Dapp,public"


def upgraded(project: Project, up: str, model: str) -> None:
    """Run a migration, and write what the database is compared with."""
    project.add(1, up)
    inside.alembic(project, "upgrade", "head")
    write_model(project, model)


def found(project: Project) -> tuple[str, str]:
    """What `alembic check` says, where the model and the database are equal."""
    said = inside.alembic(project, "check")
    return said.stdout, said.stderr


def test_tables_that_no_migration_makes(project: Project, database: Database) -> None:
    upgraded(
        project,
        "CREATE TABLE t (id serial PRIMARY KEY);"
        "CREATE TABLE metering (day date) PARTITION BY RANGE (day);"
        "CREATE TABLE of_a_migration PARTITION OF metering DEFAULT;",
        "t(); Table('metering', metadata, Column('day', sa.Date))",
    )
    database.query(
        "CREATE TABLE metering_2025 PARTITION OF metering"
        " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        'CREATE TABLE "odd\n\x1b[31m" (id int); CREATE TABLE prompts (id int);'
        "CREATE TYPE theirs AS ENUM ('x'); CREATE TABLE customers (kind theirs);"
        "CREATE TABLE spatial_ref_sys (srid int); CREATE INDEX ON spatial_ref_sys (srid);"
        "ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys"
    )
    names = '"odd ?[31m", customers, metering_2025, of_a_migration, prompts, 1 more'
    assert found(project) == (EQUAL, LEFT.format(names))


def test_tables_of_a_file_that_is_copied_from_elsewhere(
    project: Project, database: Database
) -> None:
    database.query("CREATE TABLE customers (id int); CREATE TABLE orders (id int)")
    write_model(project, "t()")
    said = inside.alembic(project, "revision", "--autogenerate", "-m", "x")
    assert said.stderr == LEFT.format("customers, orders")
    inside.alembic(project, "upgrade", "head")
    assert found(project) == (EQUAL, LEFT.format("customers, orders"))


def test_tables_that_migrations_make_under_other_names(project: Project) -> None:
    project.add(1, "CREATE TABLE a (id int); CREATE TABLE app_b (id int); CREATE TABLE c ();")
    project.add(
        2,
        "CREATE SCHEMA app; ALTER TABLE a RENAME TO b; ALTER TABLE app_b SET SCHEMA app;"
        "ALTER TABLE app.app_b RENAME TO b; DROP TABLE c; SET search_path = app;"
        "CREATE TABLE d (id int);",
    )
    project.add(3, "DO $$ BEGIN CREATE TABLE c (id int); END $$;")
    inside.alembic(project, "upgrade", "head")
    write_model(project, 't(schema="app")')
    said = inside.alembic(project, "revision", "--autogenerate", "-m", "x")
    assert said.stderr == LEFT.format("c")
    dropped = re.findall("^DROP TABLE (.*);", newest(project).read_text(), re.MULTILINE)
    assert dropped == ["b", "app.d", "app.b", "app.t"]  # the last one in DOWN


@pytest.mark.parametrize("schema", ["public", "BLANK"])
def test_a_schema_further_down_the_search_path(
    project: Project, database: Database, schema: str
) -> None:
    database.query("CREATE SCHEMA app; CREATE TABLE public.theirs (id int)")
    project.url += SEARCH_PATH
    named = "sa.BLANK_SCHEMA" if schema == "BLANK" else repr(schema)
    upgraded(
        project,
        "CREATE TABLE app.t (id serial PRIMARY KEY);"
        "CREATE TABLE public.pub (id serial PRIMARY KEY, t_id int REFERENCES app.t);"
        "CREATE TABLE public.gone (id int);",
        f"""
        metadata = sa.MetaData(schema="app")
        Table("t", metadata, Column("id", Integer, primary_key=True))
        Table("pub", metadata, Column("id", Integer, primary_key=True),
              Column("t_id", sa.ForeignKey("app.t.id")), schema={named})
        """,
    )
    said = inside.alembic(project, "revision", "--autogenerate", "-m", "x")
    if schema == "BLANK":  # nobody has named the schema public
        assert said.stderr.startswith(LEFT.format("public.gone, public.theirs"))
    else:
        assert said.stderr == LEFT.format("public.theirs")
        sql = newest(project).read_text()
        assert sql.count("\nDROP TABLE") == sql.count("\nDROP TABLE public.gone;") == 1


@pytest.mark.parametrize(
    ("names", "table"),
    [
        ("auth.users", "Column('x', sa.Enum('y', name='unknown'))"),
        ("auth.*", "Column('x', Integer)"),
        ("us*", "Column('x', Text)"),
        ("*.users", None),  # nothing but a foreign key names it
    ],
)
def test_tables_of_others_in_the_model(project: Project, names: str, table: str | None) -> None:
    upgraded(
        project,
        "CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY, mail text UNIQUE);"
        "CREATE TABLE t (id serial PRIMARY KEY, user_id int REFERENCES auth.users);",
        f"""
        metadata.info["foreign_tables"] = {{"{names}"}}
        t(Column("user_id", Integer, sa.ForeignKey("auth.users.id")))
        """
        + (
            ""
            if table is None
            else f"Table('users', metadata, Column('id', Integer), {table}, schema='auth')"
        ),
    )
    assert found(project) == (EQUAL, "")
    project.write(
        "20250102000000_x.sql",
        "-- UP\nALTER TABLE t DROP user_id;\n-- DOWN\nSELECT 1;\n",
    )
    inside.alembic(project, "upgrade", "head")
    up, _ = generated(project)
    assert "ADD CONSTRAINT t_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id)" in up
    assert up.count(";") == 2  # the column, and the key
    inside.alembic(project, "upgrade", "head")


def test_a_foreign_key_to_a_table_of_nobody(project: Project) -> None:
    write_model(project, 't(Column("user_id", Integer, sa.ForeignKey("auth.users.id")))')
    refused = inside.alembic(project, "check", ok=False)
    assert refused.stderr == (
        "the model's t.user_id refers to auth.users.id, which the model lacks; add it, or name the "
        "table of others in foreign_tables\n"
    )


def test_a_mapped_view_is_no_table(project: Project) -> None:
    upgraded(
        project,
        "CREATE TABLE t (id serial PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t;"
        "CREATE MATERIALIZED VIEW w AS SELECT id FROM t;",
        """
        t()
        for name in ("v", "w", "not_yet"):
            Table(name, metadata, Column("id", Integer), info={"is_view": True})
        """,
    )
    assert found(project) == (EQUAL, "")


HOOKS = """
from alembic import context

import model
from promptlib import environment

environment.run(context, model.metadata, **model.HOOKS)
"""


def test_hooks_of_alembics(project: Project, database: Database) -> None:
    database.query("CREATE TABLE theirs (id int)")
    upgraded(
        project,
        "CREATE TABLE t (id serial PRIMARY KEY, kept int); CREATE TABLE also (id int);"
        "ALTER TABLE t ADD CONSTRAINT kept CHECK (id > 0) NOT VALID",
        """
        t(Column("fresh", Integer), Column("later", sa.Enum("a", name="a"), info={"skip": True}))
        Table("skipped", metadata, Column("x", sa.Enum("b", name="b")), info={"skip": True})
        from alembic.operations import ops

        def include_object(item, name, type_, reflected, compare_to):
            return not item.info.get("skip") and name != "kept"

        def include_name(name, type_, parents):
            return name not in ("theirs", "also")

        def directives(context, revision, found):
            found[0].upgrade_ops.ops.insert(0, ops.ExecuteSQLOp("SELECT 'first'"))

        HOOKS = dict(include_object=include_object, include_name=include_name,
                     render_item=lambda *_: False, process_revision_directives=directives)
        """,
    )
    (project.folder / "alembic" / "env.py").write_text(HOOKS)
    up, _ = generated(project)
    assert up.endswith("-- UP\nSELECT 'first';\n\nALTER TABLE t ADD COLUMN fresh INTEGER;\n\n")
