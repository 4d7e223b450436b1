"""Which section a deploy runs for a step: its file's, or the one that the ledger keeps."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import MissingMigrationError
from promptlib.engine.kept_downs import KeptDown
from promptlib.engine.sections import Sections
from promptlib.files.parser import parse_section
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.reading import read_ledger
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import compare_status
from support import inside
from support.projects import full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

    from promptlib.plan.status import Status
    from support.databases import Database
    from support.projects import Project


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A deploy's connection."""
    with contextlib.closing(database.connect()) as made:
        yield made


@pytest.fixture
def ran(project: Project) -> Project:
    """A project of one migration that ran."""
    project.add(1, "CREATE TABLE a ();", "DROP TABLE a;")
    inside.alembic(project, "upgrade", "head")
    project.add(2, "CREATE TABLE b ();", "DROP TABLE b;")
    return project


def compared(project: Project, connection: Connection) -> Status:
    """Where the database stands."""
    with connection.cursor() as cursor:
        return compare_status(
            MigrationFiles(project.folder / "sql"), read_ledger(cursor, LedgerNames())
        )


def test_what_is_as_it_ran_is_the_file_s(ran: Project, connection: Connection) -> None:
    found = Sections(compared(ran, connection))
    assert found.find(full(2), "up").section.text == "CREATE TABLE b ();"
    assert found.find(full(1), "down").section.text == "DROP TABLE a;"
    assert (found.is_applied(full(1)), found.is_applied(full(2))) == (True, False)


def test_the_ledger_s_own_goes_before_the_file_s(ran: Project, connection: Connection) -> None:
    status = compared(ran, connection)
    section = parse_section("-- DOWN\nDROP TABLE another;\n")
    kept = KeptDown(full(1), status.files[full(1)].path, section.text, section, is_edited=True)
    found = Sections(status, {full(1): kept})
    assert found.find(full(1), "down").section.text == "DROP TABLE another;"
    assert found.find(full(1), "up").section.text == "CREATE TABLE a ();"


@pytest.mark.parametrize("direction", ["up", "down"])
def test_without_file_and_row_there_is_none(
    ran: Project, connection: Connection, direction: str
) -> None:
    with pytest.raises(MissingMigrationError, match="was cut off halfway, and its file is gone"):
        Sections(compared(ran, connection)).find(full(9), direction)
