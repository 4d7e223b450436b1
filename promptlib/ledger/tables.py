"""The ledger's tables, and the SQL that makes and writes them, the same for us and for psql.

`migrations` has a row for each migration that is applied now, `migration_events` one for each
attempt at one, `migration_deploys` one for each deploy, whose statements are in deploys.py. A
project may call them otherwise. Who runs the SQL, and in which transaction, is left to others.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.names import VERSION_TABLE
from promptlib.syntax.lexemes import do_block, quote_literal, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptlib.files.parser import Migration
    from promptlib.files.section import Section
    from promptlib.ledger.names import LedgerNames

# An author's search_path is in force where this runs: see promptlib/postgres/search_path.py.
EQUALS = "OPERATOR(pg_catalog.=)"
_DIFFERS, _AFTER = "OPERATOR(pg_catalog.<>)", "OPERATOR(pg_catalog.>)"
_TIME = "timestamp with time zone"
CLOCK, _NOW = "pg_catalog.clock_timestamp()", "pg_catalog.now()"
_SO_FAR = f"extract(epoch FROM {CLOCK} OPERATOR(pg_catalog.-) {_NOW})"
UP, DOWN = "up", "down"
# What our `migrations` has beyond the predecessor's.
ADDED = {
    "down_checksum": "varchar(64)",
    "down_sql": "pg_catalog.text",
    "execution_ms": "bigint",
    "executed_by": "pg_catalog.text",
    "up_sql": "pg_catalog.text",
}
LONGEST_UP = 1 << 20  # bytes of an UP section that are kept: it is there to be compared, not run
# What `migration_events` has beyond what earlier versions of promptlib made.
ADDED_TO_EVENTS = {
    "deploy_id": "bigint",
    "alone": "integer",
    "found_before": "pg_catalog.text",
    "alone_checksum": "varchar(64)",
}
# What `migration_events` has, and no other program's table of that name.
RECORDED = frozenset(("version", "direction", "outcome", "statements_done", "statements_checksum"))
# As Alembic makes it.
_VERSION = """CREATE TABLE IF NOT EXISTS {version} (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);"""
# CREATE SCHEMA IF NOT EXISTS asks for the right to make one where there is one, too.
_SCHEMA = """BEGIN
    IF pg_catalog.to_regnamespace({name}) IS NULL THEN
        CREATE SCHEMA {schema};
    END IF;
END"""
_EXTEND = "ALTER TABLE {table} {columns};"
# A time as text: SQL, to be filled in.
UTC = (
    "pg_catalog.to_char({}::timestamp with time zone AT TIME ZONE 'UTC',"
    ' \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
)


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
        took: for how many milliseconds, as an SQL expression.
    """

    started: str = _NOW
    attempt: int = 0
    move: Move | None = None
    took: str = f"1000 OPERATOR(pg_catalog.*) {_SO_FAR}"


_RAN = Ran()


class Begun(NamedTuple):
    """A section outside a transaction that begins, or goes on.

    Attributes:
        version: of its migration.
        direction: `up` or `down`.
        done: how many of its statements took effect.
        checksum: of their text.
        pid: the server process.
        alone: the statement, from 0, of which that is not known; None: of none.
        found: what was known of the catalog before that one.
        alone_checksum: of the text of all statements up to that one.
    """

    version: str
    direction: str
    done: int
    checksum: str
    pid: int
    alone: int | None
    found: str | None
    alone_checksum: str | None


def kept_section(section: Section) -> str:
    """A DOWN section with its marker, to be read again by migration.parse_section."""
    options = "" if section.transactional else " transaction:false"
    options += f" lock_timeout:{section.lock_timeout}" if section.lock_timeout else ""
    return f"-- DOWN{options}\n{section.text}\n"


def kept_up(section: Section) -> str:
    """The text of an UP section; nothing of one that is too long to be kept."""
    return "" if section.end - section.start > LONGEST_UP else section.text


