"""A command of Alembic's on a database: one that looks, or a deploy, which the engine runs.

Alembic says what its command means: which revisions, in which direction. Everything that changes
the database is the engine's; `on_version_apply` is called as Alembic would call it.
"""

from __future__ import annotations

import contextlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import psycopg2
from alembic.operations import Operations
from alembic.runtime.migration import RevisionStep
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from promptlib.alembic_bridge.catalog_queries import catalog_queries_apart
from promptlib.alembic_bridge.errors import given_to, is_command
from promptlib.core.errors import PlanRefusedError, PromptlibError, combine_errors
from promptlib.core.logs import EventLog, Log
from promptlib.core.remedies import MIGRATE, Front, Remedy
from promptlib.engine.context import Connections
from promptlib.engine.deploy import Deploy
from promptlib.engine.request import Request
from promptlib.engine.results import describe_deployment
from promptlib.ledger.tables import UP, LedgerSql
from promptlib.plan.refusals import deploy_refusals, require_clear
from promptlib.plan.status import place_of_version
from promptlib.plan.steps import Action, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from psycopg2.extensions import connection as DriverConnection
    from sqlalchemy import Connection, Table

    from promptlib.alembic_bridge.revisions import SqlScriptDirectory
    from promptlib.config.settings import Settings
    from promptlib.ledger.state import Ledger
    from promptlib.plan.status import Status
    from promptlib.plan.steps import PlannedStep

_log = Log(__name__)
_COUNTED = re.compile(r"[+-]\d+$")
_ACTIONS = {"upgrade": Action.MIGRATE, "downgrade": Action.ROLLBACK}


def run_online(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    settings: Settings,
    connection: Connection,
    *,
    compares: bool,
) -> None:
    """Run the command.

    Args:
        context: Alembic's, configured.
        script: the migrations.
        settings: how to behave.
        connection: to the database.
        compares: whether a model is compared with the database.
    """
    external = connection.in_transaction()
    driver: Any = connection.connection.driver_connection
    try:
        deploy = _engine(context, script, settings, connection, external=external)
        if "destination_rev" in context.get_context().opts:
            _Command(context.get_context(), script, deploy).run()
        else:
            _look(context, script, deploy, compares=compares)
    except BaseException:
        if not external and not driver.closed:
            with contextlib.suppress(psycopg2.Error, SQLAlchemyError):  # it may be lost
                connection.rollback()
                driver.rollback()  # what SQLAlchemy knows nothing of
        raise
    if not external:
        connection.commit()  # a caller's next command on it must not find a transaction open


def _engine(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    settings: Settings,
    connection: Connection,
    *,
    external: bool,
) -> Deploy:
    def connect() -> DriverConnection:
        # A pool of its own: the caller's may have no connection left, or always give the same.
        made = connection.engine.pool.recreate().connect()
        driver: Any = made.driver_connection
        made.detach()
        return cast("DriverConnection", driver)

    config = context.config
    connections = Connections(
        cast("DriverConnection", connection.connection.driver_connection),
        connect,
        external=external,
        owned=config.attributes.get("connection") is None,
        is_command=is_command(config),
    )
    return Deploy(connections, script.sources, settings, EventLog())


def _look(
    context: EnvironmentContext, script: SqlScriptDirectory, deploy: Deploy, *, compares: bool
) -> None:
    """Run a command that only looks: report what is not as the files say, and go on."""
    inner = context.get_context()
    # Alembic makes its version table for commands that only look (check, history -i): not here.
    inner.opts.setdefault("dont_mutate", True)
    with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):
        found = deploy.look()
        vars(inner).update(get_current_heads=lambda: found.ledger.current)  # read already
        if not found.ledger.has_schema:
            event.listen(inner._version, "before_create", partial(_make_schema, found.ledger))
        script.acquaint(found)
        if compares:
            require_clear(found)
        for problem in _problems(found):
            _log.warning("%s", problem.told(Front.ALEMBIC, given_to(context.config)))
        if compares:
            _require_head(found)
    assert inner.connection
    with catalog_queries_apart(inner.connection):
        inner.run_migrations()


