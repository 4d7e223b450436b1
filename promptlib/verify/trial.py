"""One migration on a scratch database, up, down and up again: what it leaves over and loses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import psycopg2
from psycopg2.sql import SQL, Identifier

from promptlib.core.errors import FindingError, LedgerError, PromptlibError, display_path
from promptlib.core.printable import on_one_line
from promptlib.engine.runner import Step
from promptlib.files.one_way import is_one_way
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.protection import require_ledger_spared
from promptlib.ledger.tables import DOWN, UP
from promptlib.postgres.catalog import ENUM, ROLE, CatalogKey, catalog_difference, read_catalog
from promptlib.postgres.errors import explain_server_error
from promptlib.verify.measure import LACKING, run_measured, table_numbers
from promptlib.verify.report import Finding, Proof
from promptlib.verify.rows import (
    QUALIFIED,
    columns_set_by_triggers,
    primary_keys,
    read_rows,
    row_counts,
    row_differences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.files.section import Section
    from promptlib.postgres.catalog import Catalog
    from promptlib.verify.report import MeasuredStatement
    from promptlib.verify.rows import TableRows
    from promptlib.verify.samples import SampleMaker, SampleRow
    from promptlib.verify.session import ScratchSession


class _Snapshot(NamedTuple):
    """A database at one moment: its objects and its rows."""

    objects: Catalog
    rows: TableRows


class Trial:
    """One migration, up, down and up again."""

    def __init__(
        self,
        session: ScratchSession,
        migration: Migration,
        settings: Settings,
        samples: SampleMaker,
    ) -> None:
        self._session = session
        self._connection = session.connection
        self._migration = migration
        self._settings = settings
        self._losing = settings._replace(allow_data_loss="on")
        self._samples = samples
        self._path = display_path(migration.path)
        self._source = migration.up.source
        # The tables that are there before the migration, and what tells their rows apart.
        self._known: set[int] = set()
        self._keys: dict[str, list[str]] = {}
        self.went_up = False
        self.was_refused = False  # for what it would do to the server
        self.is_one_way = is_one_way(migration.down)
        self.stays = False  # whether something that was accepted is left over
        self.failing_row = ""
        self.statements: list[MeasuredStatement] = []
        self.findings: list[Finding] = []
        self.lost: dict[str, None] = {}
        self.refused: dict[str, str] = {}  # tables without made-up rows, and why
        self.objects: Catalog | None = None  # as it leaves the database, if that is known

    def run(self, rows: list[SampleRow] | None, objects: Catalog | None = None) -> None:
        """Try the migration, on tables with made-up rows.

        Args:
            rows: those that the tables get; None: whatever they take.
            objects: what is in the database, if that is known.
        """
        with contextlib.suppress(_FailedError):
            self._prepare(rows)
            before = self._snapshot(objects)
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(QUALIFIED)
                self._known, self._keys = table_numbers(cursor), primary_keys(cursor)
            self.statements += self._run_section(UP)
            self.went_up = True
            after = self._snapshot()
            if self.is_one_way:
                self.objects = after.objects
                return
            self.statements += self._run_section(DOWN)
            self._compare(before)
            if self.findings or self.stays:
                return  # what a second UP makes of that is no news
            [*self._run_section(UP)]
            self.objects = self._compare_again(after)
            made = {name for kind, name in after.objects.keys() - before.objects.keys()}
            if self.findings:
                return
            found = self._samples.fill(self._connection, made)
            self.refused |= found.refused
            if found.rows:
                [*self._run_section(DOWN)]
                self._compare(before, more="+")
                [*self._run_section(UP)]

    def proof(self, seconds: float) -> Proof:
        """What came of it."""
        migration = self._migration
        return Proof(
            migration.version,
            migration.name,
            self._path,
            migration.up.text,
            migration.down.text,
            tuple(self.statements),
            tuple(self.findings),
            tuple(self.lost),
            seconds,
            self.is_one_way,
        )

    def _prepare(self, rows: list[SampleRow] | None) -> None:
        if rows is None:
            self.refused |= self._samples.fill(self._connection).refused
        else:
            self._samples.put_back(self._connection, rows)

    def _run_section(self, direction: str) -> Iterator[MeasuredStatement]:
        """Run a section; a failure is a finding, and the end of the trial."""
        migration = self._migration
        section = migration.up if direction == UP else migration.down
        settings = self._settings if direction == UP else self._losing
        step = Step(migration.version, direction, section, migration.path)
        try:
            self._require_ledger_spared(section)
            yield from run_measured(self._session, step, settings, self._known)
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute("DISCARD TEMP")  # of a deploy, it would end with the session
        except PromptlibError as error:
            self._fail(direction, error)
        except psycopg2.Error as error:
            self._fail(direction, explain_server_error(error, self._path))

    def _require_ledger_spared(self, section: Section) -> None:
        """Refuse what a deploy refuses: without a ledger nothing that follows would run there."""
        names = LedgerNames(*self._settings.ledger)
        try:
            require_ledger_spared(self._migration.path, [section], names)
        except LedgerError as error:
            raise FindingError(error.what, error.remedy, place=error.place) from None

    def _fail(self, direction: str, error: PromptlibError) -> None:
        self._connection.rollback()
        self.failing_row = self._row_of(error)
        self._connection.rollback()
        if isinstance(error, FindingError):
            self.was_refused = True
            what = f"{direction.upper()} is not tried: {error.what}; {error.remedy}"
        else:
            remedy = f"; {error.remedy}" if error.remedy == LACKING else ""
            what = f"{direction.upper()} fails: {error.what}{remedy}"
        self.findings.append(Finding(error.place or self._path, what, error.notes))
        raise _FailedError

    def _row_of(self, error: PromptlibError) -> str:
        """The row that the server did not like, or one of its table: it is made up."""
        cause = error.__context__
        if not isinstance(cause, psycopg2.Error):
            return ""
        schema, table = cause.diag.schema_name, cause.diag.table_name
        if "(" in (detail := cause.diag.message_detail or "") or not table:
            return on_one_line(detail)
        query = SQL("SELECT pg_catalog.to_jsonb(t.*)::pg_catalog.text FROM {} t LIMIT 1")
        with contextlib.suppress(psycopg2.Error), self._connection.cursor() as cursor:
            cursor.execute(query.format(Identifier(schema or "public", table)))
            for (row,) in cursor:
                return str(row)
        return ""

    def _compare(self, before: _Snapshot, more: str = "") -> None:
        """Compare what DOWN left with what was there before UP.

        Args:
            before: what was there.
            more: the sign of changes that are none: a DOWN may give the rows of a table that UP
                made to the table that they came from, the made-up ones too.
        """
        now = self._snapshot()
        lines = [*self._difference(before, now)]
        if self._migration.up.data_loss_accepted and self._keeps_values(before, now):
            self.stays = True
            lines = [line for line in lines if line[1:].split()[:1] != ["enum"]]
        self._report("DOWN does not undo UP", lines)
        tables = (name for name in before.rows if before.rows[name] != now.rows.get(name))
        touched = columns_set_by_triggers(self._connection, tables, self._keys)
        found = row_differences(before.rows, now.rows, self._keys, touched)
        changes = [each for each in found if each[0] != more]
        if self._migration.up.data_loss_accepted:
            self.lost |= dict.fromkeys(each[2:] for each in changes if each[0] != "+")
            changes = [each for each in changes if each[0] == "+"]
        self._report(
            "DOWN does not give back the rows that were there before UP (if nothing can: "
            "`-- UP data_loss:accepted`)",
            changes,
        )

    def _compare_again(self, after: _Snapshot) -> Catalog:
        """Compare what the second UP made with what the first one did; what that is."""
        now = self._snapshot()
        what = "a second UP makes something else than the first"
        self._report(what, self._difference(after, now))
        if not self._migration.up.data_loss_accepted:
            first, second = row_counts(after.rows), row_counts(now.rows)
            self._report(
                what,
                (
                    f"! {table}: {second.get(table, 0)} rows instead of {first.get(table, 0)}"
                    for table in sorted(first.keys() | second.keys())
                    if first.get(table) != second.get(table)
                ),
            )
        return now.objects

    def _report(self, what: str, diff: Iterable[str]) -> None:
        if lines := tuple(diff):
            self.findings.append(Finding(self._path, what, lines))

    def _snapshot(self, objects: Catalog | None = None) -> _Snapshot:
        return _Snapshot(objects or read_catalog(self._connection), read_rows(self._connection))

    def _keeps_values(self, before: _Snapshot, now: _Snapshot) -> bool:
        """Whether enumerated types have the values that they had, and more: none can be dropped."""
        kept = {
            f"{name} has values beyond {was}, which stay": (was, now.objects[kind, name])
            for (kind, name), was in before.objects.items()
            if kind == ENUM and was != now.objects.get((kind, name), "")
        }
        if not kept or not all(_is_within(*pair) for pair in kept.values()):
            return False
        self.lost |= dict.fromkeys(kept)
        return True

    def _difference(self, before: _Snapshot, now: _Snapshot) -> Iterator[str]:
        """How the objects differ, as far as it may be the migration's doing.

        Roles are the whole server's: others make and change them meanwhile.
        """
        first, second = (
            {key: each.objects[key] for key in each.objects if self._is_of_migration(key)}
            for each in (before, now)
        )
        return catalog_difference(first, second)

    def _is_of_migration(self, key: CatalogKey) -> bool:
        kind, name = key
        return kind != ROLE or name.strip('"').encode() in self._source


def on_made_up_rows(trial: Trial) -> Finding:
    """The finding about a UP that fails where tables have made-up rows, and nowhere else."""
    first = trial.findings[0]
    what = f"on made-up rows alone {first.what}"
    row = trial.failing_row
    return Finding(first.place, what, (*first.diff, *([f"  row: {row}"] if row else [])))


def _is_within(some: str, all_of_them: str) -> bool:
    """Whether labels stand among others in their order."""
    others = iter(all_of_them.split(", "))
    return all(each in others for each in some.split(", "))


class _FailedError(Exception):
    """A section failed, and the trial is over."""
