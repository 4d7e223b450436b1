"""What a database remembers. Pure: reading.py reads it, tables.py has what writes it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the fields of a NamedTuple
from types import MappingProxyType

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.names import MIGRATIONS, LedgerNames
from promptlib.ledger.tables import ADDED, ADDED_TO_EVENTS, RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptlib.ledger.deploys import UnfinishedDeploy
    from promptlib.ledger.repeatable import RepeatableRow
    from promptlib.ledger.trust import LedgerWriter

# The columns of the Node service's table, and what ours has beside them.
PREDECESSORS = frozenset(("id", "name", "executed_at", "checksum"))
_OURS = frozenset(ADDED)
_KEPT = "down_sql"  # which every version of ours has
_RECORDED = RECORDED | frozenset(ADDED_TO_EVENTS)


class LedgerRow(NamedTuple):
    """A migration that is applied now.

    Attributes:
        version: 14 digits, as far as it is ours.
        name: as in the file's name, underscores as spaces.
        checksum: of its UP section.
        down: that of its DOWN section, if the ledger keeps one.
    """

    version: str
    name: str
    checksum: str
    down: str | None

    @property
    def file_name(self) -> str:
        """The name as it is in the file's name."""
        return self.name.replace(" ", "_")

    @property
    def is_foreign(self) -> bool:
        """Whether another program wrote the row: ours always keep the DOWN section."""
        return self.down is None


class Execution(NamedTuple):
    """How a migration ran that is applied now; None where nobody knows.

    Attributes:
        executed_at: when, as ISO 8601 in UTC.
        execution_ms: how long it took, in milliseconds.
        executed_by: the database's user.
    """

    executed_at: str | None = None
    execution_ms: int | None = None
    executed_by: str | None = None


class HalfDone(NamedTuple):
    """A section outside a transaction that did not come to its end.

    Attributes:
        event: the id of its event.
        version: of its migration.
        direction: `up` or `down`.
        outcome: `failed` when the next statement was refused, `running` when nobody saw how it
            ended.
        done: how many statements took effect.
        checksum: of their text.
        backend_pid: the server process that ran them.
        deploy: the id of the deploy; None, where an earlier version of promptlib ran it.
        alone: which statement, from 0, began last that no transaction takes.
        found: what its kind wanted to know of the catalog before it.
        alone_checksum: of the text of all statements up to that one.
    """

    event: int
    version: str
    direction: str
    outcome: str
    done: int
    checksum: str
    backend_pid: int
    deploy: int | None = None
    alone: int | None = None
    found: str | None = None
    alone_checksum: str | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has seen how the statement ended that comes next.

        One that ran in a transaction committed with its record, so without one it did not run.
        Earlier versions of promptlib ran statements first, and recorded them then.
        """
        return self.alone == self.done if self.deploy else self.outcome == "running"


class Ledger(NamedTuple):
    """What was read from a database.

    Attributes:
        schema: where alembic_version and the ledger are, or would be made.
        current: what alembic_version names.
        rows: the applied migrations by version.
        half_done: sections that did not come to their end.
        columns: of its first table; none if it is not there.
        has_version_table: whether alembic_version is there.
        events: the columns of the table of attempts; none if it is not there.
        is_replica: whether the server takes no writes.
        is_pooled: whether a pooler stands between: its sessions are other clients' as well.
        has_deploys: whether the table of deploys is there.
        last_deploy: the id of the newest deploy, or 0.
        unfinished: deploys that run, or died.
        writers: who may write the tables beside their owner.
        server: when it was started: no two were in the same microsecond.
        table: what the first table is called, or would be.
        has_schema: whether the schema is there.
        path: the schemas that names without one are looked up in.
        first: the schema that the search_path names first; empty where version_table_schema says
            where the ledger is.
        foreign: the name of a table that is some other program's, or nothing.
        others: where there is no ledger, the tables of other migration tools.
        repeatable: the repeatable files that ran, by name.
        executions: how the applied migrations ran, by version, where that was read, too.
        read_at: when it was read, in seconds by time.monotonic().
    """

    schema: str
    current: tuple[str, ...]
    rows: dict[str, LedgerRow]
    half_done: tuple[HalfDone, ...]
    columns: frozenset[str]
    has_version_table: bool
    events: frozenset[str]
    is_replica: bool
    is_pooled: bool = False
    has_deploys: bool = False
    last_deploy: int = 0
    unfinished: tuple[UnfinishedDeploy, ...] = ()
    writers: Sequence[LedgerWriter] = ()
    server: datetime | None = None
    repeatable: Mapping[str, RepeatableRow] = MappingProxyType({})
    table: str = MIGRATIONS
    has_schema: bool = True
    path: tuple[str, ...] = ()
    first: str = ""
    foreign: str = ""
    others: tuple[str, ...] = ()
    executions: Mapping[str, Execution] = MappingProxyType({})
    read_at: float = 0.0

    @property
    def names(self) -> LedgerNames:
        """Where the tables are, and what they are called."""
        return LedgerNames(self.schema, self.table)

    @property
    def exists(self) -> bool:
        """Whether all tables are there, as we make them."""
        whole = self.has_whole_events and self.columns >= _OURS | PREDECESSORS
        return whole and self.has_deploys

    @property
    def has_migrations(self) -> bool:
        """Whether `migrations` is there, whoever made it."""
        return self.columns >= PREDECESSORS

    @property
    def keeps_downs(self) -> bool:
        """Whether it keeps DOWN sections, as ours does."""
        return _KEPT in self.columns

    @property
    def has_events(self) -> bool:
        """Whether `migration_events` is there, as this version or an earlier one made it."""
        return self.events >= RECORDED

    @property
    def has_whole_events(self) -> bool:
        """Whether it is as this version makes it."""
        return self.events >= _RECORDED

    @property
    def is_predecessors(self) -> bool:
        """Whether `migrations` is the one of the Node service, which keeps no DOWN sections."""
        return self.has_migrations and not self.keeps_downs

    @property
    def ours(self) -> dict[str, LedgerRow]:
        """The rows that promptlib wrote."""
        # As is_foreign has it: a call for each of thousands would cost.
        return {version: row for version, row in self.rows.items() if row.down is not None}

    @property
    def is_ready(self) -> bool:
        """Whether a deploy finds all tables made."""
        return self.exists and self.has_version_table

    def with_tables(self) -> Ledger:
        """What would be read once all tables are made."""
        return self._replace(
            columns=self.columns | _OURS | PREDECESSORS,
            has_version_table=True,
            events=self.events | _RECORDED,
            has_deploys=True,
        )


UNKNOWN_LEDGER = Ledger(
    schema="",
    current=(),
    rows={},
    half_done=(),
    columns=frozenset(),
    has_version_table=False,
    events=frozenset(),
    is_replica=False,
)
