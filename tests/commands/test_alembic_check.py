"""`alembic check`: the model against the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database


def test_check_compares_the_model_with_the_database(tmp_path: Path, migrated: Database) -> None:
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    assert project.alembic("check").stdout == "No new upgrade operations detected.\n"
    migrated.query("ALTER TABLE users DROP CONSTRAINT users_role_check")
    refused = project.alembic("check", ok=False)
    assert "users_role_check" in refused.stdout + refused.stderr


def test_check_passes_over_the_tables_of_other_components(
    tmp_path: Path, migrated: Database
) -> None:
    for name in ("prompts", "ratings", "sessions"):
        migrated.query(f"CREATE TABLE {name} (user_id uuid REFERENCES users)")
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    assert project.alembic("check").stderr == ""
    migrated.query("CREATE TABLE unknown (i int)")
    assert "unknown" in project.alembic("check").stderr


def test_check_before_upgrade_says_so(three: Project) -> None:
    result = three.alembic("check", ok=False)
    assert result.stderr == (
        "the database is not up to date: it is at base, the newest migration is 20250102000003; "
        "run what is pending first: alembic upgrade head\n"
    )
