"""Readiness: whether a deploy could run, and what stands in its way; nothing is written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from promptlib.config.settings import Settings
from promptlib.core.errors import LateMigrationError
from promptlib.plan.readiness import Readiness, check_readiness
from promptlib.plan.reading import MigrationFiles
from promptlib.postgres.url import parse_url
from support import inside
from support.projects import full

if TYPE_CHECKING:
    from promptlib.core.errors import PromptlibError
    from support.databases import Database
    from support.projects import Project


def looked(
    project: Project, database: Database, settings: Settings, role: str = ""
) -> tuple[Readiness, list[PromptlibError]]:
    files = MigrationFiles(project.folder / "sql")
    with contextlib.closing(database.connect()) as connection:
        if role:
            connection.cursor().execute(f"SET SESSION AUTHORIZATION {role}")
        connection.autocommit = False
        return check_readiness(connection, parse_url(database.url, "test"), files, settings)


def test_an_empty_database(project: Project, database: Database) -> None:
    project.add(1, "SELECT 1;")
    project.add(2, "SELECT 1;")
    found, problems = looked(project, database, Settings())
    assert problems == []
    assert (found.database, found.current, found.pending) == (database.name, None, 2)
    assert (found.can_create, found.is_replica, found.pooler) == (True, False, False)
    assert database.server.name.rpartition("-")[2] in (
        "given",
        found.server_version.partition(".")[0],
    )
    assert found.latency_ms > 0
    assert database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_what_a_deploy_would_refuse(project: Project, database: Database) -> None:
    project.add(2, "SELECT 1;")
    inside.alembic(project, "upgrade", "head")
    project.add(1, "SELECT 1;")
    found, (problem,) = looked(project, database, Settings())
    assert (found.current, found.pending) == (full(2), 0)
    assert isinstance(problem, LateMigrationError)
    assert looked(project, database, Settings(late_migrations="apply"))[1] == []


def test_a_role_without_rights(project: Project, database: Database) -> None:
    project.add(1, "SELECT 1;")
    inside.alembic(project, "upgrade", "head")
    database.server.role("looks_only")
    # It may read, and neither make nor write anything.
    database.query("REVOKE CREATE ON SCHEMA public FROM public")
    database.query("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looks_only")
    found, problems = looked(project, database, Settings(), "looks_only")
    assert (found.user, found.can_create) == ("looks_only", False)
    assert [each.what for each in problems] == [
        "this user may create nothing in the schema public",
        (
            "this user may not write the ledger: it lacks "
            "DELETE ON alembic_version, INSERT ON alembic_version, UPDATE ON alembic_version, "
            "INSERT ON migration_deploys, UPDATE ON migration_deploys, INSERT ON migration_events, "
            "UPDATE ON migration_events, DELETE ON migrations, INSERT ON migrations, "
            "UPDATE ON migrations"
        ),
    ]
