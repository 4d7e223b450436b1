"""A command of Alembic's as a script for psql: what `--sql` writes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from promptlib.core.errors import ConfigurationError
from promptlib.core.logs import stdout_may_close
from promptlib.engine.psql_script import PsqlScript
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.repeatable import repeatable_version
from promptlib.ledger.tables import DOWN, UP, LedgerSql, Move
from promptlib.plan.protection import require_ledger_spared_by
from promptlib.plan.repeatable import repeatable_entries
from promptlib.plan.steps import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

    from promptlib.alembic_bridge.revisions import SqlScriptDirectory
    from promptlib.config.settings import Settings


def run_offline(
    context: EnvironmentContext, script: SqlScriptDirectory, settings: Settings
) -> None:
    """Write what the command would do, from one revision to another.

    Args:
        context: Alembic's, configured for offline mode.
        script: the migrations.
        settings: how sections run.

    Raises:
        MigrationFileError: before a line is written.
        LedgerError: likewise, where a section would change the ledger.
    """
    inner = context.get_context()
    if inner.purge:
        raise ConfigurationError("--purge makes no sense with --sql", "leave one of them out")
    files = script.sources
    files.read({})
    repeatable_entries(files, {})
    files.require_readable()
    start = max(inner.get_current_heads(), default="")
    steps = [*inner.opts["fn"](inner.get_current_heads(), inner)]
    names = LedgerNames(*settings.ledger)
    sql = LedgerSql(names)
    if script.asked.command == "stamp":
        parts = PsqlScript(files, settings, sql).stamp(start, script.asked.bound)
    else:
        planned = [*_planned(steps)]
        recorded = partial(_tell, inner, {step.revision.revision: step.info for step in steps})
        if script.asked.command == "upgrade" and _end(start, planned) == files.newest:
            planned += [PlannedStep(repeatable_version(each.name), UP) for each in files.repeatable]
        require_ledger_spared_by(files, (step[:2] for step in planned), names)
        parts = PsqlScript(files, settings, sql, recorded).deploy(start, planned)
    _write(context, parts)


def _tell(inner: MigrationContext, infos: Mapping[str, Any], step: PlannedStep) -> None:
    if not step.move:
        return  # Alembic knows no repeatable file
    for callback in inner.on_version_apply_callbacks:
        callback(ctx=inner, step=infos[step.version], heads={step.move.now} - {""}, run_args={})


def _planned(steps: Iterable[Any]) -> Iterator[PlannedStep]:
    for step in steps:
        before, now = str(step.revision.down_revision or ""), step.revision.revision
        move = Move(before, now) if step.is_upgrade else Move(now, before)
        yield PlannedStep(now, UP if step.is_upgrade else DOWN, move)


def _end(start: str, steps: Iterable[PlannedStep]) -> str:
    return [start, *(step.move.now for step in steps if step.move)][-1]


def _write(context: EnvironmentContext, parts: Iterable[str]) -> None:
    with stdout_may_close():
        for part in parts:
            context.static_output(part)
