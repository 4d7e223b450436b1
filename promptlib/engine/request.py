"""What somebody asks of a deploy, and the steps that this means where the database stands.

It is apart from what runs them, which takes its time to load: mostly there is nothing to run.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.engine.results import Deployment
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.refusals import (
    require_applicable,
    require_asked,
    require_clear,
    require_writable,
)
from promptlib.plan.steps import (
    Action,
    PlannedStep,
    Wanted,
    plan_steps,
    repeatable_steps,
    wanted_downgrade,
    wanted_upgrade,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptlib.config.settings import Settings
    from promptlib.plan.status import Status


_DIRECTIONS = {Action.MIGRATE: UP, Action.ROLLBACK: DOWN}


class Request(NamedTuple):
    """What somebody asks for.

    Attributes:
        action: in which direction.
        wanted: says which migrations that means where the database stands; it may refuse.
        start: the current revision that somebody agreed to this at; None: nobody was asked.
        recorded: called for each step that moves alembic_version, within its transaction.
        kept_downs: the DOWN sections of the ledger's that somebody has seen and agreed to, by
            version; None: nobody was asked.
    """

    action: Action
    wanted: Callable[[Status], Wanted]
    start: tuple[str, ...] | None = None
    recorded: Callable[[PlannedStep], None] | None = None
    kept_downs: Mapping[str, str] | None = None


def request_upgrade(target: str) -> Request:
    """Ask for pending migrations: head, +N, or up to a version, which may be shortened."""
    return Request(Action.MIGRATE, lambda found: wanted_upgrade(found, target))


def request_downgrade(end: str, agreed: Status) -> Request:
    """Ask to take back what is newer than a version, or than base.

    Args:
        end: the version.
        agreed: where the database stood when somebody agreed to that.
    """
    start = agreed.ledger.current
    return Request(Action.ROLLBACK, lambda found: wanted_downgrade(found, end), start)


def plan_request(request: Request, status: Status, settings: Settings) -> list[PlannedStep]:
    """The steps of what is asked for, in their order.

    Raises:
        PromptlibError: for whatever refuses them.
    """
    status.files.require_readable()
    require_writable(status.ledger)
    require_clear(status)
    require_asked(status.ledger, settings, _DIRECTIONS[request.action])
    wanted = request.wanted(status)
    late = settings.applies_late
    if request.action is Action.MIGRATE:
        require_applicable(status, applies_late=late)
    steps = plan_steps(status, request.action, wanted, applies_late=late)
    if request.action is Action.MIGRATE:
        steps += repeatable_steps(status, steps)
    if steps:
        _require_ledger_spared(status, steps)
    return steps


def _require_ledger_spared(status: Status, steps: Iterable[PlannedStep]) -> None:
    """Read all files that are to run, whatever becomes of them later, and see what they do."""
    from promptlib.plan.protection import require_ledger_spared_by

    names, schemas = status.ledger.names, status.ledger.path
    require_ledger_spared_by(status.files, (step[:2] for step in steps), names, schemas)


def is_needed(steps: list[PlannedStep], status: Status) -> bool:
    """Whether a deploy of these steps would write anything."""
    return bool(steps) or not status.ledger.is_ready


def untouched(status: Status) -> Deployment:
    """What comes of a deploy that has nothing to do."""
    current, head = status.revision or None, status.head or None
    return Deployment(ran=(), before=current, current=current, head=head, seconds=0.0)
