"""The ledger's tables, and the SQL that makes and writes them, the same for us and for psql.

`migrations` has a row for each migration that is applied now, `migration_events` one for each
attempt. Who runs the SQL, and in which transaction, is left to others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptlib.files.parser import Migration
    from promptlib.files.section import Section

MIGRATIONS, EVENTS = TABLES = ("migrations", "migration_events")
VERSION_TABLE = "alembic_version"
# An author's search_path is in force where this runs: see promptlib/postgres/search_path.py.
EQUALS = "OPERATOR(pg_catalog.=)"
UP, DOWN = "up", "down"
# What our `migrations` has beyond the predecessor's.
ADDED = {
    "down_checksum": "varchar(64)",
    "down_sql": "pg_catalog.text",
    "execution_ms": "bigint",
    "executed_by": "pg_catalog.text",
}
# What `migration_events` has, and no other program's table of that name.
RECORDED = frozenset(("version", "direction", "outcome", "statements_done", "statements_checksum"))
# As Alembic makes it.
_VERSION = """CREATE TABLE IF NOT EXISTS {version} (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);"""
_EXTEND = "ALTER TABLE {migrations} {columns};"
# A time as text: SQL, to be filled in.
UTC = "pg_catalog.to_char({}::timestamp with time zone AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"


class Move(NamedTuple):
    """From one revision to another. Nothing stands for none."""

    before: str
    now: str

    def sql(self, table: str) -> str:
        """Set it as Alembic does."""
        before, now = map(quote_literal, self)
        if not self.before:
            return f"INSERT INTO {table} (version_num) VALUES ({now});"
        where = f"WHERE version_num {EQUALS} {before}"
        if not self.now:
            return f"DELETE FROM {table} {where};"
        return f"UPDATE {table} SET version_num = {now} {where};"

    def guarded(self, value: str, table: str) -> str:
        """An expression that is NULL, and not this value, where the revision is not what it was.

        Alembic would count the rows that it changed. The row is locked: nobody changes it between.
        """
        if not self.before:
            return f"CASE WHEN NOT EXISTS (SELECT FROM {table}) THEN {value} END"
        where = f"WHERE version_num {EQUALS} {quote_literal(self.before)}"
        return f"(SELECT {value} FROM {table} {where} FOR UPDATE)"


class Ran(NamedTuple):
    """How a section ran.

    Attributes:
        started: when, as an SQL expression.
        attempt: the id of the event that began it, or 0 where there is none yet.
        move: how the current revision changes with it, or None where somebody else sets that. If it
            is not as it was before, then no event is written: its version would be NULL.
    """

    started: str = "pg_catalog.now()"
    attempt: int = 0
    move: Move | None = None


_RAN = Ran()


def kept_section(section: Section) -> str:
    """A DOWN section with its marker, to be read again by migration.parse_section."""
    options = "" if section.transactional else " transaction:false"
    if section.lock_timeout:
        options += f" lock_timeout:{section.lock_timeout}"
    return f"-- DOWN{options}\n{section.text}\n"


class LedgerSql:
    """The SQL that makes and writes the ledger.

    Args:
        schema: where the tables are; empty: wherever the search_path leads, for psql.
    """

    def __init__(self, schema: str) -> None:
        prefix = '"' + schema.replace('"', '""') + '".' if schema else ""
        self.version = prefix + VERSION_TABLE
        self.migrations = prefix + MIGRATIONS
        self.events = prefix + EVENTS

    def create(self, *, extend: bool = False) -> str:
        """Make what is not there; `extend` gives the predecessor's table our columns."""
        columns = ", ".join(
            f"ADD COLUMN IF NOT EXISTS {name} {type_}" for name, type_ in ADDED.items()
        )
        from importlib import resources  # noqa: PLC0415 - slow to import, and rarely needed

        text = resources.files("promptlib.ledger").joinpath("ledger.sql").read_text("utf-8").strip()
        made = text.format(migrations=self.migrations, events=self.events)
        extended = _EXTEND.format(migrations=self.migrations, columns=columns)
        return f"{made}\n{extended}" if extend else made

    def create_version(self) -> str:
        """Make alembic_version where Alembic did not."""
        return _VERSION.format(version=self.version)

    def applied(self, migration: Migration, ran: Ran = _RAN) -> str:
        """Record that UP of a migration ran."""
        return (
            f"{self.done(migration.version, UP, ran)}\n"
            f"INSERT INTO {self.migrations} (id, name, checksum, down_checksum, down_sql,"
            " execution_ms, executed_by)\n"
            f"VALUES ({_facts(migration)},"
            " 1000 OPERATOR(pg_catalog.*) extract(epoch FROM"
            f" pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) ({ran.started})), session_user);"
        )

    def taken_back(self, version: str, ran: Ran = _RAN) -> str:
        """Record that DOWN ran."""
        done = self.done(version, DOWN, ran)
        return f"{done}\nDELETE FROM {self.migrations} WHERE id {EQUALS} {quote_literal(version)};"

    def done(self, version: str, direction: str, ran: Ran) -> str:
        """Record that a section ran, but for the row of its migration."""
        named, moved = quote_literal(version), ""
        if ran.move:
            named = ran.move.guarded(named, self.version)
            moved = f"\n{ran.move.sql(self.version)}"
        if ran.attempt:
            return (
                f"UPDATE {self.events} SET version = {named}, outcome = 'done',"
                f" finished_at = pg_catalog.clock_timestamp() WHERE id {EQUALS} {ran.attempt};{moved}"
            )
        return (
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" VALUES ({named}, '{direction}', {ran.started}, pg_catalog.clock_timestamp(), 'done');{moved}"
        )

    def failed(self, step: tuple[str, str], started: str, error: str, *, there: bool) -> str:
        """Record an attempt in a transaction, unless it was committed all the same.

        Args:
            step: its version and direction.
            started: when, as an SQL expression.
            error: what was said.
            there: whether the ledger had a row of this version before it.
        """
        version, direction = quote_literal(step[0]), step[1]
        as_before = "EXISTS" if there else "NOT EXISTS"
        return (
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome,"
            f" error) SELECT {version}, '{direction}', {started}, pg_catalog.clock_timestamp(),"
            f" 'failed', {quote_literal(error)}"
            f" WHERE {as_before} (SELECT FROM {self.migrations} WHERE id {EQUALS} {version});"
        )

    def declared(self, version: str, direction: str, outcome: str) -> str:
        """Record that somebody said where a migration stands."""
        return (
            f"INSERT INTO {self.events} (version, direction, finished_at, outcome)"
            f" VALUES ({quote_literal(version)}, '{direction}', pg_catalog.clock_timestamp(), '{outcome}');"
        )

    def took_over(
        self,
        migrations: Iterable[Migration],
        outcome: str,
        *,
        if_empty: bool = False,
        only_new: bool = False,
    ) -> str:
        """Record migrations as applied that did not run through us, nobody knows when.

        The checksums of a row that is there already are replaced by those of the files.

        Args:
            migrations: at least one.
            outcome: of their events: `stamped` or `adopted`.
            if_empty: do so only where the ledger has no row of ours.
            only_new: leave alone those of which it has one.
        """
        rows = ",\n    ".join(
            f"({_facts(each)}, NULL::timestamp with time zone)" for each in migrations
        )
        ours = f"SELECT FROM {self.migrations} m WHERE m.down_sql IS NOT NULL"
        ours += f" AND m.id {EQUALS} found.id" if only_new else ""
        columns = "(id, name, checksum, down_checksum, down_sql, executed_at)"
        return (
            f"WITH taken AS (INSERT INTO {self.migrations} {columns}\n"
            f"SELECT * FROM (VALUES\n    {rows}) AS found {columns}"
            f"{f' WHERE NOT EXISTS ({ours})' if if_empty or only_new else ''}\n"
            "ON CONFLICT (id) DO UPDATE SET checksum = excluded.checksum,"
            " down_checksum = excluded.down_checksum, down_sql = excluded.down_sql RETURNING id)\n"
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" SELECT id, 'up', pg_catalog.now(), pg_catalog.now(), '{outcome}' FROM taken ORDER BY id;"
        )

    def moved(self, version: str) -> str:
        """Set the current revision; nothing stands for none."""
        named = f" INSERT INTO {self.version} (version_num) VALUES ({quote_literal(version)});"
        return f"DELETE FROM {self.version};{named if version else ''}"

    def forgotten(self, versions: Iterable[str], outcome: str) -> str:
        """Take rows out, because somebody says that these migrations are not applied."""
        found = list(versions)
        events = ", ".join(
            f"({quote_literal(each)}, 'down', pg_catalog.now(), pg_catalog.now(), '{outcome}')"
            for each in found
        )
        names = ", ".join(map(quote_literal, found))
        return (
            f"DELETE FROM {self.migrations} WHERE id {EQUALS} ANY (ARRAY[{names}]);\n"
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" VALUES {events};"
        )

    def forgotten_after(self, version: str, outcome: str) -> str:
        """Take out all rows of ours that are newer than a version, because somebody says so."""
        return (
            f"WITH forgotten AS (DELETE FROM {self.migrations}"
            f" WHERE id OPERATOR(pg_catalog.>) {quote_literal(version)} AND down_sql IS NOT NULL RETURNING id)\n"
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" SELECT id, 'down', pg_catalog.now(), pg_catalog.now(), '{outcome}' FROM forgotten ORDER BY id;"
        )

    def began(self, version: str, direction: str, done: int, checksum: str, pid: int) -> str:
        """Record that a section outside a transaction begins, or goes on behind `done`."""
        return (
            f"INSERT INTO {self.events} (version, direction, outcome, statements_done,"
            " statements_checksum, backend_pid)\n"
            f"VALUES ({quote_literal(version)}, '{direction}', 'running', {done}, '{checksum}',"
            f" {pid}) RETURNING id;"
        )

    def went_on(self, event: int, done: int, checksum: str) -> str:
        """Record that a statement outside a transaction took effect."""
        return (
            f"UPDATE {self.events} SET statements_done = {done},"
            f" statements_checksum = '{checksum}' WHERE id {EQUALS} {event};"
        )

    def ended(self, event: int, outcome: str, error: str) -> str:
        """Record how a section outside a transaction ended, unless it came to its end."""
        return (
            f"UPDATE {self.events} SET outcome = '{outcome}', finished_at = pg_catalog.clock_timestamp(),"
            f" error = {quote_literal(error)} WHERE id {EQUALS} {event} AND outcome OPERATOR(pg_catalog.<>) 'done';"
        )


def _facts(migration: Migration) -> str:
    """What the ledger keeps of a migration's text, as values."""
    name = quote_literal(migration.name.replace("_", " "))
    return (
        f"'{migration.version}', {name}, '{migration.up.checksum}', '{migration.down.checksum}',"
        f" {quote_literal(kept_section(migration.down))}"
    )
