"""What a migrate would run: the plan, and the SQL of what Alembic's own script does not hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import PromptlibError, combine_errors
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.states import State
from promptlib.plan.status import deploy_refusals, describe_half_done

if TYPE_CHECKING:
    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Standing

HEAD = "head"
_FURTHER = re.compile(r"\+(\d+)")


class Preview(NamedTuple):
    """What would run.

    Attributes:
        late: migrations that Alembic does not know of, which run first.
        pending: the others.
        end: where the database stands then, or nothing.
        makes_ledger: whether the ledger is made or filled before.
    """

    late: list[Entry]
    pending: list[Entry]
    end: str
    makes_ledger: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return not (self.late or self.pending or self.makes_ledger)


def has_work(found: Standing, settings: Settings) -> bool:
    """Whether a migrate to head may have something to do, or to refuse."""
    ledger = found.ledger
    return bool(
        found.waiting
        or ledger.half_done
        or ledger.is_replica
        or not ledger.is_ready
        or [*deploy_refusals(found, applies_late=settings.applies_late)]
    )


def will_run(found: Standing, settings: Settings) -> bool:
    """Whether a migrate has a section to run, and nothing refuses it."""
    refused = any(deploy_refusals(found, applies_late=settings.applies_late))
    return not refused and bool(found.waiting or found.ledger.half_done)


def of(found: Standing, target: str, settings: Settings) -> Preview:
    """What a migrate would run.

    Args:
        found: the database and the files.
        target: what the command line says: head, +N, or how a version begins.
        settings: how deploys behave.

    Raises:
        PromptlibError: where a migrate would refuse, or there is no script of what it would do.
    """
    refused = [*deploy_refusals(found, applies_late=settings.applies_late)]
    if refused:
        raise combine_errors(refused)
    if found.ledger.half_done:
        raise PromptlibError(
            "no script holds the rest of a section that was cut off",
            notes=[f"  {each}" for each in map(describe_half_done, found.ledger.half_done)],
        )
    late = found.of(State.LATE)
    pending = found.of(State.PENDING)
    if further := _FURTHER.fullmatch(target):
        if int(further[1]) > len(pending):
            raise PromptlibError(f"only {len(pending)} migrations are pending")
        pending = pending[: int(further[1])]
    elif target != HEAD:
        last = found.version(target)
        pending = [entry for entry in pending if entry.version <= last]
    end = pending[-1].version if pending else found.current
    ready = found.ledger.exists and not found.ledger.is_unfilled
    return Preview(late, pending, end, makes_ledger=not ready)


def script(found: Standing, late: list[Entry], settings: Settings) -> str:
    """The SQL of late migrations, for psql."""
    from promptlib.engine import psql_script as offline  # noqa: PLC0415

    parts = [_section(found.migrations[each.version], found, settings) for each in late]
    return "\n\n".join([offline.HEAD, *parts, ""]) if parts else ""


def _section(migration: Migration, found: Standing, settings: Settings) -> str:
    from promptlib.engine.psql_script import section_script  # noqa: PLC0415

    up = migration.up
    sql = section_script(up, settings.of_section(up.settings))
    record = LedgerSql(found.ledger.schema).applied(migration)
    name = f"-- Running upgrade of late migration {migration.version}"
    whole = ["BEGIN;", sql, record] if up.transactional else [sql, "BEGIN;", record]
    return "\n\n".join([name, *whole, "COMMIT;"])
