"""One deploy: look where the database stands, take the lock, look again, and run what is to run.

Whoever asks for it says which migrations are wanted. What makes it safe is here and in the modules
that this one calls, and nowhere else, whichever front asks.
"""

from __future__ import annotations

import contextlib
import gc
import time
from functools import partial

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from promptlib.core.errors import PromptlibError
from promptlib.core.events import Event, Kind, ignore
from promptlib.core.interrupts import UNDONE, note_seen
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.context import DeployContext
from promptlib.engine.locked import Locked
from promptlib.engine.one_connection import suits_one_connection
from promptlib.engine.request import is_needed, plan_request, untouched
from promptlib.engine.transactions import transaction_kept, transactions_of
from promptlib.engine.watcher import Watcher
from promptlib.ledger.deploys import finish, lose
from promptlib.ledger.lock import acquire_lock, hold_lock, hold_lock_in_session, lock_key
from promptlib.ledger.names import VERSION_TABLE, LedgerNames
from promptlib.ledger.reading import read_ledger, read_ledger_again
from promptlib.ledger.repeatable import repeatable_name
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.refusals import require_ours, require_unmoved, require_writable
from promptlib.plan.status import Status, compare_status
from promptlib.postgres.connections import autocommit_cursor
from promptlib.postgres.driver import driver_errors_explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.core.events import Progress
    from promptlib.engine.context import Connections
    from promptlib.engine.kept_downs import KeptDown
    from promptlib.engine.request import Request
    from promptlib.engine.results import Deployment, RanSection
    from promptlib.ledger.lock import DeployLock
    from promptlib.ledger.state import Ledger
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.stamp import Declaration
    from promptlib.plan.steps import PlannedStep


