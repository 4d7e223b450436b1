"""Which section a deploy runs for a step: its file's, or the one that the ledger keeps."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import LedgerError, MissingMigrationError
from promptlib.core.events import Event, Kind
from promptlib.engine.context import Connections, DeployContext
from promptlib.engine.sections import Sections
from promptlib.engine.watcher import Watcher
from promptlib.ledger.state import read_ledger
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import compare_status
from support import inside
from support.projects import full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

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


def sections(project: Project, connection: Connection, told: list[Event]) -> Sections:
    """The sections of a deploy that begins now."""
    with connection.cursor() as cursor:
        ledger = read_ledger(cursor, "")
    status = compare_status(MigrationFiles(project.folder / "sql"), ledger)
    context = DeployContext(
        Connections(connection, lambda: connection),
        Settings(),
        LedgerSql(ledger.schema),
        Watcher(lambda: connection, connection, interruptible=False),
        told.append,
    )
    return Sections(context, status)


def test_what_is_as_it_ran_is_the_file_s(ran: Project, connection: Connection) -> None:
    told: list[Event] = []
    found = sections(ran, connection, told)
    assert found.find(full(2), "up").section.text == "CREATE TABLE b ();"
    assert found.find(full(1), "down").section.text == "DROP TABLE a;"
    assert (found.is_applied(full(1)), found.is_applied(full(2))) == (True, False)
    assert told == []


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_is_not_is_the_ledger_s(
    ran: Project,
    connection: Connection,
    *,
    is_gone: bool,
) -> None:
    ran.add(1, "CREATE TABLE a (i int);", "DROP TABLE another;")
    if is_gone:
        (ran.folder / "sql" / f"{full(1)}_x.sql").unlink()
    told: list[Event] = []
    step = sections(ran, connection, told).find(full(1), "down")
    assert step.section.text == "DROP TABLE a;"
    (warning,) = told
    assert (warning.kind, warning.version, warning.direction) == (Kind.WARNING, full(1), "down")
    why = "is gone" if is_gone else "was edited after it ran here"
    assert f"{why}: running the DOWN section that the ledger keeps" in warning.message


@pytest.mark.parametrize(
    ("kept", "kind"), [("''", MissingMigrationError), ("'no section'", LedgerError)]
)
def test_what_the_ledger_keeps_may_be_none(
    ran: Project,
    database: Database,
    connection: Connection,
    kept: str,
    kind: type[MissingMigrationError | LedgerError],
) -> None:
    (ran.folder / "sql" / f"{full(1)}_x.sql").unlink()
    database.query(f"UPDATE migrations SET down_sql = {kept}")
    with pytest.raises(kind):
        sections(ran, connection, []).find(full(1), "down")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_without_file_and_row_there_is_none(
    ran: Project, connection: Connection, direction: str
) -> None:
    with pytest.raises(MissingMigrationError, match="was cut off halfway, and its file is gone"):
        sections(ran, connection, []).find(full(9), direction)
