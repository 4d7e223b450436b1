"""Alembic's Python API: command.upgrade(Config("alembic.ini"), "head") and what surrounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine

from support.projects import THREE, TWO, run

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

pytestmark = pytest.mark.servers("newest")


def test_the_python_api(three: Project, database: Database) -> None:
    config = Config(three.folder / "alembic.ini", attributes={"connection": database.engine})
    command.upgrade(config, "head")
    assert {"a", "b", "c"} <= database.tables()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    assert "c" not in database.tables()
    assert ScriptDirectory.from_config(config).get_current_head() == THREE


def test_the_python_api_finds_the_database_itself(three: Project, database: Database) -> None:
    code = "from alembic import command as c; from alembic.config import Config as C; "
    code += "c.upgrade(C('alembic.ini'), 'head')"
    said = run("python", "-c", code, folder=three.folder, DATABASE_URL=database.url)
    assert said.stdout + said.stderr == ""
    assert {"a", "b", "c"} <= database.tables()


def test_a_caller_s_open_transaction_is_his_to_commit(three: Project, database: Database) -> None:
    config = Config(three.folder / "alembic.ini")
    with database.engine.connect() as connection, connection.begin() as transaction:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        transaction.rollback()
    assert database.tables() == set()


def test_outside_a_transaction_is_refused_inside_a_caller_s(
    three: Project, database: Database
) -> None:
    three.write("20250103000000_x.sql", "-- UP transaction:false\nVACUUM;\n-- DOWN\nSELECT 1;\n")
    config = Config(three.folder / "alembic.ini")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match="transaction:false needs a connection without"):
            command.upgrade(config, "head")


def test_commands_one_after_the_other_on_one_connection(three: Project, database: Database) -> None:
    config = Config(three.folder / "alembic.ini")
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "+1")
        command.upgrade(config, "head")
        command.downgrade(config, "-1")
        command.stamp(config, "base")
        command.stamp(config, TWO)
    assert database.tables() == {"alembic_version", "a", "b"}
    assert database.value("SELECT version_num FROM alembic_version") == TWO


def test_a_connection_in_autocommit_is_refused(three: Project, database: Database) -> None:
    engine = create_engine(database.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    config = Config(three.folder / "alembic.ini", attributes={"connection": engine})
    with pytest.raises(CommandError, match="the connection is in autocommit"):
        command.upgrade(config, "head")
    assert database.tables() == set()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://", 'attributes["connection"] is a str'),
        (create_engine("sqlite://"), "migrations run on psycopg2, not on pysqlite"),
    ],
)
def test_what_is_no_connection_of_psycopg2_s(three: Project, given: object, expected: str) -> None:
    config = Config(three.folder / "alembic.ini", attributes={"connection": given})
    with pytest.raises(CommandError) as caught:
        command.upgrade(config, "head")
    assert str(caught.value) == (
        f'{expected}; pass create_engine("postgresql+psycopg2://...") or a connection of it, or '
        "leave it out and set sqlalchemy.url"
    )
