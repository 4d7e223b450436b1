"""Prove that DOWN undoes UP: run each migration up, down and up again, and compare.

Two scratch databases are kept: one that has nothing but the migrations, and one with made-up rows,
which each migration is tried on. When a trial ends badly, the second is made again from the first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg2

from promptlib import logs, scratch, trial
from promptlib.errors import PromptlibError, shown
from promptlib.findings import Report
from promptlib.records import UP
from promptlib.runner import Step
from promptlib.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from promptlib.database import Target
    from promptlib.findings import Proof
    from promptlib.migration import Migration
    from promptlib.samples import Row
    from promptlib.scratch import Workshop
    from promptlib.settings import Settings


def report(
    target: Target,
    migrations: Sequence[Migration],
    chosen: Collection[str],
    settings: Settings,
    rows: int,
) -> Report:
    """Prove migrations, the oldest first; the others only run. One whose UP fails is the last.

    Args:
        target: a database on the server to do it on; it is not touched itself.
        migrations: all, in order.
        chosen: the versions of those to prove.
        settings: what sections run with.
        rows: how many made-up rows each table has.

    Raises:
        PromptlibError: where a migration that is not to be proven fails.
    """
    began = time.perf_counter()
    last = max(chosen, default="")
    with scratch.workshop(target) as workshop:
        prover = _Prover(workshop, settings, rows)
        needed = [migration for migration in migrations if migration.version <= last]
        found = tuple(_proofs(prover, needed, chosen))
        return Report(workshop.server, found, time.perf_counter() - began)


def _proofs(
    prover: _Prover, migrations: Sequence[Migration], chosen: Collection[str]
) -> Iterator[Proof]:
    done = 0
    for migration in migrations:
        if migration.version not in chosen:
            prover.skip(migration)
            continue
        done += 1
        logs.transient(f"{done}/{len(chosen)}  {shown(migration.path)}")
        proof, goes_on = prover.prove(migration)
        yield proof
        if not goes_on:
            break
    logs.transient("")


class _Prover:
    """Keeps the databases, and goes through the migrations."""

    def __init__(self, workshop: Workshop, settings: Settings, rows: int) -> None:
        self._workshop = workshop
        self._settings = settings
        self._rows = rows
        self._clean = workshop.make()
        self._behind: list[Migration] = []  # what has yet to run on it
        self._work: Target | None = None

    def skip(self, migration: Migration) -> None:
        """Go past a migration that is not to be proven."""
        self._behind.append(migration)
        self._leave()

    def prove(self, migration: Migration) -> tuple[Proof, bool]:
        """Prove a migration; and whether those after it can be proven too."""
        began = time.perf_counter()
        work = self._work or self._copied()
        found = self._tried(work, migration, None)
        goes_on = found.went_up
        if not found.went_up:
            rows = self._looked_ahead(migration)
            goes_on = rows is not None
            if rows:
                found = self._tried(self._copied(), migration, rows)
        if found.findings:
            self._leave()
        self._behind.append(migration)
        return found.proof(time.perf_counter() - began), goes_on

    def _tried(self, work: Target, migration: Migration, rows: list[Row] | None) -> Trial:
        with scratch.session(work) as (connection, watcher):
            tried = Trial(connection, watcher, migration, self._settings, self._rows)
            tried.run(rows)
        return tried

    def _looked_ahead(self, migration: Migration) -> list[Row] | None:
        """Rows that UP does not refuse: made up behind it, where the constraints that it adds are.

        None where UP fails without any made-up row, too.
        """
        ahead = self._workshop.make(self._cleaned())
        try:
            with scratch.session(ahead) as (connection, watcher):
                step = Step(migration.version, UP, migration.up, migration.path)
                scratch.run(connection, step, self._settings, watcher)
                return trial.filled(connection, self._rows).rows
        except (PromptlibError, psycopg2.Error):
            return None
        finally:
            self._workshop.drop(ahead)

    def _copied(self) -> Target:
        """A database as the migrations alone leave it, to be worked on."""
        self._leave()
        self._work = self._workshop.make(self._cleaned())
        return self._work

    def _cleaned(self) -> Target:
        scratch.build(self._clean, self._behind, self._settings)
        self._behind = []
        return self._clean

    def _leave(self) -> None:
        if self._work:
            self._workshop.drop(self._work)
        self._work = None
