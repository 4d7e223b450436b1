"""Where the database stands when a deploy has stopped halfway, as far as that is known."""

from __future__ import annotations

from promptlib.core.errors import (
    ChangedMeanwhileError,
    LockLostError,
    NoConnectionError,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import STATUS, CommandLine, Remedy
from promptlib.ledger.repeatable import repeatable_name
from promptlib.ledger.tables import DOWN, UP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.config.settings import Settings
    from promptlib.engine.step_runner import StepRunner
    from promptlib.plan.status import Status
    from promptlib.plan.steps import PlannedStep

_SAY_IT_ALL = (LockLostError, ChangedMeanwhileError)  # somebody else may have moved it since


class Course(NamedTuple):
    """What a deploy was to do.

    Attributes:
        status: where the database stood when it began.
        steps: what it was to run.
        settings: how.
        external: whether all that happens in a caller's transaction.
    """

    status: Status
    steps: Sequence[PlannedStep]
    settings: Settings
    external: bool


def tell_standing(error: BaseException, course: Course, runner: StepRunner) -> None:
    """Let what stops a deploy say where the database stands then.

    Args:
        error: which says so from now on, unless somebody else may have moved it since.
        course: of the deploy.
        runner: knows how far it came.
    """
    if not isinstance(error, _SAY_IT_ALL):
        stands = _describe_stop(course, runner.finished, runner.kept, error)
        vars(error).update(stands=stands)


def _describe_stop(course: Course, finished: int, kept: int | None, error: BaseException) -> Remedy:
    """Say what stays of the step that stopped, where the database is, and how to go on.

    Args:
        course: of the deploy.
        finished: how many steps ran.
        kept: how many statements stay of the next one; None: nobody knows.
        error: what stopped it.
    """
    step = course.steps[min(finished, len(course.steps) - 1)]
    if isinstance(error, NoConnectionError) or kept is None:
        return Remedy(
            f"nobody knows what stays of {step.version}; {{}} shows where the database stands",
            STATUS,
        )
    what = _what_stays(step, kept)
    if course.external:
        return Remedy(f"{what}; what ran before it is in your transaction, and yours to commit")
    mended = "" if isinstance(error, KeyboardInterrupt) else " when it is mended"
    place = _describe_place(course, course.steps[:finished])
    return Remedy(f"{what}; {place}; run {{}} again{mended}", _again(course, step))


def _what_stays(step: PlannedStep, kept: int) -> str:
    if not kept:
        nothing = step.direction == UP
        return f"nothing of {step.version} stays" if nothing else f"{step.version} stays as it was"
    first = "first statement" if kept == 1 else f"first {kept} statements"
    section = step.direction.upper()
    return f"the {first} of the {section} section of {step.version} took effect"


def _describe_place(course: Course, ran: Sequence[PlannedStep]) -> str:
    moves = [step.move.now for step in ran if step.move]
    place = [course.status.current, *moves][-1]
    waiting = {entry.version for entry in course.status.waiting}
    for step in ran:
        (waiting.discard if step.direction == UP else waiting.add)(step.version)
    number = f"{len(waiting)} migration{'s' * (len(waiting) != 1)} pending"
    return f"the database is at {place or 'base'}, {number}"


def _again(course: Course, stopped: PlannedStep) -> CommandLine:
    """The command that goes on, with what was said that it needs again."""
    steps, settings = course.steps, course.settings
    end = [course.status.current, *(step.move.now for step in steps if step.move)][-1]
    loss = settings.allow_data_loss == "on"
    if stopped.direction == DOWN:
        kept = settings.runs_kept_down
        return CommandLine("rollback", end or "base", allow_data_loss=loss, kept_down=kept)
    undone = {half.version for half in course.status.ledger.half_done}
    is_late = any(
        not (step.move or step.version in undone or repeatable_name(step.version)) for step in steps
    )
    late = "apply" if is_late else ""
    target = "" if end == course.status.head else end
    return CommandLine("migrate", target, late=late, allow_data_loss=loss)
