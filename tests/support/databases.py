"""One database of a test, and the project's commands run against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import psycopg2
from sqlalchemy import NullPool, create_engine

from promptlib.ledger.names import LedgerNames
from support.projects import ROOT, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from sqlalchemy import Engine

    from support.servers import Server


@dataclass
class Database:
    """A database that is the test's own."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """What a user would put into DATABASE_URL."""
        return urlsplit(self.server.url)._replace(path=f"/{self.name}").geturl()

    def connect(self) -> psycopg2.extensions.connection:
        """A new connection, in autocommit."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return connection

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query on a connection of its own; none for a statement without rows."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row of a query."""
        return self.query(sql, *values)[0][0]

    def only_to_read(self) -> Self:
        """Let nobody write from now on, for what many tests read; its clones are as any."""
        self.server.execute(f'ALTER DATABASE "{self.name}" SET default_transaction_read_only = on')
        return self

    def tables(self) -> set[str]:
        """The names of the tables in the schema public, but for the ledger's."""
        rows = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows} - {*LedgerNames().tables}

    @cached_property
    def engine(self) -> Engine:
        """A SQLAlchemy engine that keeps no connection open."""
        return create_engine(
            self.url.replace("postgresql://", "postgresql+psycopg2://", 1), poolclass=NullPool
        )

    def alembic(
        self, *arguments: str, ok: bool = True, project: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run `alembic` in a project against this database; see `run`."""
        return run("alembic", *arguments, ok=ok, folder=project, DATABASE_URL=self.url)

    def promptlib(
        self, *arguments: str, ok: bool = True, project: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run `promptlib` likewise."""
        return run("promptlib", *arguments, ok=ok, folder=project, DATABASE_URL=self.url)
