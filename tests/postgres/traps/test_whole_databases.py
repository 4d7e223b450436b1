"""Nor is what reads, writes, makes or takes over whole databases; programs of PostgreSQL's too."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest

from promptlib.consolidate.sections import write_sections
from promptlib.files.origin import read_origin
from promptlib.postgres.url import parse_url
from support.models import write_model
from support.projects import ROOT, TWO, Project, run
from support.psql import psql
from support.tool_databases import LEFT, leave_database
from support.traps import PGOPTIONS, step

if TYPE_CHECKING:
    from support.databases import Database
    from support.traps import Traps

pytestmark = pytest.mark.servers("newest", "oldest")
_TEST = """
def test_it(promptlib_database):
    connection = promptlib_database.connect()
    connection.cursor().execute("INSERT INTO public.a VALUES (1, 'a')")
    connection.close()
"""
# All that stands in the way of a column's change, and is taken out and put back.
_IN_THE_WAY = """
    CREATE VIEW public.seen AS SELECT i, v FROM public.a;
    CREATE MATERIALIZED VIEW public.kept AS SELECT v FROM public.seen;
    CREATE RULE r AS ON UPDATE TO public.seen DO INSTEAD SELECT 1;
    CREATE FUNCTION public.f() RETURNS pg_catalog.trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER t INSTEAD OF INSERT ON public.seen FOR EACH ROW EXECUTE FUNCTION public.f();
    CREATE TYPE public.kind AS ENUM ('x', 'y');
    ALTER TABLE public.b ADD e public.kind DEFAULT 'x', ADD s integer;
    CREATE RULE r AS ON DELETE TO public.b DO ALSO SELECT 1;
    CREATE POLICY p ON public.b USING (true);
"""
_MODEL = """
Table("a", metadata, Column("i", Integer, primary_key=True), Column("v", Text, nullable=False),
      sa.Index("a_v", "v"))
Table("c", metadata, Column("i", sa.ForeignKey("a.i")), Column("e", sa.Enum("x", name="kind")))
"""


@pytest.mark.patient
def test_a_schema_written_down_and_put_back(ground: Traps, project: Project) -> None:
    """By pg_dump and pg_restore; and a database that takes another's place."""
    project.promptlib("migrate")
    step(ground, project, "promptlib dump", "promptlib backup saved")
    (saved,) = (project.folder / "saved").iterdir()
    step(ground, project, f"promptlib restore saved/{saved.name} --yes", "promptlib status")
    step(ground, project, "promptlib reset --yes --force")


def test_one_migration_of_many(ground: Traps, project: Project) -> None:
    project.promptlib("migrate")
    # Where the traps are not there already, which are a part of what is written down.
    scratch = f"--scratch {project.url} --scratch-template template0"
    step(ground, project, f"promptlib squash --to {TWO} --yes {scratch}", "promptlib migrate")


def test_one_migration_of_what_is_there(ground: Traps, project: Project) -> None:
    """All of it is traps; what keeps rows of theirs from going is a block of ours."""
    project.promptlib("migrate")
    target = parse_url(project.url, "the test")
    with ground.watched() as steps, contextlib.closing(target.connect()) as connection:
        guard, *_ = write_sections(connection, target, [], is_whole=True).down
        connection.cursor().execute(guard)
    assert steps.into == {}
    assert steps.parsed
    plain = ground.server.create("template0")  # and the traps in the server's own database
    for each in (project.folder / "sql").iterdir():
        each.unlink()
    project.url = ground.url(plain)
    step(ground, project, "promptlib baseline --scratch-template template0")
    ground.server.drop(plain.name)


def test_a_ledger_of_another_name_in_a_schema_of_its_own(ground: Traps, project: Project) -> None:
    project.configure(ledger_table="deployed", version_table_schema="led")
    step(ground, project, "promptlib migrate", "promptlib status", "promptlib rollback")
    step(ground, project, "alembic upgrade head", "alembic stamp base", "promptlib repair --yes")


def test_a_script_for_psql(ground: Traps, project: Project, database: Database) -> None:
    script = project.alembic("upgrade", "head", "--sql").stdout
    with ground.watched() as steps:
        psql(database, script, PGOPTIONS=PGOPTIONS)
    assert steps.into == {}
    assert steps.parsed


@pytest.mark.parametrize("tool", LEFT)
def test_what_another_tool_left(
    ground: Traps, project: Project, database: Database, tool: str
) -> None:
    for each in (project.folder / "sql").iterdir():
        each.unlink()
    old = project.folder / "old"
    shutil.copytree(ROOT / "tests" / "data" / "tools" / tool, old)
    project.promptlib("import", tool, "old/structure.sql" if tool == "rails" else "old", "--yes")
    own = Project(project.folder, database.url)
    own.promptlib("migrate", "+1")
    first = min((project.folder / "sql").iterdir())
    origin = read_origin(first.read_bytes())
    assert origin
    leave_database(tool, database, origin.versions)
    step(ground, project, "promptlib migrate", ok=False)
    step(ground, project, "promptlib status", "promptlib adopt --yes --no-compare")
    step(ground, project, "promptlib status", "promptlib migrate --dry-run")


def test_databases_for_the_tests_of_an_application(ground: Traps, project: Project) -> None:
    (project.folder / "test_it.py").write_text(_TEST)
    with ground.watched() as steps:
        run(
            "pytest",
            *("-q", "-p", "no:cacheprovider", "--promptlib-scratch", project.url, "test_it.py"),
            folder=project.folder,
        )
    assert steps.into == {}
    assert steps.parsed


def test_migrations_that_may_be_merged(ground: Traps, project: Project) -> None:
    step(ground, project, f"promptlib check --database --scratch {project.url}", ok=False)


def test_views_and_rules_in_the_way(ground: Traps, project: Project, database: Database) -> None:
    """The server itself looks for these by SQL, with operators that it does not write in full."""
    project.promptlib("migrate")
    database.query(_IN_THE_WAY)
    write_model(project, _MODEL)
    step(ground, project, "alembic -x safe=no revision --autogenerate -m more")
