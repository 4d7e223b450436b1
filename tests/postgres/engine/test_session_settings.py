"""What a section sets ends with it, whoever sets it and however."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import inside

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_NEXT = "CREATE TABLE public.seen AS SELECT {} AS v;"


@pytest.mark.usefixtures("powerless")
@pytest.mark.parametrize(
    ("up", "setting", "expected"),
    [
        ("SET ROLE powerless; CREATE TABLE t (i int);", "current_user", "postgres"),
        (
            "SET SESSION AUTHORIZATION powerless; CREATE TABLE t (i int);",
            "session_user",
            "postgres",
        ),
        (
            "SET SESSION AUTHORIZATION powerless; SET work_mem = '1MB';",
            "current_setting('work_mem')",
            "4MB",
        ),
        (
            "DO $$ BEGIN SET statement_timeout = '50s'; END $$;",
            "current_setting('statement_timeout')",
            "0",
        ),
        (
            "DO $$ BEGIN SET search_path = ''; END $$;",
            "current_setting('search_path')",
            '"$user", public',
        ),
        ("SET LOCAL work_mem = '1MB';", "current_setting('work_mem')", "4MB"),
        ("SELECT set_config('work_mem', '1MB', false);", "current_setting('work_mem')", "4MB"),
        ("RESET ALL;", "current_setting('application_name')", "promptlib"),
    ],
)
def test_the_next_migration_does_not_see_it(
    project: Project, database: Database, up: str, setting: str, expected: str
) -> None:
    for options in ("", " transaction:false"):
        project.write("20250101000001_x.sql", f"-- UP{options}\n{up}\n-- DOWN\nSELECT 1;\n")
        project.add(2, _NEXT.format(setting), "DROP TABLE seen;")
        inside.alembic(project, "upgrade", "head")
        assert database.value("SELECT v FROM seen") == expected
        database.query("DROP TABLE IF EXISTS t")
        inside.alembic(project, "downgrade", "base")


def test_data_loss_is_allowed_by_the_user_alone(project: Project, database: Database) -> None:
    """A DOWN that allows itself to lose data does not allow it to those before it."""
    project.add(
        1,
        "SELECT 1;",
        "CREATE TABLE seen AS SELECT current_setting('promptlib.allow_data_loss', true) AS v;",
    )
    project.add(2, "SELECT 1;", "SET promptlib.allow_data_loss = 'on';")
    inside.alembic(project, "upgrade", "head")
    inside.alembic(project, "downgrade", "base")
    assert database.value("SELECT v FROM seen") in {None, ""}