class Deploy:
    """Everything that changes a database goes through one of these.

    Args:
        connections: to the database.
        files: the migrations.
        settings: how to behave.
        progress: is told what happens.
    """

    def __init__(
        self,
        connections: Connections,
        files: MigrationFiles,
        settings: Settings,
        progress: Progress = ignore,
    ) -> None:
        self._connections, self._files = connections, files
        self._settings, self._progress = settings, progress

    def look(self, seen: Status | None = None) -> Status:
        """Compare the files with the database.

        Args:
            seen: what was seen just now, on the same connection.
        """
        return compare_status(self._files, self._read(seen and seen.ledger))

    def run(self, request: Request, seen: Status | None = None) -> Deployment:
        """Run what is asked for, if there is something to do.

        Args:
            request: what is asked for.
            seen: what has been seen before, if somebody has looked.

        Raises:
            PromptlibError: for whatever keeps it from running, or stops it.
        """
        with driver_errors_explained():
            status = seen or self.look()
            steps = plan_request(request, status, self._settings)
            if not is_needed(steps, status):
                return untouched(status)
        return self.run_locked(request, status, steps)

    def run_locked(self, request: Request, seen: Status, expected: list[PlannedStep]) -> Deployment:
        """Run what is asked for, where there was something to do when somebody looked.

        Args:
            request: what is asked for.
            seen: what was seen then.
            expected: the steps that this meant.

        Raises:
            PromptlibError: for whatever keeps it from running, or stops it.
        """
        began = time.monotonic()
        with driver_errors_explained(), self._undone():
            done = self._run_in_session(request, seen, expected)
            if not done:
                with self.locked(seen) as locked:
                    done = self._run_under(locked, request, self._planned(locked, request))
        return done._replace(seconds=time.monotonic() - began)

    def _run_in_session(
        self, request: Request, seen: Status, expected: list[PlannedStep]
    ) -> Deployment | None:
        """Run a step under a lock that its own session holds, if it suits and is still the one."""
        connections = self._connections
        needs_more = self._settings.schema_file  # which is written while the lock is held
        if needs_more or not suits_one_connection(connections, seen, expected):
            return None
        number, wait = lock_key(seen.ledger.schema, VERSION_TABLE), self._settings.deploy_wait
        with hold_lock_in_session(connections.connection, number, wait, self._progress) as lock:
            locked = Locked(connections, self.look(seen), lock)
            suits = suits_one_connection(connections, locked.status, expected)
            if suits and self._planned(locked, request) == expected:
                done = self._run_under(locked, request, expected)
            else:
                done = None
            if not (done and connections.is_command):  # whose session ends now
                lock.let_go()
        return done

    def _planned(self, locked: Locked, request: Request) -> list[PlannedStep]:
        require_unmoved(locked.status.ledger, request.start)
        return plan_request(request, locked.status, self._settings)

    def _run_under(self, locked: Locked, request: Request, steps: list[PlannedStep]) -> Deployment:
        status = locked.status
        self._require_not_run_elsewhere(status, steps)
        kept = self._agreed_downs(status, steps, request)
        ran = self._run_steps(locked, steps, request, kept)
        self._tell_what_waits(status, steps)
        current = _end(status, steps) or None
        return untouched(status)._replace(ran=tuple(ran), current=current)

    @contextlib.contextmanager
    def _undone(self) -> Iterator[None]:
        """Leave no transaction open behind an error; a caller's is his."""
        try:
            yield
        except BaseException as error:
            connection = self._connections.connection
            if not self._connections.external and not connection.closed:
                with contextlib.suppress(psycopg2.Error):  # it may be lost
                    connection.rollback()
                    note_seen(error, UNDONE)
            raise

    def _require_not_run_elsewhere(self, status: Status, steps: Iterable[PlannedStep]) -> None:
        """Refuse what the tool that it was imported from ran, perhaps since it was adopted."""
        if not status.files.imported:
            return
        from promptlib.plan.elsewhere import require_not_run_elsewhere

        versions = [step.version for step in steps if step.direction == UP]
        with self._looking() as cursor:
            require_not_run_elsewhere(cursor, status, versions)

    def _agreed_downs(
        self, status: Status, steps: list[PlannedStep], request: Request
    ) -> dict[str, KeptDown]:
        """The DOWN sections that are the ledger's, shown before anything runs."""
        backwards = [step.version for step in steps if step.direction == DOWN]
        if not backwards:
            return {}
        from promptlib.engine.kept_downs import (
            describe_kept_downs,
            find_kept_downs,
            require_agreed,
        )

        with self._looking() as cursor:
            found = find_kept_downs(cursor, status, backwards)
        require_agreed(found, request.kept_downs, self._settings)
        if found and request.kept_downs is None:
            shown = "\n".join(describe_kept_downs(found.values()))
            self._progress(Event(Kind.WARNING, shown, direction=DOWN))
        return found

    def _run_steps(
        self,
        locked: Locked,
        steps: list[PlannedStep],
        request: Request,
        kept: Mapping[str, KeptDown],
    ) -> list[RanSection]:
        status = locked.make_ledger()
        if not steps:
            return []
        from promptlib.engine.sections import Sections
        from promptlib.engine.step_runner import StepRunner

        if self._connections.is_command:
            gc.freeze()  # files and modules stay: no use in searching them again and again
        usual, is_pooled = self._settings.of_section({}), status.ledger.is_pooled
        within = transactions_of(self._connections, usual, locked.lock, is_pooled=is_pooled)
        sql, guard = locked.begin(request.action, _end(status, steps), within)
        with self._watcher() as watcher:
            context = DeployContext(
                self._connections, self._settings, sql, guard, watcher, self._progress
            )
            sections = Sections(status, kept)
            runner = StepRunner(context, sections, within, locked.lock, request.recorded)
            with _failure_recorded(context):
                try:
                    return runner.run_all(steps)
                except (PromptlibError, KeyboardInterrupt) as error:
                    from promptlib.engine.standing import Course, tell_standing

                    course = Course(status, steps, self._settings, self._connections.external)
                    tell_standing(error, course, runner)
                    raise

    def _tell_what_waits(self, status: Status, steps: list[PlannedStep]) -> None:
        """Say of repeatable files what became of them where none ran with other steps."""
        if not steps or any(repeatable_name(each.version) for each in steps):
            return
        due = [each.name for each in status.repeatable if each.state.is_due]
        ran = [*status.ledger.repeatable]
        if steps[0].direction == UP and due:
            said = f"repeatable files wait until the database is at head: {', '.join(due)}"
        elif steps[0].direction == DOWN and ran:
            said = f"repeatable files are left as they are: {', '.join(ran)}"
        else:
            return
        self._progress(Event(Kind.INFO, said))

    def stamp(self, version: str, recorded: Callable[[], None] = lambda: None) -> None:
        """Put alembic_version and the ledger where somebody says that the database stands.

        Args:
            version: the current revision from then on; empty: base.
            recorded: called in the transaction, when all but the commit is done.

        Raises:
            PromptlibError: when a file is broken, or the ledger is another program's.
        """
        with driver_errors_explained():
            declared = self._stamp(version, recorded)
        for versions, what, direction in (
            (declared.executed, "is taken for executed", UP),
            (declared.pending, "is taken for pending", DOWN),
        ):
            for each in versions:
                self._progress(Event(Kind.DECLARED, f"{each} {what}", each, direction))

    def _stamp(self, version: str, recorded: Callable[[], None]) -> Declaration:
        from promptlib.plan.stamp import declare_version, stamp_statements

        status = self.look()
        status.files.require_readable()
        require_writable(status.ledger)
        require_ours(status.ledger)
        with self.locked(status) as locked:
            require_ours(locked.status.ledger)
            with locked.recording("stamp", version) as cursor:
                declared = declare_version(locked.status, version)
                for each in stamp_statements(locked.status, declared):
                    cursor.execute(each)
                with transaction_kept(self._connections.connection):
                    recorded()
        return declared

    @contextlib.contextmanager
    def locked(self, seen: Status) -> Iterator[Locked]:
        """Hold the deploy lock, and compare the files with the database again.

        In a caller's transaction the lock is held until that ends.

        Args:
            seen: what was seen before: it says which lock that is.

        Raises:
            LockNotAcquiredError: when another deploy does not end in time.
            ConfigurationError: when the lock and the migrations are on different servers.
        """
        pooled = seen.ledger.is_pooled
        with self._lock(lock_key(seen.ledger.schema, VERSION_TABLE), pooled=pooled) as lock:
            status = self._look_beside(lock, seen) if lock else self.look()
            if status.ledger.unfinished:
                from promptlib.engine.takeover import take_over_unfinished

                take_over_unfinished(
                    self._connections, status.ledger, self._settings, self._progress
                )
                status = self.look()
            locked = Locked(self._connections, status, lock)
            yield locked
            if locked.has_recorded and self._settings.schema_file:
                from promptlib.engine.schema_writing import write_schema

                write_schema(self._connections, self._files, self._settings, self._progress)

    def _look_beside(self, lock: DeployLock, seen: Status) -> Status:
        """Look while another connection holds the lock, which has to be on the same server."""
        if seen.ledger.is_pooled:
            from promptlib.postgres.pooling import second_connection_given

            with second_connection_given(self._connections.connection):
                status = self.look()
        else:
            status = self.look(seen)
        lock.require_on(status.ledger.server)
        return status

    def _lock(
        self, number: int, *, pooled: bool
    ) -> contextlib.AbstractContextManager[DeployLock | None]:
        wait = self._settings.deploy_wait
        if not self._connections.external:
            from promptlib.postgres.pooling import connect_second
            from promptlib.postgres.waiting import show_life

            alive = partial(show_life, self._connections.connection)
            connect = self._connections.connect
            connect = partial(connect_second, connect) if pooled else connect
            return hold_lock(connect, number, wait, self._progress, alive)
        with self._connections.connection.cursor() as cursor:
            acquire_lock(cursor, number, wait, self._progress)
        return contextlib.nullcontext()

    def _read(self, seen: Ledger | None = None) -> Ledger:
        """Read what the database remembers."""
        connections, names = self._connections, LedgerNames(*self._settings.ledger)
        if connections.external:
            with connections.connection.cursor() as cursor:
                return read_ledger(cursor, names)
        with autocommit_cursor(connections.connection) as cursor:
            return read_ledger_again(cursor, names, seen) if seen else read_ledger(cursor, names)

    @contextlib.contextmanager
    def _looking(self) -> Iterator[Cursor]:
        """A cursor to look with, without touching a caller's open transaction."""
        connection = self._connections.connection
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            if not self._connections.external and not connection.closed:
                connection.rollback()

    def _watcher(self) -> Watcher:
        connections = self._connections
        return Watcher(
            connections.connect,
            connections.connection,
            self._progress,
            interruptible=connections.is_command,
        )


def _end(status: Status, steps: list[PlannedStep]) -> str:
    """Where the database will stand."""
    return [status.current, *(step.move.now for step in steps if step.move)][-1]


@contextlib.contextmanager
def _failure_recorded(context: DeployContext) -> Iterator[None]:
    """Record that a deploy failed, as far as that goes; its last step records its success."""
    try:
        yield
    except BaseException:
        sql, deploy = context.sql, context.sql.deploy
        if context.connections.external:
            _record_for_a_caller(context, finish(sql, deploy, "failed"))
        elif context.connection.closed:
            context.record_apart(lose(sql, deploy))
        else:
            context.record_apart(finish(sql, deploy, "failed"))
        raise


def _record_for_a_caller(context: DeployContext, sql: str) -> None:
    """In his transaction, where nobody else sees the deploy, and which he may commit all the same.

    Others would wait for his session as for one that a deploy has left, for as long as he keeps it.
    """
    if context.connection.get_transaction_status() == TRANSACTION_STATUS_INTRANS:
        with context.connection.cursor() as cursor:
            cursor.execute(sql)
