"""What is said where it is not known what ran, or where that could not be recorded."""

from __future__ import annotations

import contextlib

import psycopg2
from psycopg2 import errorcodes

from promptlib.core.errors import (
    ChangedMeanwhileError,
    HalfDoneMigrationError,
    LedgerError,
    LockLostError,
    NoConnectionError,
    PromptlibError,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import STATUS, CommandLine, Remedy
from promptlib.engine.diagnosis import explain_statement_error
from promptlib.ledger.deploys import has_taken_over
from promptlib.postgres.errors import explain_server_error

# What the record of a section meets that has dropped or renamed the ledger.
_GONE = (errorcodes.UNDEFINED_TABLE, errorcodes.INVALID_SCHEMA_NAME)
_LEDGER_GONE = "let the section leave the ledger alone, in dynamic SQL and by CASCADE too"

if TYPE_CHECKING:
    from promptlib.engine.context import DeployContext
    from promptlib.engine.runner import Step
    from promptlib.ledger.state import HalfDone
    from promptlib.ledger.tables import Move


def refuse_to_undo(half: HalfDone, step: Step, index: int) -> HalfDoneMigrationError:
    """Say that a section would take back what never happened.

    Args:
        half: the section that was cut off.
        step: that is to undo it.
        index: the statement of the step in question, from 0.
    """
    finish = CommandLine("migrate" if half.direction == "up" else "rollback")
    undo = CommandLine("rollback" if half.direction == "up" else "migrate", allow_data_loss=True)
    return HalfDoneMigrationError(
        f"changes rows anew, and the {half.direction.upper()} section was cut off after statement "
        f"{half.done}: this may take back what never happened",
        Remedy("finish that first: {}; or, if it is right all the same: {}", finish, undo),
        place=step.place(index),
    )


def explain_unrecorded(
    context: DeployContext,
    error: psycopg2.Error,
    step: Step,
    index: int | None,
    *,
    ran_alone: bool = False,
) -> PromptlibError:
    """Why a statement outside a transaction could not be recorded; it took no effect then.

    Args:
        context: of the deploy.
        error: the driver's.
        step: whose section.
        index: which statement, from 0; None: that the section begins.
        ran_alone: whether no transaction took it, so that it did take effect.
    """
    place, statements = display_path(step.path), step.section.statements
    if changed := context.guard.changed(error):
        return _landed_elsewhere(changed, place)
    if _is_refused_record(context, error):
        if not ran_alone:
            return lost_to_another(place)
        became = "this statement, which no transaction takes, took effect"
        return lost_to_another(step.place(index or 0), became)
    if index is None:
        return explain_server_error(error, place)
    told = explain_statement_error(error, step.section, statements[index], step.path)
    if not isinstance(told, NoConnectionError):
        return told
    which = f"statement {index + 1} of {len(statements)} of {step.version}"
    return told.but(
        what=f"the connection was lost while {which} was being recorded: {told.what}",
        remedy="run it again: it looks up whether that took effect, and goes on behind it or with "
        "it",
    )


def explain_uncommitted(
    context: DeployContext, error: psycopg2.Error, step: Step, move: Move | None
) -> PromptlibError:
    """Why a section could not be committed.

    Args:
        context: of the deploy.
        error: the driver's.
        step: whose section.
        move: how alembic_version was to change.
    """
    place = display_path(step.path)
    if changed := context.guard.changed(error):
        return _landed_elsewhere(changed, place)
    if not _is_refused_record(context, error):
        told = explain_server_error(error, place)
        return told.but(remedy=_LEDGER_GONE) if error.pgcode in _GONE else told
    if move and not _is_taken_over(context):
        return moved_elsewhere(move, place)
    return lost_to_another(place)


def _landed_elsewhere(table: str, place: str) -> LedgerError:
    """Say that the ledger is not what it was when the deploy began."""
    return LedgerError(
        f"the table {table} of the ledger is not what it was when the deploy began: it bears a "
        "trigger, a rule or row security, is another one, or has lost a row of this deploy",
        _LEDGER_GONE,
        place=place,
    )


def _is_refused_record(context: DeployContext, error: psycopg2.Error) -> bool:
    """Whether the event has no version: the SQL that writes it says so where it must not."""
    column = error.diag.table_name, error.diag.column_name
    events = context.sql.names.events
    return error.pgcode == errorcodes.NOT_NULL_VIOLATION and column == (events, "version")


def _is_taken_over(context: DeployContext) -> bool:
    """Whether another deploy has taken over; in a caller's transaction nobody can."""
    if context.connections.external:
        return False
    refused = contextlib.suppress(psycopg2.Error, PromptlibError)
    with refused, contextlib.closing(context.connect()) as other, other.cursor() as cursor:
        return has_taken_over(cursor, context.sql)
    return True  # either way the deploy stops, and nothing of the section stays


def lost_to_another(place: str, became: str = "what was running was undone") -> LockLostError:
    """Say that another deploy has taken over.

    Args:
        place: of what was running.
        became: what became of it.
    """
    return LockLostError(
        f"this deploy lost the deploy lock, and another one has taken over: {became}",
        Remedy("see where the database stands with {}, then run it again", STATUS),
        place=place,
    )


def moved_elsewhere(move: Move, place: str) -> ChangedMeanwhileError:
    """Say that the current revision is not what it was."""
    return ChangedMeanwhileError(
        f"alembic_version is not at {move.before or 'base'} any more: something else than this "
        "deploy has changed it",
        Remedy("see where the database stands with {}, then run it again", STATUS),
        place=place,
    )


def ask_what_ran(half: HalfDone, step: Step) -> HalfDoneMigrationError:
    """Ask whether a statement took effect that ran in no transaction, where no catalog tells."""
    action = "migrate" if half.direction == "up" else "rollback"
    answers = (CommandLine(action, rerun=half.version), CommandLine(action, skip=half.version))
    return HalfDoneMigrationError(
        f"statement {half.done + 1} of {len(step.section.statements)} did not come to its end in "
        "an earlier deploy, and nothing tells what of it took effect",
        Remedy(
            "did it run? look at what it does, then say so: {} runs that statement again, {} "
            "counts it as done",
            *answers,
        ),
        place=step.place(half.done),
    )


def refuse_answer(name: str, half: HalfDone, step: Step) -> HalfDoneMigrationError:
    """Refuse to be told what became of a statement of which that is known.

    Args:
        name: of the answer: `rerun` or `skip`.
        half: what was cut off.
        step: whose section.
    """
    again = CommandLine("migrate" if half.direction == "up" else "rollback")
    return HalfDoneMigrationError(
        f"{name} names {half.version}, but nobody has to say what became of statement "
        f"{half.done + 1} of {len(step.section.statements)}: the catalog does, or a second run "
        "does no more",
        Remedy("leave it out: {} goes on by itself", again),
        place=step.place(half.done),
    )