class LedgerSql:
    """The SQL that makes and writes the ledger.

    Args:
        names: of the tables.
        deploy: the id of the deploy that runs it. What records a section writes nothing and fails
            where another deploy has taken over: the NOT NULL of the event's version refuses it.
    """

    def __init__(self, names: LedgerNames, deploy: int = 0) -> None:
        self.names, self.deploy = names, deploy
        prefix = f"{quote_name(names.schema)}." if names.schema else ""
        self.version = prefix + VERSION_TABLE
        self.migrations, self.events, self.deploys = (prefix + each for each in names.tables)

    def create(self, *, extend: bool = False) -> str:
        """Make what is not there; `extend` gives tables that are there what they lack."""
        from importlib import resources  # noqa: PLC0415 - slow to import, and rarely needed

        text = resources.files("promptlib.ledger").joinpath("ledger.sql").read_text("utf-8").strip()
        made = text.format(
            migrations=self.migrations,
            events=self.events,
            deploys=self.deploys,
            index=f"idx_{self.names.events}_version",
        )
        lacking = ((self.migrations, ADDED), (self.events, ADDED_TO_EVENTS)) if extend else ()
        return "\n".join([made, *(_extend(*each) for each in lacking)])

    def create_schema(self) -> str:
        """Make the schema where it is not; nothing, where none is named."""
        if not self.names.schema:
            return ""
        schema = quote_name(self.names.schema)
        return do_block(_SCHEMA.format(name=quote_literal(schema), schema=schema)) + ";"

    def create_version(self) -> str:
        """Make alembic_version where Alembic did not."""
        return _VERSION.format(version=self.version)

    def applied(self, migration: Migration, ran: Ran = _RAN) -> list[str]:
        """Record that UP of a migration ran: the statements."""
        row = (
            f"INSERT INTO {self.migrations} (id, name, checksum, down_checksum, down_sql, up_sql,"
            " execution_ms, executed_by)\n"
            f"VALUES ({_facts(migration)}, {ran.took}, session_user);"
        )
        return [*self.done(migration.version, UP, ran), row]

    def taken_back(self, version: str, ran: Ran = _RAN, replaced: Iterable[str] = ()) -> list[str]:
        """Record that DOWN ran: the rows of those go, too, that the migration replaces."""
        names = ", ".join(map(quote_literal, sorted({version, *replaced})))
        gone = f"DELETE FROM {self.migrations} WHERE id {EQUALS} ANY (ARRAY[{names}]);"
        return [*self.done(version, DOWN, ran), gone]

    def done(self, version: str, direction: str, ran: Ran) -> list[str]:
        """Record that a section ran, but for the row of its migration: the statements."""
        named, moved = quote_literal(version), list[str]()
        if ran.move:
            named = ran.move.guarded(named, self.version)
            moved = [ran.move.sql(self.version)]
        return [self._event_done(self.fenced(named), direction, ran), *moved]

    def _event_done(self, named: str, direction: str, ran: Ran) -> str:
        if ran.attempt:
            return (
                f"UPDATE {self.events} SET version = {named}, outcome = 'done',"
                f" finished_at = {CLOCK} WHERE id {EQUALS} {ran.attempt};"
            )
        column, deploy = (", deploy_id", f", {self.deploy}") if self.deploy else ("", "")
        return (
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome"
            f"{column}) VALUES ({named}, '{direction}', {ran.started}, {CLOCK}, 'done'"
            f"{deploy});"
        )

    def fenced(self, value: str) -> str:
        """An expression that is NULL, and not this value, where another deploy has taken over.

        The row is locked: who takes over waits until this transaction has ended, or this one sees
        it.
        """
        if not self.deploy:
            return value
        where = f"WHERE id {EQUALS} {self.deploy} AND outcome {EQUALS} 'running'"
        return f"(SELECT {value} FROM {self.deploys} {where} FOR SHARE)"

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
            f" error) SELECT {version}, '{direction}', {started}, {CLOCK},"
            f" 'failed', {quote_literal(error)}"
            f" WHERE {as_before} (SELECT FROM {self.migrations} WHERE id {EQUALS} {version});"
        )

    def declared(self, version: str, direction: str, outcome: str) -> str:
        """Record that somebody said where a migration stands."""
        return (
            f"INSERT INTO {self.events} (version, direction, finished_at, outcome)"
            f" VALUES ({quote_literal(version)}, '{direction}', {CLOCK}, '{outcome}');"
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

        Name and checksums of a row that is there already are replaced by those of the files.

        Args:
            migrations: at least one.
            outcome: of their events: `stamped` or `adopted`.
            if_empty: do so only where the ledger has no row of ours.
            only_new: leave alone those of which it has one.
        """
        rows = ",\n    ".join(f"({_facts(each)}, NULL::{_TIME})" for each in migrations)
        ours = f"SELECT FROM {self.migrations} m WHERE m.down_sql IS NOT NULL"
        ours += f" AND m.id {EQUALS} found.id" if only_new else ""
        columns = "(id, name, checksum, down_checksum, down_sql, up_sql, executed_at)"
        return (
            f"WITH taken AS (INSERT INTO {self.migrations} {columns}\n"
            f"SELECT * FROM (VALUES\n    {rows}) AS found {columns}"
            f"{f' WHERE NOT EXISTS ({ours})' if if_empty or only_new else ''}\n"
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, checksum = excluded.checksum,"
            " down_checksum = excluded.down_checksum, down_sql = excluded.down_sql,"
            " up_sql = excluded.up_sql RETURNING id)\n"
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" SELECT id, 'up', {_NOW}, {_NOW}, '{outcome}' FROM taken ORDER BY id;"
        )

    def dated(self, version: str, moment: str) -> str:
        """Record when a migration ran that was taken over.

        Args:
            version: of the migration.
            moment: as ISO 8601 in UTC.
        """
        return (
            f"UPDATE {self.migrations} SET executed_at = {quote_literal(moment)}::{_TIME}"
            f" WHERE id {EQUALS} {quote_literal(version)};"
        )

    def moved(self, version: str) -> str:
        """Set the current revision; nothing stands for none."""
        named = f" INSERT INTO {self.version} (version_num) VALUES ({quote_literal(version)});"
        return f"DELETE FROM {self.version};{named if version else ''}"

    def forgotten(self, versions: Iterable[str], outcome: str) -> str:
        """Take rows out, because somebody says that these migrations are not applied."""
        found = list(versions)
        events = ", ".join(
            f"({quote_literal(each)}, 'down', {_NOW}, {_NOW}, '{outcome}')" for each in found
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
            f" WHERE id {_AFTER} {quote_literal(version)} AND down_sql IS NOT NULL RETURNING id)\n"
            f"INSERT INTO {self.events} (version, direction, started_at, finished_at, outcome)"
            f" SELECT id, 'down', {_NOW}, {_NOW}, '{outcome}' FROM forgotten ORDER BY id;"
        )

    def began(self, section: Begun) -> str:
        """Record that a section outside a transaction begins, or goes on; the event's id."""
        named = quote_literal(section.version)
        alone = "NULL" if section.alone is None else section.alone
        found, text = map(_nullable, (section.found, section.alone_checksum))
        return (
            f"INSERT INTO {self.events} (version, direction, outcome, statements_done,"
            " statements_checksum, backend_pid, deploy_id, alone, found_before, alone_checksum)\n"
            f"VALUES ({self.fenced(named)}, '{section.direction}', 'running', {section.done},"
            f" '{section.checksum}', {section.pid}, {self.deploy}, {alone},"
            f" {found}, {text}) RETURNING id;"
        )

    def begins_alone(self, event: int, version: str, index: int, found: str, checksum: str) -> str:
        """Record that a statement begins that no transaction takes.

        Args:
            event: of the section.
            version: of its migration.
            index: which statement, from 0.
            found: what its kind wants to know afterwards of the catalog as it was before.
            checksum: of the text of all statements up to that one.
        """
        return (
            f"UPDATE {self.events} SET version = {self.fenced(quote_literal(version))},"
            f" alone = {index}, found_before = {quote_literal(found)},"
            f" alone_checksum = '{checksum}' WHERE id {EQUALS} {event};"
        )

    def went_on(self, event: int, version: str, done: int, checksum: str) -> str:
        """Record that a statement outside a transaction took effect."""
        return (
            f"UPDATE {self.events} SET version = {self.fenced(quote_literal(version))},"
            f" statements_done = {done}, statements_checksum = '{checksum}'"
            f" WHERE id {EQUALS} {event};"
        )

    def ended(self, event: int, outcome: str, error: str) -> str:
        """Record how a section outside a transaction ended, unless it came to its end.

        Args:
            event: of the section.
            outcome: `failed`, where its next statement is known not to have run; else `running`.
            error: what was said.
        """
        known = ", alone = NULL" if outcome == "failed" else ""
        return (
            f"UPDATE {self.events} SET outcome = '{outcome}', finished_at = {CLOCK},"
            f" error = {quote_literal(error)}{known}"
            f" WHERE id {EQUALS} {event} AND outcome {_DIFFERS} 'done';"
        )


def _nullable(text: str | None) -> str:
    return "NULL" if text is None else quote_literal(text)


def _extend(table: str, columns: Mapping[str, str]) -> str:
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {name} {type_}" for name, type_ in columns.items())
    return _EXTEND.format(table=table, columns=added)


def _facts(migration: Migration) -> str:
    """What the ledger keeps of a migration's text, as values."""
    name = quote_literal(migration.name.replace("_", " "))
    return (
        f"'{migration.version}', {name}, '{migration.up.checksum}', '{migration.down.checksum}',"
        f" {quote_literal(kept_section(migration.down))}, {quote_literal(kept_up(migration.up))}"
    )
