"""`--name SECTION`: one alembic.ini, several sections, as Alembic has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.projects import ONE, TWO, Project

if TYPE_CHECKING:
    from support.databases import Database

_SECTION = """
[tenants]
script_location = %(here)s/alembic
sql_location = %(here)s/tenants
version_table_schema = tenants
late_migrations = apply
"""


@pytest.fixture
def both(three: Project, database: Database) -> Project:
    """A project with three migrations, and two others in a section of their own."""
    database.query("CREATE SCHEMA tenants")
    folder = three.folder / "tenants"
    folder.mkdir()
    for version, table in ((ONE, "x"), (TWO, "y")):
        text = (
            f"-- UP\nCREATE TABLE tenants.{table} (i int);\n-- DOWN\nDROP TABLE tenants.{table};\n"
        )
        (folder / f"{version}_make_{table}.sql").write_text(text)
    with (three.folder / "alembic.ini").open("a") as file:
        file.write(_SECTION)
    return three


def test_a_section_has_files_and_settings_of_its_own(both: Project, database: Database) -> None:
    both.promptlib("-n", "tenants", "migrate")
    assert "2 migrations: 2 executed" in both.promptlib("status", "--name", "tenants").stdout
    assert "3 migrations: 3 pending" in both.promptlib("status").stdout
    assert "3 migrations: 3 pending" in both.promptlib("-n", "alembic", "status").stdout
    assert database.value("SELECT count(*) FROM tenants.migrations") == 2
    both.promptlib("migrate")
    assert database.value("SELECT count(*) FROM migrations") == 3
    assert database.value("SELECT version_num FROM tenants.alembic_version") == TWO


def test_what_alembic_does_is_done_on_the_section(both: Project) -> None:
    both.promptlib("--name", "tenants", "migrate", ONE)
    shown = both.promptlib("--name", "tenants", "migrate", "--dry-run")
    assert f"would run  {TWO}  make y" in shown.stderr
    assert "CREATE TABLE tenants.y" in shown.stdout
    assert both.alembic("-n", "tenants", "current").stdout.startswith(ONE)
    both.promptlib("rollback", "--name", "tenants", "-n", "1")
    assert "2 pending" in both.promptlib("-n", "tenants", "status").stdout
    (both.folder / "alembic" / "script.sql.mako").write_text(
        "-- UP\n${'SELECT 1;'}\n-- DOWN\nSELECT 1;\n"
    )
    assert both.promptlib("new", "another", "--name", "tenants").stdout.startswith("tenants/")


def test_options_of_another_section_do_not_hold(both: Project) -> None:
    with (both.folder / "alembic.ini").open("a") as file:
        file.write("[strict]\nsql_location = sql\nlock_attempts = many\n")
    assert "3 pending" in both.promptlib("status").stdout
    refused = both.promptlib("-n", "strict", "status", ok=False)
    assert refused.stderr.startswith("alembic.ini: lock_attempts cannot be 'many'")


def test_a_section_that_is_not_there(both: Project) -> None:
    for words in (["-n", "tenant", "status"], ["new", "x", "--name", "tenant"]):
        refused = both.promptlib(*words, ok=False)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == (
            "alembic.ini: there is no section [tenant]; write it, or name another with --name\n"
        )


def test_a_section_without_migrations(both: Project) -> None:
    with (both.folder / "alembic.ini").open("a") as file:
        file.write("[empty]\n")
    refused = both.promptlib("-n", "empty", "status", ok=False)
    assert refused.stderr == (
        "alembic.ini: sql_location is not set; set it to the folder of the migrations in the "
        "section [empty]\n"
    )


def test_pyproject_toml_has_no_sections(both: Project) -> None:
    (both.folder / "alembic.ini").unlink()
    (both.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
    )
    assert "3 pending" in both.promptlib("-n", "alembic", "status").stdout
    refused = both.promptlib("-n", "tenants", "status", ok=False)
    assert refused.stderr == (
        "pyproject.toml: [tool.alembic] has no sections, so none is [tenants]; leave --name out, "
        "or write the section into alembic.ini\n"
    )


def test_a_section_beside_pyproject_toml(both: Project) -> None:
    """As Alembic reads them: what the section does not set, [tool.alembic] does."""
    (both.folder / "alembic.ini").write_text("[tenants]\nsql_location = %(here)s/tenants\n")
    (both.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nsql_location = "%(here)s/sql"\n'
        'version_table_schema = "tenants"\n'
    )
    assert "3 pending" in both.promptlib("status").stdout
    both.promptlib("-n", "tenants", "migrate")
    assert both.alembic("-n", "tenants", "current").stdout.startswith(TWO)
