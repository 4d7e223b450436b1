"""One migration on a scratch database, up, down and up again: what it leaves over and loses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import psycopg2

from promptlib.core.errors import PromptlibError, display_path
from promptlib.engine.runner import Step
from promptlib.ledger.tables import DOWN, UP
from promptlib.postgres.catalog import ROLE, CatalogKey, catalog_difference, read_catalog
from promptlib.postgres.errors import explain_server_error
from promptlib.postgres.search_path import TRUSTED_PATH
from promptlib.verify.measure import run_measured, table_numbers
from promptlib.verify.report import Finding, Proof
from promptlib.verify.rows import (
    columns_set_by_triggers,
    primary_keys,
    read_rows,
    row_counts,
    row_differences,
)
from promptlib.verify.samples import Samples, fill_tables, put_rows_back

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from psycopg2.extensions import connection as Connection

    from promptlib.config.settings import Settings
    from promptlib.engine.watcher import Watcher
    from promptlib.files.parser import Migration
    from promptlib.postgres.catalog import Catalog
    from promptlib.verify.report import MeasuredStatement
    from promptlib.verify.rows import TableRows
    from promptlib.verify.samples import SampleRow

_QUALIFIED = f"{TRUSTED_PATH} SET LOCAL jit = off"


class _Snapshot(NamedTuple):
    """A database at one moment: its objects and its rows."""

    objects: Catalog
    rows: TableRows


class Trial:
    """One migration, up, down and up again."""

    def __init__(
        self,
        connection: Connection,
        watcher: Watcher,
        migration: Migration,
        settings: Settings,
        rows: int,
    ) -> None:
        self._connection = connection
        self._watcher = watcher
        self._migration = migration
        self._settings = settings
        self._losing = settings._replace(allow_data_loss="on")
        self._rows = rows
        self._path = display_path(migration.path)
        self._source = migration.up.source
        # The tables that are there before the migration, and what tells their rows apart.
        self._known: set[int] = set()
        self._keys: dict[str, list[str]] = {}
        self.went_up = False
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
            before = self._snapshot()
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(_QUALIFIED)
                self._known, self._keys = table_numbers(cursor), primary_keys(cursor)
            self.statements += self._run_section(UP)
            self.went_up = True
            after = self._snapshot()
            self.statements += self._run_section(DOWN)
            self._compare(before)
            if self.findings:
                return  # what a second UP makes of that is no news
            [*self._run_section(UP)]
            self._compare_again(after)
            made = {name for kind, name in after.objects.keys() - before.objects.keys()}
            if self.findings:
                return
            found = fill_with_samples(self._connection, self._rows, made)
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
        )

    def _prepare(self, rows: list[SampleRow] | None) -> None:
        if rows is None:
            self.refused |= fill_with_samples(self._connection, self._rows).refused
        else:
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(_QUALIFIED)
                put_rows_back(cursor, rows)

    def _run_section(self, direction: str) -> Iterator[MeasuredStatement]:
        """Run a section; a failure is a finding, and the end of the trial."""
        migration = self._migration
        section = migration.up if direction == UP else migration.down
        settings = self._settings if direction == UP else self._losing
        step = Step(migration.version, direction, section, migration.path)
        try:
            yield from run_measured(self._connection, step, settings, self._watcher, self._known)
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute("DISCARD TEMP")  # of a deploy, it would end with the session
        except PromptlibError as error:
            self._fail(direction, error)
        except psycopg2.Error as error:
            self._fail(direction, explain_server_error(error, self._path))

    def _fail(self, direction: str, error: PromptlibError) -> None:
        self._connection.rollback()
        what = f"{direction.upper()} fails: {error.what}"
        self.findings.append(Finding(error.place or self._path, what, error.notes))
        raise _FailedError

    def _compare(self, before: _Snapshot, more: str = "") -> None:
        """Compare what DOWN left with what was there before UP.

        Args:
            before: what was there.
            more: the sign of changes that are none: a DOWN may give the rows of a table that UP
                made to the table that they came from, the made-up ones too.
        """
        now = self._snapshot()
        self._report("DOWN does not undo UP", catalog_difference(before.objects, now.objects))
        touched = self._columns_set_by_triggers() if now.rows != before.rows else {}
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

    def _columns_set_by_triggers(self) -> Mapping[str, set[str]]:
        """The columns that UPDATE itself changes: no DOWN can give their values back."""
        with self._connection.cursor() as cursor:
            cursor.execute(_QUALIFIED)
            try:
                return columns_set_by_triggers(cursor, self._keys)
            except psycopg2.Error:  # a trigger that refuses
                return {}
            finally:
                self._connection.rollback()

    def _compare_again(self, after: _Snapshot) -> None:
        """Compare what the second UP made with what the first one did."""
        now = self._snapshot()
        what = "a second UP makes something else than the first"
        self._report(what, catalog_difference(after.objects, now.objects))
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

    def _report(self, what: str, diff: Iterable[str]) -> None:
        if lines := tuple(diff):
            self.findings.append(Finding(self._path, what, lines))

    def _snapshot(self) -> _Snapshot:
        objects = read_catalog(self._connection)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(_QUALIFIED)
            return _Snapshot(
                {key: objects[key] for key in objects if self._is_of_migration(key)},
                read_rows(cursor),
            )

    def _is_of_migration(self, key: CatalogKey) -> bool:
        """Whether an object may be the migration's doing: roles are the whole server's."""
        kind, name = key
        return kind != ROLE or name.strip('"').encode() in self._source


class _FailedError(Exception):
    """A section failed, and the trial is over."""


def fill_with_samples(
    connection: Connection, count: int, only: Collection[str] | None = None
) -> Samples:
    """Give tables made-up rows; the arguments are those of `fill_tables`."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_QUALIFIED)
        return fill_tables(cursor, count, only)
