"""`promptlib migrate`: what runs, what a dry run shows, and which late migrations wait."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from support.ledgers import states
from support.projects import ONE, THREE, TWO, Project

if TYPE_CHECKING:
    import pytest

    from support.databases import Database
    from support.projects import Project

_LATE = "20250101000000"


def _run_by_psql(database: Database, sql: str) -> None:
    program = database.server.program("psql")
    command = [program, "--set", "ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", database.url]
    subprocess.run(command, input=sql, check=True, encoding="utf-8", stdout=subprocess.DEVNULL)


def test_migrate_says_where_the_database_stands(three: Project) -> None:
    assert three.promptlib("migrate").stderr.endswith(f"the database is at {THREE} (head)\n")
    again = three.promptlib("migrate")
    assert (again.stdout, again.stderr) == ("", f"the database is at {THREE} (head)\n")
    assert three.promptlib("-q", "migrate").stderr == ""


def test_a_dry_run_shows_what_would_run_and_changes_nothing(
    three: Project, database: Database
) -> None:
    three.promptlib("migrate", ONE)
    before = database.query("SELECT * FROM migration_events")
    dry = three.promptlib("migrate", TWO, "--dry-run")
    assert dry.stderr == f"would run  {TWO}  make b\n"
    # It names the schema where it found the ledger; a script that looks at nothing cannot.
    script = three.alembic("upgrade", f"{ONE}:{TWO}", "--sql").stdout
    assert dry.stdout.replace('"public".', "") == script
    assert "make c" in three.promptlib("migrate", "--dry-run").stderr
    assert "make c" not in three.promptlib("migrate", "+1", "--dry-run").stderr
    assert "a" in database.tables()
    assert "b" not in database.tables()
    assert database.query("SELECT * FROM migration_events") == before
    _run_by_psql(database, dry.stdout)
    assert set(states(three).values()) == {"executed", "pending"}
    nothing = three.promptlib("migrate", ONE, "--dry-run")
    assert (nothing.stdout, nothing.stderr) == (
        "",
        f"nothing would run; the database is at {TWO}\n",
    )


def test_a_dry_run_holds_late_migrations_too(three: Project, database: Database) -> None:
    three.promptlib("migrate", TWO)
    three.add(_LATE, "CREATE TABLE late (n text DEFAULT 'a:b%');", "DROP TABLE late;", name="late")
    refused = three.promptlib("migrate", "--dry-run", ok=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "never ran here" in refused.stderr
    dry = three.promptlib("migrate", "--dry-run", "--late", "apply")
    assert dry.stderr == f"would run  {_LATE}  late  (late)\nwould run  {THREE}  make c\n"
    _run_by_psql(database, dry.stdout)
    assert {"late", "c"} <= database.tables()
    assert set(states(three).values()) == {"executed"}
    assert three.promptlib("migrate").stderr == f"the database is at {THREE} (head)\n"


def test_late_migrations_run_when_they_are_asked_for(done: Project, database: Database) -> None:
    done.add(_LATE, "CREATE TABLE late (i int);", "DROP TABLE late;")
    assert done.promptlib("migrate", ok=False).returncode == 2
    done.promptlib("migrate", "--late", "apply")
    assert "late" in database.tables()
    done.configure(late_migrations="apply")
    done.add("20241231235959", "CREATE TABLE later (i int);")
    assert done.promptlib("migrate", "--late", "refuse", ok=False).returncode == 2
    done.promptlib("migrate")
    assert "later" in database.tables()


def test_a_cut_off_section_has_no_dry_run(three: Project) -> None:
    up = "-- UP transaction:false\nCREATE TABLE a (i int);\nSELECT 1/0;"
    three.write(f"{ONE}_make_a.sql", f"{up}\n-- DOWN\nDROP TABLE a;\n")
    three.promptlib("migrate", ok=False)
    refused = three.promptlib("migrate", "--dry-run", ok=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no script holds the rest" in refused.stderr


def test_promptlib_migrate(three: Project, database: Database) -> None:
    three.promptlib("migrate", "+2")
    assert {"a", "b"} <= database.tables()
    three.promptlib("migrate")
    assert "c" in database.tables()
    three.add("20250103000000", "SELECT 1/0;")
    failed = three.promptlib("migrate", ok=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith("sql/20250103000000_x.sql:2:1: division by zero")


def test_promptlib_where_pyproject_toml_alone_is_the_configuration(
    three: Project, database: Database
) -> None:
    (three.folder / "alembic.ini").unlink()
    (three.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
    )
    three.promptlib("migrate")
    assert {"a", "b", "c"} <= database.tables()


def test_a_package_carries_its_migrations(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its wheel is enough: no file of the project is where the command runs."""
    project.add(1, "CREATE TABLE a ();", "DROP TABLE a;")
    installed = tmp_path_factory.mktemp("installed")
    shutil.copytree(project.folder, installed / "ourapp_of_test")
    (installed / "ourapp_of_test" / "__init__.py").touch()
    project.folder = tmp_path_factory.mktemp("elsewhere")
    config = ("--config", "ourapp_of_test:alembic.ini")
    said = project.promptlib(*config, "migrate", PYTHONPATH=str(installed)).stderr
    assert f"upgrade   {ONE}" in said
    ini = "[alembic]\nscript_location = ourapp_of_test:alembic\nsql_location = {}:sql\n"
    (project.folder / "alembic.ini").write_text(ini.format("ourapp_of_test"))
    said = project.alembic("downgrade", "base", PYTHONPATH=str(installed)).stderr
    assert f"downgrade {ONE}" in said
    (project.folder / "alembic.ini").write_text(ini.format("no_such_app"))
    for run in (project.alembic, project.promptlib):
        said = run("history", ok=False, PYTHONPATH=str(installed)).stderr
        assert "no_such_app:sql is in no package no_such_app that this Python has" in said
