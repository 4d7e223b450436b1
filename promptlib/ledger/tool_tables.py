"""The tables in which other migration tools remember what ran: how to know and read them.

Each is read as rows of a version, a time and what else its tool keeps; what those mean is said in
tool_history.py. Sources: the tools' own documentation and the tables that they make.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.tables import UTC
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Collection

_TRUE = "true"


class ToolTable(NamedTuple):
    """A table of another tool.

    Attributes:
        tool: as it is named on the command line.
        name: of the table, unless it was configured otherwise.
        version: the column of what the tool calls a version.
        order: that of the order in which rows were written.
        time: that of when it ran; empty: there is none.
        well: an expression, whether it ran well.
        kind: the column of what else the tool keeps; empty: nothing that matters.
        lacks: a column that it has not, but another tool's table of that name.
    """

    tool: str
    name: str
    version: str
    order: str
    time: str = ""
    well: str = _TRUE
    kind: str = ""
    lacks: str = ""

    def has(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns is one."""
        named = {self.version, self.order, self.time, self.kind, self.well.removeprefix("NOT ")}
        return named - {"", _TRUE} <= {*columns} and self.lacks not in columns

    def query(self, table: str) -> str:
        """Its rows: the version, the time, whether it ran well, what kind it is.

        Args:
            table: its name, quoted where it has to be.
        """
        time = UTC.format(self.time) if self.time else "NULL"
        kind = f"{self.kind}::pg_catalog.text" if self.kind else "NULL"
        return (
            f"SELECT {self.version}::pg_catalog.text, {time}, {self.well}, {kind}"
            f" FROM ONLY {table} ORDER BY {self.order}"
        )


_SCHEMA_MIGRATIONS = "schema_migrations"
TOOL_TABLES = (
    ToolTable("dbmate", _SCHEMA_MIGRATIONS, "version", "version", lacks="dirty"),
    ToolTable("rails", _SCHEMA_MIGRATIONS, "version", "version", lacks="dirty"),
    ToolTable("golang-migrate", _SCHEMA_MIGRATIONS, "version", "version", well="NOT dirty"),
    ToolTable("goose", "goose_db_version", "version_id", "id", "tstamp", kind="is_applied"),
    ToolTable(
        *("flyway", "flyway_schema_history", "version", "installed_rank", "installed_on"),
        well="success",
        kind="type",
    ),
    ToolTable("sql-migrate", "gorp_migrations", "id", "id", "applied_at"),
    ToolTable("sqlx", "_sqlx_migrations", "version", "version", "installed_on", well="success"),
    ToolTable("node-pg-migrate", "pgmigrations", "name", "id", "run_on"),
    ToolTable("alembic", "alembic_version", "version_num", "version_num"),
)


def visible_tool_tables() -> str:
    """The SQL that finds which of them the search_path leads to; Alembic's is ours, too."""
    names = ", ".join(sorted({quote_literal(each.name) for each in TOOL_TABLES[:-1]}))
    return (
        "SELECT relname::pg_catalog.text FROM pg_catalog.pg_class"
        f" WHERE relname OPERATOR(pg_catalog.=) ANY (ARRAY[{names}])"
        " AND pg_catalog.pg_table_is_visible(oid) ORDER BY relname"
    )
