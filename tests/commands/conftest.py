"""Projects of three migrations, for whoever needs some history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg2 import sql

from support.projects import ONE, TWO, Project
from support.servers import PASSWORD, PASSWORD_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project


@pytest.fixture
def secretive(database: Database) -> Iterator[None]:
    """Let a role migrate that has to give an odd password."""
    if not database.server.data:
        pytest.skip("a given server may not ask for a password")
    name = sql.Identifier(PASSWORD_USER)
    with database.connect().cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD))
        )
        cursor.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(name))
        yield
        cursor.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


@pytest.fixture
def done(three: Project) -> Project:
    """A project whose migrations all ran."""
    three.promptlib("migrate")
    return three


@pytest.fixture
def drifted(three: Project) -> Project:
    """A project with a migration in each state."""
    three.promptlib("migrate", TWO)
    three.add(ONE, "CREATE TABLE a (i bigint);", "DROP TABLE a;", name="make_a")
    (three.folder / "sql" / f"{TWO}_make_b.sql").unlink()
    three.add("20250101000000", "SELECT 1;", name="forgotten")
    return three
