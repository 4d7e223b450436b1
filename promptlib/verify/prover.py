"""Prove that DOWN undoes UP: run each migration up, down and up again, and compare.

Two scratch databases are kept: one that has nothing but the migrations, and one with made-up rows,
which each migration is tried on. When a trial ends badly, the second is made again from the first.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple, Self

import psycopg2

from promptlib.core.errors import PromptlibError, display_path
from promptlib.core.logs import Log, show_transient
from promptlib.engine.runner import Step
from promptlib.ledger.names import VERSION_TABLE, LedgerNames
from promptlib.ledger.tables import UP, LedgerSql
from promptlib.verify.build import build_schema
from promptlib.verify.measure import run_measured
from promptlib.verify.repeatable import prove_repeatable
from promptlib.verify.report import VerifyReport
from promptlib.verify.samples import SampleMaker
from promptlib.verify.scratch import open_scratch_databases
from promptlib.verify.session import scratch_session
from promptlib.verify.trial import Trial, on_made_up_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.files.repeatable import RepeatableFile
    from promptlib.postgres.target import Target
    from promptlib.verify.place import ScratchPlace
    from promptlib.verify.report import Proof, RepeatableProof
    from promptlib.verify.samples import SampleRow
    from promptlib.verify.scratch import ScratchDatabases
    from promptlib.verify.session import ScratchSession

_log = Log(__name__)


class ToProve(NamedTuple):
    """What is to be proven.

    Attributes:
        migrations: all, in order.
        chosen: the versions of those to prove; the others only run.
        repeatable: the repeatable files to run behind all migrations, unless one of these fails.
    """

    migrations: Sequence[Migration]
    chosen: Collection[str]
    repeatable: Sequence[RepeatableFile] = ()


def prove_migrations(
    place: ScratchPlace, work: ToProve, settings: Settings, rows: int
) -> VerifyReport:
    """Prove migrations; the arguments are those of `growing_reports`.

    Raises:
        PromptlibError: as that does.
    """
    *_, report = growing_reports(place, work, settings, rows)
    return report


def growing_reports(
    place: ScratchPlace, work: ToProve, settings: Settings, rows: int
) -> Iterator[VerifyReport]:
    """Prove migrations, the oldest first. One whose UP fails is the last.

    Args:
        place: where to do it.
        work: what to prove.
        settings: what sections run with.
        rows: how many made-up rows each table has.

    Yields:
        what was found so far: before the first, behind each migration, and at the end.

    Raises:
        PromptlibError: where a migration that is not to be proven fails.
    """
    migrations, chosen, repeatable = work
    began = time.perf_counter()
    last = max(chosen, default="")
    proofs: list[Proof] = []
    ran_twice: RepeatableProof | None = None

    def report() -> VerifyReport:
        unfilled = tuple(prover.refused.items())
        return VerifyReport(
            scratch.server, tuple(proofs), time.perf_counter() - began, unfilled, ran_twice
        )

    with open_scratch_databases(place) as scratch:
        needed = [migration for migration in migrations if migration.version <= last]
        with _Prover(scratch, settings, rows) as prover:
            yield report()
            for proof in _proofs(prover, needed, chosen):
                proofs.append(proof)
                yield report()
            if repeatable and prover.goes_on:
                rest = [migration for migration in migrations if migration.version > last]
                ran_twice = prover.prove_repeatable(repeatable, rest)
        yield report()


def _proofs(
    prover: _Prover, migrations: Sequence[Migration], chosen: Collection[str]
) -> Iterator[Proof]:
    done = 0
    for migration in migrations:
        if migration.version not in chosen:
            prover.skip(migration)
            continue
        done += 1
        show_transient(f"{done}/{len(chosen)}  {display_path(migration.path)}")
        proof, goes_on = prover.prove(migration)
        yield proof
        prover.goes_on = goes_on
        if not goes_on:
            break
    show_transient("")


class _Prover:
    """Keeps the databases, and goes through the migrations.

    Args:
        scratch: makes the databases.
        settings: what sections run with.
        rows: how many made-up rows each table has.
    """

    def __init__(self, scratch: ScratchDatabases, settings: Settings, rows: int) -> None:
        self._scratch = scratch
        self._settings = settings
        self._samples = SampleMaker(rows, _ledger_tables(LedgerNames(*settings.ledger)))
        self._clean = self._fresh() if scratch.makes_copies else None
        self._behind: list[Migration] = []  # what has yet to run on a fresh one
        self.goes_on = True  # whether all migrations ran until now
        self.refused: dict[str, str] = {}  # tables without made-up rows, and why
        self._work: ScratchSession | None = None
        self._open = contextlib.ExitStack()  # what is to be closed when the work is left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        # Behind an error the connection may be lost; what is left goes with all the others.
        with contextlib.suppress(psycopg2.Error) if raised else contextlib.nullcontext():
            self.leave()
            if self._clean:
                self._scratch.drop(self._clean)

    def skip(self, migration: Migration) -> None:
        """Go past a migration that is not to be proven."""
        self._behind.append(migration)
        self.leave()

    def prove(self, migration: Migration) -> tuple[Proof, bool]:
        """Prove a migration; and whether those after it can be proven too."""
        began = time.perf_counter()
        found = self._try_migration(migration, None)
        goes_on = found.went_up
        if not found.went_up and not found.was_refused:
            self.leave()
            rows = self._rows_made_behind(migration)
            goes_on = rows is not None
            refused = found
            if rows:
                found = self._try_migration(migration, rows)
            if goes_on and not found.went_up:
                self.leave()
                found = self._try_migration(migration, [])
                found.findings[:0] = [on_made_up_rows(refused)]
        self.refused |= found.refused
        if found.findings or found.stays:
            self.leave()
        self._behind.append(migration)
        return found.proof(time.perf_counter() - began), goes_on

    def prove_repeatable(
        self, files: Sequence[RepeatableFile], rest: Sequence[Migration]
    ) -> RepeatableProof:
        """Run repeatable files behind all migrations, of which some have yet to run."""
        self._behind += rest
        self.leave()
        with self._working_copy() as session:
            return prove_repeatable(session, files, self._settings)

    def leave(self) -> None:
        """Drop the database that was worked on."""
        self._open.close()
        self._work = None

    def _try_migration(self, migration: Migration, rows: list[SampleRow] | None) -> Trial:
        if not self._work:
            self._work = self._open.enter_context(self._working_copy())
        tried = Trial(self._work, migration, self._settings, self._samples)
        tried.run(rows)
        return tried

    def _rows_made_behind(self, migration: Migration) -> list[SampleRow] | None:
        """Rows that UP does not refuse: made up behind it, where the constraints that it adds are.

        None where UP fails without any made-up row, too.
        """
        step = Step(migration.version, UP, migration.up, migration.path)
        with self._working_copy() as session:
            try:
                [*run_measured(session, step, self._settings)]
                made = self._samples.fill(session)
            except (PromptlibError, psycopg2.Error):
                return None
        self.refused |= made.refused
        return made.rows

    @contextlib.contextmanager
    def _working_copy(self) -> Iterator[ScratchSession]:
        """A session on a database as the migrations alone leave it."""
        guard = self._scratch.guard
        made = self._copy(self._clean) if self._clean else self._rebuilt()
        try:
            with scratch_session(made, guard) as session:
                yield session
        finally:
            self._scratch.drop(made)
            guard.put_back()

    def _copy(self, clean: Target) -> Target:
        if self._behind:
            build_schema(clean, self._behind, self._settings, self._scratch.guard)
            self._behind = []
            self._scratch.guard.keep()
        return self._scratch.create(clean)

    def _rebuilt(self) -> Target:
        made = self._fresh()
        build_schema(made, self._behind, self._settings, self._scratch.guard)
        return made

    def _fresh(self) -> Target:
        """A database that no migration has run in."""
        made = self._scratch.create()
        _make_ledger(made, LedgerNames(*self._settings.ledger))
        return made


def _ledger_tables(names: LedgerNames) -> set[str]:
    """The names of our own tables, as verify has them."""
    prefix = f"{names.schema or 'public'}."
    return {prefix + name for name in (*names.tables, VERSION_TABLE)}


def _make_ledger(made: Target, names: LedgerNames) -> None:
    """Make what a deploy makes before the first migration, which may grant rights on it."""
    tables = LedgerSql(names)
    with (
        contextlib.closing(made.connect()) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        parts = (tables.create_schema(), tables.create_version(), tables.create())
        cursor.execute("\n".join(parts))
