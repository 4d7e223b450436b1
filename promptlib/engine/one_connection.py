"""Whether a deploy may hold its lock in the very session that its migration runs in.

Most deploys run one migration, and to connect takes longer than that. Where the session ends, its
lock is free, and nothing runs any more. But no section may let go of it, and one that runs outside
a transaction has a session of its own making.
"""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.tables import DOWN
from promptlib.syntax.lexemes import byte_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.engine.context import Connections
    from promptlib.files.section import Section
    from promptlib.plan.status import Status
    from promptlib.plan.steps import PlannedStep

_LETS_GO = byte_pattern("advisory", re.IGNORECASE)


def suits_one_connection(
    connections: Connections, status: Status, steps: Sequence[PlannedStep]
) -> bool:
    """Whether the lock and the migration can share a session.

    Args:
        connections: of the deploy.
        status: where the database stands.
        steps: what is to run.
    """
    ledger = status.ledger
    is_ours = connections.owned and not connections.external and not ledger.is_pooled
    if not is_ours or ledger.unfinished or ledger.half_done or len(steps) != 1:
        return False
    (step,) = steps
    section = None if step.passes_over else _section(status, step)
    if not section or not section.transactional:
        return False
    return not _LETS_GO.search(section.source, section.start, section.end)


def _section(status: Status, step: PlannedStep) -> Section | None:
    """The section of the file, if that is what would run."""
    migration = status.files.get(step.version)
    if not migration:
        return None
    if step.direction != DOWN:
        return migration.up
    row = status.rows.get(step.version)
    return migration.down if row and row.down == migration.down.checksum else None
