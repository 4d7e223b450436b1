"""Which database a command reaches: where two are named, none, a service, or what libpq adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib import ConfigurationError, Migrator
from support.projects import Project, run

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database


@pytest.fixture
def alone(tmp_path: Path) -> Project:
    """A project of one migration that asks for no embedded server; no DATABASE_URL is set."""
    made = Project.copy(tmp_path)
    made.configure(embedded="false")
    made.add(1, "CREATE TABLE made (i int);", "DROP TABLE made;")
    return made


def test_where_two_are_named_nobody_deploys(
    alone: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone.configure(**{"sqlalchemy.url": database.url})
    other = "postgresql://u:secret@127.0.0.1:1/other"
    shown = alone.promptlib("db", "show", DATABASE_URL=other)
    assert shown.stdout.startswith(f"{database.url}  PostgreSQL")
    assert "from alembic.ini" in shown.stdout
    assert "the first is looked at" in shown.stderr
    for words in ("migrate", "rollback", "repair", "adopt", "db create", "db drop --yes"):
        refused = alone.promptlib(*words.split(), ok=False, DATABASE_URL=other)
        assert refused.stderr == (
            f"alembic.ini: sqlalchemy.url is {database.url}, and DATABASE_URL of the environment "
            "is postgresql://u@127.0.0.1:1/other; take one out, or say which is meant: --url URL\n"
        )
    assert database.tables() == set()
    alone.promptlib("--url", database.url, "migrate", DATABASE_URL=other)
    alone.promptlib("rollback", DATABASE_URL=database.url.replace("//", "//", 1))
    alone.promptlib("migrate")
    assert "made" in database.tables()

    monkeypatch.setenv("DATABASE_URL", other)
    ini = str(alone.folder / "alembic.ini")
    with Migrator(config=ini) as migrator:
        for refused_one in (migrator.migrate, migrator.rollback):
            with pytest.raises(ConfigurationError, match=r"say which is meant: url=\.\.\.$"):
                refused_one()
        assert migrator.status().current
    with Migrator(database.url, config=ini) as migrator:
        assert migrator.rollback().ran


def test_a_project_that_asks_for_no_server_gets_none(alone: Project) -> None:
    for program, *words in ("alembic", "upgrade", "head"), ("promptlib", "migrate"):
        said = run(program, *words, ok=False, folder=alone.folder)
        assert said.stderr.startswith(
            "alembic.ini: no database: neither DATABASE_URL nor sqlalchemy.url is set; set DATA"
        )
    alone.configure(embedded="true")  # and what a lost secret leaves is no reason to start one
    for program, *words in ("alembic", "upgrade", "head"), ("promptlib", "migrate"):
        said = run(program, *words, ok=False, folder=alone.folder, DATABASE_URL="")
        assert said.stderr.startswith("the environment: DATABASE_URL is empty; write postgresql:")
    assert not (alone.folder / ".promptlib").exists()


def test_what_a_service_or_the_environment_says(alone: Project, database: Database) -> None:
    given = database.server.parameters(dbname=database.name)
    services = alone.folder / "services"
    lines = "".join(f"{key}={value}\n" for key, value in given.items())
    services.write_text(f"[here]\n{lines}", encoding="utf-8")
    service = {"DATABASE_URL": "postgresql:///?service=here", "PGSERVICEFILE": str(services)}
    alone.promptlib("migrate", ok=True, **service)
    assert "made" in database.tables()
    assert alone.promptlib("db", "show", ok=True, **service).stdout.startswith(
        f"{database.url}  Post"
    )
    alone.alembic("downgrade", "base", ok=True, **service)
    dropped = alone.promptlib("db", "drop", ok=False, **service).stderr
    assert dropped.startswith(f"removes {database.url}: ")

    variables = {"PGDATABASE": given.pop("dbname")}
    variables |= {f"PG{key.upper()}": value for key, value in given.items()}
    alone.promptlib("migrate", ok=True, **variables, DATABASE_URL="postgresql://")
    assert "made" in database.tables()
    said = alone.promptlib("status", ok=False, DATABASE_URL="postgresql:///?service=gone")
    assert 'definition of service "gone" not found; check the service in DATABASE' in said.stderr
