"""databases: one is migrated, and the others are copies of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest
import sqlalchemy
from psycopg2.extensions import parse_dsn

from promptlib.config.project import read_project
from promptlib.core.errors import ConfigurationError
from promptlib.postgres.target import Target
from promptlib.testing.databases import MigratedDatabase, MigratedDatabases
from promptlib.verify.place import ScratchPlace

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.config.project import Project as Configured
    from support.databases import Database
    from support.projects import Project

_STARTED = "SELECT started_at FROM migration_events ORDER BY 1 LIMIT 1"


@pytest.fixture
def configured(three: Project) -> Configured:
    """A project of three migrations."""
    return read_project(str(three.folder / "alembic.ini"), {}, "")


@pytest.fixture
def place(database: Database) -> ScratchPlace:
    """The test's server."""
    return ScratchPlace(
        Target(parse_dsn(database.url), "the test"), is_for_trials=True, is_given=True
    )


def value(made: MigratedDatabase, sql: str) -> object:
    with contextlib.closing(made.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        connection.commit()
        return (cursor.fetchone() or (None,))[0] if cursor.description else None


def test_each_database_is_its_own_and_all_are_gone_in_the_end(
    configured: Configured, place: ScratchPlace, database: Database, tmp_path: Path
) -> None:
    with (
        MigratedDatabases(configured, place, tmp_path / "shared") as databases,
        MigratedDatabases(configured, place, tmp_path / "shared") as of_another_process,
    ):
        one, two, three = databases.create(), databases.create(), of_another_process.create()
        value(one, "INSERT INTO a VALUES (1)")
        assert [value(each, "SELECT count(*) FROM a") for each in (one, two, three)] == [1, 0, 0]
        assert value(one, _STARTED) == value(three, _STARTED)  # they ran once
        engine = sqlalchemy.create_engine(two.sqlalchemy_url(), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT current_database()").scalar() == two.name
        with contextlib.closing(psycopg2.connect(two.url)):
            databases.drop(two)  # whoever is connected to it
        names = [each.name for each in (one, two, three)]
        left = "SELECT count(*) FROM pg_database WHERE datname = ANY (%s)"
        assert database.value(left, names) == 2
    assert database.value(left, names) == 0


def test_who_made_the_first_one_may_have_ended(
    configured: Configured, place: ScratchPlace, tmp_path: Path
) -> None:
    with MigratedDatabases(configured, place, tmp_path / "shared"):
        pass
    with MigratedDatabases(configured, place, tmp_path / "shared") as databases:
        assert value(databases.create(), "SELECT count(*) FROM c") == 0


def test_a_user_who_may_make_no_database(
    configured: Configured, place: ScratchPlace, database: Database
) -> None:
    database.server.role("looker", "LOGIN")
    database.query(f"ALTER DATABASE {database.name} OWNER TO looker")
    theirs = Target({**place.target.parameters, "user": "looker"}, "the test")
    with (
        pytest.raises(ConfigurationError, match="looker may make no databases on "),
        MigratedDatabases(configured, place._replace(target=theirs)),
    ):
        pass


@pytest.mark.parametrize(
    ("parameters", "url", "asyncpgs"),
    [
        ({"host": "h", "port": "1", "user": "u", "password": "p@:/"}, "u:p%40%3A%2F@h:1/a%20b", ""),
        ({"host": "/run/x", "user": "u"}, "u@/a%20b?host=%2Frun%2Fx", ""),
        ({"host": "h,i", "port": "1,2"}, "/a%20b?host=h%2Ci&port=1%2C2", ""),
        ({"host": "::1", "port": "1"}, "/a%20b?host=%3A%3A1&port=1", ""),
        ({"host": "h", "port": "1", "hostaddr": "127.0.0.1"}, "h:1/a%20b", ""),
        ({"hostaddr": "127.0.0.1", "port": "1"}, "127.0.0.1:1/a%20b", ""),
        (
            {"host": "h", "port": "1", "sslmode": "require", "connect_timeout": "3"},
            "h:1/a%20b?sslmode=require&connect_timeout=3",
            "h:1/a%20b?ssl=require",
        ),
        ({}, "/a%20b", ""),
    ],
)
def test_addresses(parameters: dict[str, str], url: str, asyncpgs: str) -> None:
    made = MigratedDatabase(Target({**parameters, "dbname": "a b"}, "x"))
    assert made.url == f"postgresql://{url}"
    assert made.sqlalchemy_url("asyncpg") == f"postgresql+asyncpg://{asyncpgs or url}"
    if "hostaddr" not in parameters:
        assert parse_dsn(made.url) == {**parameters, "dbname": "a b"}
