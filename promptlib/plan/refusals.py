"""What keeps a deploy from going on, with the way on. Pure."""

from __future__ import annotations

from promptlib.core.errors import (
    ChangedMeanwhileError,
    EditedMigrationError,
    HalfDoneMigrationError,
    LateMigrationError,
    LedgerError,
    MissingMigrationError,
    NotAdoptedError,
    PlanRefusedError,
    PromptlibError,
    ReadOnlyServerError,
    UnknownVersionError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line
from promptlib.core.remedies import ADOPT, MIGRATE, REPAIR, ROLLBACK, STATUS, CommandLine, Remedy
from promptlib.ledger.tables import UP
from promptlib.ledger.trust import elsewhere
from promptlib.plan.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from promptlib.config.settings import Settings
    from promptlib.files.section import Section
    from promptlib.ledger.state import HalfDone, Ledger
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Status

_STAMP = CommandLine("stamp", "VERSION")
_ALEMBIC = "alembic"
_APART = "let each have a schema of its own in version_table_schema"


def state_problems(status: Status, *, applies_late: bool = False) -> Iterator[PlanRefusedError]:
    """Say what is wrong with each migration that is late, edited or missing.

    Args:
        status: the database and the files.
        applies_late: whether late migrations are to run.
    """
    accepted = State.LATE if applies_late else None
    for entry in status.in_states(*_PROBLEMS):
        if entry.state is not accepted:
            problem = _PROBLEMS[entry.state]
            place = display_path(status.files.path(entry.version, entry.name))
            yield problem(entry, status).but(place=place)


def _late(entry: Entry, status: Status) -> PlanRefusedError:
    current = status.current
    if entry.version == current:
        return LedgerError(
            "is where alembic_version stands, but the ledger says that it never ran here",
            Remedy("say what is right: {} sets both", _STAMP),
        )
    return LateMigrationError(
        f"is older than the current revision {current} and never ran here",
        Remedy(
            "rename it to a newer version, or run it now: late_migrations = apply in alembic.ini, "
            "or {} (if it ran here by other means: {})",
            CommandLine("migrate", late="apply"),
            CommandLine("stamp", current),
        ),
    )


def _edited(entry: Entry, status: Status) -> PlanRefusedError:
    replaced = status.files.replaced.get(entry.version)
    ran_apart = replaced and replaced.versions & status.ledger.ours.keys() - {entry.version}
    if ran_apart and (refused := _replaced_in_part(entry.version, status)):
        return refused
    if entry.ran_as:
        return EditedMigrationError(
            f"is another migration than the one of this version that ran here, {entry.ran_as!r}",
            Remedy(
                "give this file a version of its own; if it is that migration under a new name, "
                f"accept it: {{}}; if another project deploys here too, {_APART}",
                REPAIR,
            ),
        )
    return EditedMigrationError(
        "was edited after it ran here",
        Remedy(
            "restore the file and write a new migration, or accept the file as it is: {}", REPAIR
        ),
    )


def _replaced_in_part(version: str, status: Status) -> PlanRefusedError | None:
    """Why a squashed migration, or one that it replaces, cannot run here; None: that is not so."""
    if not status.files.replaced:
        return None
    from promptlib.plan.absorbing import replaced_in_part  # noqa: PLC0415 - few are squashed

    return replaced_in_part(version, status.files, status.ledger)


def _missing(entry: Entry, status: Status) -> PlanRefusedError:
    if refused := _replaced_in_part(entry.version, status):
        return refused
    if status.head and entry.version > status.head:
        return MissingMigrationError(
            "ran here, and is newer than all files: the database is ahead of them",
            Remedy(
                "deploy from the files that have it; or take it back by the DOWN section that the "
                "ledger keeps: {}; or, where the file is lost, out of the ledger: {}",
                CommandLine("rollback", kept_down=True),
                REPAIR,
            ),
        )
    return MissingMigrationError(
        "ran here, and the file is gone",
        Remedy("restore the file, or take the migration out of the ledger: {}", REPAIR),
    )


_PROBLEMS = {State.LATE: _late, State.EDITED: _edited, State.MISSING: _missing}


def require_applicable(status: Status, *, applies_late: bool = False) -> None:
    """Refuse to upgrade what is not as the files say.

    Args:
        status: the database and the files.
        applies_late: whether late migrations are to run.

    Raises:
        PlanRefusedError: naming every file, and the remedy for each.
    """
    if found := list(state_problems(status, applies_late=applies_late)):
        raise combine_errors(found)


def require_known(status: Status) -> None:
    """Refuse where alembic_version alone says what ran on the database.

    Raises:
        NotAdoptedError: when it names what is no migration of this project's.
        LedgerError: when the ledger is silent, or it names several.
    """
    if status.unknown:
        names = printable_line(", ".join(status.unknown))
        raise NotAdoptedError(
            f"alembic_version names {names}, which neither a file in "
            f"{display_path(status.files.folder)} nor the ledger has: what ran here is unknown",
            Remedy("take over what Alembic ran: {}", ADOPT)
            if _imported_from(status, {_ALEMBIC})
            else Remedy(
                "if this database holds what the files make, say up to which: {} counts those as "
                f"executed ({{}}: none); if another project deploys here too, {_APART}",
                _STAMP,
                CommandLine("stamp", "base"),
            ),
        )
    if len(status.ledger.current) > 1:
        names = " and ".join(sorted(status.ledger.current))
        raise LedgerError(
            f"alembic_version names {names}, but migrations form one line",
            Remedy("say which is right: {} sets it and the ledger", _STAMP),
        )
    if status.in_states(State.UNKNOWN):
        raise LedgerError(
            f"alembic_version is at {status.current}, but there is no ledger that says what ran "
            "here",
            Remedy(
                "if all migrations up to that did, say so: {}; if the ledger is elsewhere, name it "
                "in version_table_schema or ledger_table",
                CommandLine("stamp", status.current),
            ),
        )


def require_agreement(status: Status) -> None:
    """Refuse when alembic_version and the ledger were moved apart by hand.

    Raises:
        LedgerError: naming both versions.
    """
    newest = max(status.ledger.ours, default="")
    if newest > status.current:
        raise LedgerError(
            f"alembic_version is at {status.current or 'base'}, but the ledger says that {newest} "
            "ran here",
            Remedy("say which is right: {} sets both", _STAMP),
        )


def require_ours(ledger: Ledger) -> None:
    """Refuse to write into another program's table, or another tenant's.

    Raises:
        LedgerError: saying what to do first.
    """
    if not ledger.schema:
        raise LedgerError(
            "the search_path names no schema, so there is none for tables and ledger",
            "let it name one, or set version_table_schema in alembic.ini",
        )
    if ledger.first not in ("", ledger.schema):
        raise _astray(ledger)
    if ledger.foreign:
        raise LedgerError(
            f"the table {ledger.schema}.{ledger.foreign} is not a ledger of promptlib's: it lacks "
            "columns that ours has",
            elsewhere(ledger.foreign),
        )


def _astray(ledger: Ledger) -> LedgerError:
    """Say that names without a schema lead elsewhere than to the ledger."""
    first, schema = map(printable_line, (ledger.first, ledger.schema))
    if ledger.first in ledger.path:
        return LedgerError(
            f"the ledger is in the schema {schema}, but the search_path begins with {first}, whose "
            "tables it may know nothing of",
            f"set version_table_schema in alembic.ini: to {first}, which then has a ledger of its "
            f"own, or to {schema}, if that one is meant",
        )
    return LedgerError(
        f"the search_path begins with {first}, which is not there, or this user may not use it: "
        f"tables and ledger would be in {schema or 'no schema at all'}",
        f"CREATE SCHEMA {first}, or GRANT USAGE ON it, or mend the search_path; if {schema} is "
        "right, set version_table_schema to that",
    )


def require_adopted(status: Status) -> None:
    """Refuse to run what another tool ran, or may have run.

    Raises:
        NotAdoptedError: saying how to take it over.
    """
    if ran := status.unadopted:
        raise NotAdoptedError(
            f"the predecessor migrated this database: its table {status.ledger.table} has "
            f"{', '.join(ran)}",
            Remedy("take that over, then go on: {}", ADOPT),
        )
    if status.ledger.others and (tool := _imported_from(status, ())):
        names = printable_line(", ".join(status.ledger.others))
        raise NotAdoptedError(
            f"{tool} may have run these migrations here: they were imported from it, and its table "
            f"{names} is there",
            Remedy("take that over, then go on: {}", ADOPT),
        )


def _imported_from(status: Status, tools: Collection[str]) -> str:
    """The tool that migrations came from: of some, or of those that left a table; or nothing."""
    if not status.files.imported:
        return ""
    from promptlib.plan.elsewhere import imported_from  # noqa: PLC0415 - few import any

    return imported_from(status, tools)


def require_clear(status: Status) -> None:
    """Refuse where it is not clear what ran on the database.

    Raises:
        PlanRefusedError: saying what to do first.
    """
    require_ours(status.ledger)
    require_known(status)
    require_adopted(status)
    require_agreement(status)


def deploy_refusals(status: Status, *, applies_late: bool) -> Iterator[PromptlibError]:
    """What keeps a deploy from running.

    Args:
        status: from `compare_status`.
        applies_late: whether late migrations may run.
    """
    yield from status.files.broken
    try:
        require_clear(status)
    except PromptlibError as error:
        yield error
    yield from state_problems(status, applies_late=applies_late)
    waiting = [(each.version, UP) for each in status.waiting]
    waiting = [each for each in waiting if each[0] in status.files.checksums]  # else it is broken
    if not waiting:
        return
    from promptlib.plan.protection import require_ledger_spared_by  # noqa: PLC0415 - as for a deploy

    try:
        require_ledger_spared_by(status.files, waiting, status.ledger.names, status.ledger.path)
    except PromptlibError as error:
        yield error


def require_unmoved(ledger: Ledger, start: tuple[str, ...] | None) -> None:
    """Refuse where a deploy ran since somebody agreed to what was to be done; None: nobody did.

    Raises:
        ChangedMeanwhileError: saying so.
    """
    if start not in (None, ledger.current):
        raise ChangedMeanwhileError(
            "another deploy has moved the database meanwhile, so nothing was changed",
            Remedy("look where it stands with {}, then run it again", STATUS),
        )


def require_writable(ledger: Ledger) -> None:
    """Refuse a server that takes no writes.

    Raises:
        ReadOnlyServerError: saying where to connect.
    """
    if ledger.is_replica:
        raise ReadOnlyServerError(
            "this server is a read-only replica",
            "connect to the primary in DATABASE_URL; among several hosts "
            "target_session_attrs=read-write finds it",
        )


def require_unchanged(
    half: HalfDone, section: Section, path: Path | str, *, is_answered: bool = False
) -> None:
    """Refuse to go on behind statements that are not those that ran, or may have run.

    Args:
        half: what was cut off.
        section: as it is now.
        path: of its file.
        is_answered: whether somebody has said what becomes of the statement of which nobody knows
            whether it ran: then he may have mended it.

    Raises:
        HalfDoneMigrationError: saying how to go on, or back.
    """
    what = "runs in a transaction now" if section.transactional else "differs in them now"
    if (half.done and section.transactional) or section.checksum_of(half.done) != half.checksum:
        raise _changed_behind(half, what, path)
    if not half.is_unknown:
        return
    if section.transactional or not (is_answered or is_as_it_was_cut_off(half, section)):
        raise _changed_there(half, what.replace("in them", "there"), path)


def is_as_it_was_cut_off(half: HalfDone, section: Section) -> bool:
    """Whether the statement of which nobody knows whether it ran is the one that began then."""
    known = half.alone_checksum  # earlier versions kept none
    return known is None or section.checksum_of(half.done + 1) == known


def _changed_behind(half: HalfDone, what: str, path: Path | str) -> HalfDoneMigrationError:
    other = ROLLBACK if half.direction == "up" else MIGRATE
    return HalfDoneMigrationError(
        f"the first {half.done} statements of this {half.direction.upper()} section took effect "
        f"here, before it failed, and it {what}",
        Remedy("restore them, and it goes on behind them; or undo them: {}", other),
        place=display_path(path),
    )


def _changed_there(half: HalfDone, what: str, path: Path | str) -> HalfDoneMigrationError:
    action = "migrate" if half.direction == "up" else "rollback"
    return HalfDoneMigrationError(
        f"statement {half.done + 1} of this {half.direction.upper()} section did not come to its "
        f"end in an earlier deploy, and it {what}",
        Remedy(
            "restore it, and whether it took effect is looked up or asked for; or, outside a "
            "transaction, say so: {} runs what stands there now, {} counts it as done",
            CommandLine(action, rerun=half.version),
            CommandLine(action, skip=half.version),
        ),
        place=display_path(path),
    )


def require_asked(ledger: Ledger, settings: Settings, direction: str) -> None:
    """Refuse an answer that nobody has asked for.

    Raises:
        UnknownVersionError: saying so.
    """
    asked = [each.version for each in ledger.half_done if each.is_unknown]
    asked = asked if any(each.direction == direction for each in ledger.half_done) else []
    for name in ("rerun", "skip"):
        given = getattr(settings, name)
        if given and not any(version.startswith(given) for version in asked):
            raise UnknownVersionError(
                f"{name} names {given}, of which no statement waits for an answer",
                Remedy("leave it out; {} shows what was cut off", STATUS),
            )