def _make_schema(ledger: Ledger, _table: Table, connection: Connection, **_: object) -> None:
    """Make the schema of alembic_version before that, which `alembic ensure_version` makes."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(LedgerSql(ledger.names).create_schema())


def _problems(found: Status) -> Iterable[PromptlibError]:
    """What a reader should know; what stands where is known only where every file can be read."""
    if found.files.broken:
        return [combine_errors(found.files.broken)]
    return deploy_refusals(found, applies_late=False)


def _require_head(found: Status) -> None:
    """Refuse to compare a model with another schema, as pending or newer migrations make it.

    Raises:
        PlanRefusedError: naming both versions.
    """
    is_behind = found.current < found.head
    if found.current != found.head:
        raise PlanRefusedError(
            f"the database is {'not up to date' if is_behind else 'ahead of the files'}: it is at "
            f"{found.current or 'base'}, the newest migration is {found.head or 'none'}",
            Remedy("run what is pending first: {}", MIGRATE)
            if is_behind
            else "compare by the files that it was migrated by",
        )


class _Command:
    """A command that changes the database.

    Args:
        context: Alembic's.
        script: the migrations.
        deploy: what changes it.
    """

    def __init__(
        self, context: MigrationContext, script: SqlScriptDirectory, deploy: Deploy
    ) -> None:
        self._context, self._script, self._deploy = context, script, deploy
        self._resolve: Callable[[Any, Any], list[Any]] = context.opts["fn"]
        self._infos: dict[str, MigrationInfo] = {}  # of Alembic's steps, by version

    def run(self) -> None:
        """Let Alembic say what is asked for, and the engine do it."""
        seen = self._deploy.look()
        seen.files.require_readable()
        steps = self._steps(seen)
        if self._script.asked.command == "stamp":
            self._stamp(steps, seen.head)
            return
        action = _ACTIONS[self._script.asked.command]
        recorded = self._applied if self._context.on_version_apply_callbacks else None
        # A target that counts from here means another migration once somebody else has moved on.
        destination = str(self._context.opts["destination_rev"])
        start = seen.ledger.current if _COUNTED.search(destination) else None
        request = Request(action, self._wanted, start, recorded)
        _log.info("%s", describe_deployment(self._deploy.run(request, seen)))

    def _steps(self, found: Status) -> list[Any]:
        """Alembic's steps, where the database stands so."""
        self._script.acquaint(found)
        heads = (found.revision,) if found.revision and not self._context.purge else ()
        return [*self._resolve(heads, self._context)]

    def _wanted(self, found: Status) -> Wanted:
        steps = [step for step in self._steps(found) if isinstance(step, RevisionStep)]
        for step in steps:
            self._infos[step.revision.revision] = step.info
        return Wanted([step.revision.revision for step in steps], self._script.asked.bound)

    def _applied(self, step: PlannedStep) -> None:
        """Call whom Alembic calls when a version was applied, in the version's transaction."""
        assert step.move
        info = self._infos.get(step.version) or _info(self._script, step)
        self._call(info, {step.move.now} - {""})

    def _call(self, info: MigrationInfo, heads: set[str]) -> None:
        with Operations.context(self._context):  # alembic.op may be used there
            for callback in self._context.on_version_apply_callbacks:
                callback(ctx=self._context, step=info, heads=heads, run_args={})

    def _stamp(self, steps: list[Any], head: str) -> None:
        end = self._script.asked.bound

        def recorded() -> None:
            for step in steps:
                self._call(step.info, {end} - {""})

        self._deploy.stamp(end, recorded)
        _log.info("%s", place_of_version(end, head))


def _info(script: SqlScriptDirectory, step: PlannedStep) -> MigrationInfo:
    """What Alembic would say of a step that it did not plan: one that is passed over."""
    revision = script.get_revision(step.version)
    return RevisionStep(script.revision_map, revision, is_upgrade=step.direction == UP).info
