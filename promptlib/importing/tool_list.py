"""Every tool whose migrations can be imported: this list, and a module for each in `tools/`."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.importing.tools import (
    dbmate,
    flyway,
    golang_migrate,
    goose,
    node_pg_migrate,
    plain_alembic,
    rails,
    sql_migrate,
    sqlx,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptlib.importing.source import SourceFolder


class Tool(NamedTuple):
    """A tool.

    Attributes:
        name: as it is named on the command line.
        usual: where its migrations are when nobody says so.
        read: reads such a folder, or file.
        what: what it finds there, in words.
    """

    name: str
    usual: tuple[str, ...]
    read: Callable[[Path], SourceFolder]
    what: str


_FLYWAYS = ("src/main/resources/db/migration", "sql", "migrations")
TOOLS = (
    Tool("dbmate", ("db/migrations",), dbmate.read_folder, "20240102030405_name.sql"),
    Tool("goose", ("migrations", "db/migrations"), goose.read_folder, "00001_name.sql"),
    Tool(
        "golang-migrate",
        ("migrations", "db/migrations"),
        golang_migrate.read_folder,
        "1_name.up.sql",
    ),
    Tool("flyway", _FLYWAYS, flyway.read_folder, "V1__name.sql"),
    Tool("sql-migrate", ("migrations",), sql_migrate.read_folder, "1_name.sql"),
    Tool("sqlx", ("migrations",), sqlx.read_folder, "1_name.sql or 1_name.up.sql"),
    Tool("node-pg-migrate", ("migrations",), node_pg_migrate.read_folder, "1717171717171_name.sql"),
    Tool("rails", ("db",), rails.read_folder, "structure.sql"),
    Tool("alembic", (".",), plain_alembic.read_folder, "versions/1975ea83b712_name.py"),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
