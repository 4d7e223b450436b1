"""Where a database stands while no deploy runs, for who writes its ledger by hand."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.interrupts import queries_interruptible
from promptlib.files.directory import list_migrations
from promptlib.ledger import state as ledger
from promptlib.ledger.lock import hold_lock, lock_key
from promptlib.ledger.state import read_ledger
from promptlib.ledger.tables import VERSION_TABLE
from promptlib.plan.status import compare_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.project import Project
    from promptlib.plan.status import Standing
    from promptlib.postgres.target import Target


class Undisturbed(NamedTuple):
    """A database that no deploy changes now: where it stands, and a connection to write on."""

    standing: Standing
    connection: Connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Cursor]:
        """A transaction; it is committed unless something is raised."""
        self.connection.set_session(isolation_level="DEFAULT", readonly=False)
        with queries_interruptible(), self.connection, self.connection.cursor() as cursor:
            yield cursor

    def make_ledger(self, cursor: Cursor) -> None:
        """Make the ledger where it is not, and fill it where migrations ran before."""
        found = self.standing
        before = (each for key, each in found.migrations.items() if key <= found.current)
        ledger.make_ledger(cursor, found.ledger, before)


@contextlib.contextmanager
def look(project: Project, target: Target) -> Iterator[Undisturbed]:
    """Hold the deploy lock, and compare the files with the database.

    Raises:
        PromptlibError: when another deploy does not end in time.
    """
    with contextlib.closing(target.connect()) as connection:
        found = read_ledger(connection.cursor(), project.settings.version_table_schema)
        connection.rollback()
        number = lock_key(found.schema, VERSION_TABLE)
        with hold_lock(target.connect, number, project.settings.deploy_wait):
            files = list_migrations(project.sql)
            yield Undisturbed(compare_files(project, target, connection, files), connection)
