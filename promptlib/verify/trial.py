"""One migration on a scratch database, up, down and up again: what it leaves over and loses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.sql import SQL, Identifier

from promptlib.core.errors import (
    FindingError,
    LedgerError,
    NoConnectionError,
    PromptlibError,
    display_path,
)
from promptlib.core.printable import on_one_line
from promptlib.engine.runner import Step
from promptlib.files.one_way import is_one_way
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.protection import require_ledger_spared
from promptlib.ledger.tables import DOWN, UP
from promptlib.postgres.catalog import ENUM, ROLE, CatalogKey, catalog_difference
from promptlib.postgres.errors import explain_server_error
from promptlib.verify.measure import LACKING, run_measured
from promptlib.verify.report import Finding, Proof
from promptlib.verify.rows import columns_set_by_triggers, row_counts, row_differences
from promptlib.verify.state import compare_snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.files.section import Section
    from promptlib.verify.report import MeasuredStatement
    from promptlib.verify.rows import Table
    from promptlib.verify.samples import SampleMaker, SampleRow
    from promptlib.verify.session import ScratchSession
    from promptlib.verify.state import Change, Snapshot


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
        self.went_up = False
        self.was_refused = False  # for what it would do to the server
        self.is_one_way = is_one_way(migration.down)
        self.stays = False  # whether something that was accepted is left over
        self.failing_row = ""
        self.statements: list[MeasuredStatement] = []
        self.findings: list[Finding] = []
        self.lost: dict[str, None] = {}
        self.refused: dict[str, str] = {}  # tables without made-up rows, and why

    def run(self, rows: list[SampleRow] | None) -> None:
        """Try the migration, on tables with made-up rows.

        Args:
            rows: those that the tables get; None: whatever they take.
        """
        with contextlib.suppress(_FailedError):
            self._prepare(rows)
            before = self._session.state.snapshot()
            self.statements += self._run_section(UP, before.tables)
            self.went_up = True
            if self.is_one_way:
                return
            after = self._session.state.snapshot()
            there = {each: after.tables[each] for each in before.tables.keys() & after.tables}
            self.statements += self._run_section(DOWN, there)
            self._compare(before)
            if self.findings or self.stays:
                return  # what a second UP makes of that is no news
            [*self._run_section(UP)]
            made = self._made(before, after, self._compare_again(after))
            if self.findings:
                return
            found = self._samples.fill(self._session, made)
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
            changed = self._session.state.changed_tables()
            self.refused |= self._samples.refill(self._session, changed).refused
        else:
            self._samples.put_back(self._connection, rows)

    def _run_section(
        self, direction: str, tables: Mapping[int, Table] | None = None
    ) -> Iterator[MeasuredStatement]:
        """Run a section; a failure is a finding, and the end of the trial.

        Args:
            direction: which.
            tables: those whose locks are told.
        """
        migration = self._migration
        section = migration.up if direction == UP else migration.down
        settings = self._settings if direction == UP else self._losing
        step = Step(migration.version, direction, section, migration.path)
        try:
            self._require_ledger_spared(section)
            yield from run_measured(self._session, step, settings, tables)
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
        if isinstance(error, NoConnectionError):  # which says nothing of the section
            raise error
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

    def _compare(self, before: Snapshot, more: str = "") -> None:
        """Compare what DOWN left with what was there before UP.

        Args:
            before: what was there.
            more: the sign of changes that are none: a DOWN may give the rows of a table that UP
                made to the table that they came from, the made-up ones too.
        """
        change = compare_snapshots(before, self._session.state.snapshot())
        lines = [*self._difference(change)]
        if self._migration.up.data_loss_accepted and self._keeps_values(change):
            self.stays = True
            lines = [line for line in lines if line[1:].split()[:1] != ["enum"]]
        self._report("DOWN does not undo UP", lines)
        tables = (name for name, was in change.rows.items() if was != change.rows_now.get(name))
        touched = columns_set_by_triggers(self._connection, tables, change.keys)
        found = row_differences(change.rows, change.rows_now, change.keys, touched)
        changes = [each for each in found if each[0] != more]
        if self._migration.up.data_loss_accepted:
            self.lost |= dict.fromkeys(each[2:] for each in changes if each[0] != "+")
            changes = [each for each in changes if each[0] == "+"]
        self._report(
            "DOWN does not give back the rows that were there before UP (if nothing can: "
            "`-- UP data_loss:accepted`)",
            changes,
        )

    def _compare_again(self, after: Snapshot) -> Snapshot:
        """Compare what the second UP made with what the first one did; what that is."""
        now = self._session.state.snapshot()
        change = compare_snapshots(after, now)
        what = "a second UP makes something else than the first"
        self._report(what, self._difference(change))
        if not self._migration.up.data_loss_accepted:
            first, second = row_counts(change.rows), row_counts(change.rows_now)
            self._report(
                what,
                (
                    f"! {table}: {second.get(table, 0)} rows instead of {first.get(table, 0)}"
                    for table in sorted(first.keys() | second.keys())
                    if first.get(table) != second.get(table)
                ),
            )
        return now

    def _report(self, what: str, diff: Iterable[str]) -> None:
        if lines := tuple(diff):
            self.findings.append(Finding(self._path, what, lines))

    def _keeps_values(self, change: Change) -> bool:
        """Whether enumerated types have the values that they had, and more: none can be dropped."""
        kept = {
            f"{name} has values beyond {was}, which stay": (was, change.objects_now[kind, name])
            for (kind, name), was in change.objects.items()
            if kind == ENUM and was != change.objects_now.get((kind, name), "")
        }
        if not kept or not all(_is_within(*pair) for pair in kept.values()):
            return False
        self.lost |= dict.fromkeys(kept)
        return True

    def _difference(self, change: Change) -> Iterator[str]:
        """How the objects differ, as far as it may be the migration's doing.

        Roles are the whole server's: others make and change them meanwhile.
        """
        first, second = (
            {key: each[key] for key in each if self._is_of_migration(key)}
            for each in (change.objects, change.objects_now)
        )
        return catalog_difference(first, second)

    def _made(self, before: Snapshot, after: Snapshot, now: Snapshot) -> set[int]:
        """The numbers of the tables that UP has made."""
        change = compare_snapshots(before, after)
        names = {name for _, name in change.objects_now.keys() - change.objects.keys()}
        return {number for number, table in now.tables.items() if table.name in names}

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
