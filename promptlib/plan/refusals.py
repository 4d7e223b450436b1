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
    ReadOnlyServerError,
    UnknownVersionError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import ADOPT, MIGRATE, REPAIR, ROLLBACK, STATUS, CommandLine, Remedy
from promptlib.files.directory import migration_path
from promptlib.plan.states import State, known_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from promptlib.config.settings import Settings
    from promptlib.files.directory import MigrationFile
    from promptlib.files.section import Section
    from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
    from promptlib.plan.states import Entry

_STAMP = CommandLine("stamp", "VERSION")


def state_problems(plan: Iterable[Entry], folder: Path, current: str) -> Iterator[PlanRefusedError]:
    """Say what is wrong with each migration that is late, edited or missing.

    Args:
        plan: from `migration_entries`.
        folder: of the migrations.
        current: the current revision.
    """
    for entry in plan:
        if problem := _PROBLEMS.get(entry.state):
            place = display_path(migration_path(folder, entry.version, entry.name))
            stands_here = entry.state is State.LATE and entry.version == current
            yield (_moved if stands_here else problem)(place, current)


def _moved(place: str, _: str) -> PlanRefusedError:
    return LedgerError(
        "is where alembic_version stands, but the ledger says that it never ran here",
        Remedy("say what is right: {} sets both", _STAMP),
        place=place,
    )


def _late(place: str, current: str) -> PlanRefusedError:
    return LateMigrationError(
        f"is older than the current revision {current} and never ran here",
        Remedy(
            "rename it to a newer version, or run it now: late_migrations = apply in alembic.ini, "
            "or {} (if it ran here by other means: {})",
            CommandLine("migrate", late="apply"),
            CommandLine("stamp", current),
        ),
        place=place,
    )


def _edited(place: str, _: str) -> PlanRefusedError:
    return EditedMigrationError(
        "was edited after it ran here",
        Remedy(
            "restore the file and write a new migration, or accept the file as it is: {}", REPAIR
        ),
        place=place,
    )


def _missing(place: str, _: str) -> PlanRefusedError:
    return MissingMigrationError(
        "ran here, and the file is gone",
        Remedy("restore the file, or take the migration out of the ledger: {}", REPAIR),
        place=place,
    )


_PROBLEMS = {State.LATE: _late, State.EDITED: _edited, State.MISSING: _missing}


def require_applicable(
    plan: Iterable[Entry], ledger: Ledger, folder: Path, *, applies_late: bool = False
) -> None:
    """Refuse to upgrade what is not as the files say.

    Args:
        plan: from `entries`.
        ledger: what the database remembers.
        folder: of the migrations.
        applies_late: whether late migrations are to run.

    Raises:
        PlanRefusedError: naming every file, and the remedy for each.
    """
    accepted = {State.LATE} if applies_late else set()
    refused = [entry for entry in plan if entry.state not in accepted]
    found = list(state_problems(refused, folder, ledger.version))
    if found:
        raise combine_errors(found)


def require_agreement(ledger: Ledger, rows: Mapping[str, LedgerRow]) -> None:
    """Refuse when alembic_version and the ledger were moved apart by hand.

    Raises:
        LedgerError: naming both versions.
    """
    newest = max((version for version, row in rows.items() if not row.is_foreign), default="")
    if newest > ledger.version:
        raise LedgerError(
            f"alembic_version is at {ledger.version or 'base'}, but the ledger says that {newest} "
            "ran here",
            Remedy("say which is right: {} sets both", _STAMP),
        )


def require_ours(ledger: Ledger) -> None:
    """Refuse to write into another program's table.

    Raises:
        LedgerError: saying what to do first.
    """
    if ledger.foreign:
        raise LedgerError(
            f"the table {ledger.schema}.{ledger.foreign} is not a ledger of promptlib's: it lacks "
            "columns that ours has",
            "rename it, or set version_table_schema in alembic.ini to a schema of its own",
        )


def require_adopted(ledger: Ledger, files: Iterable[MigrationFile]) -> None:
    """Refuse to run what the predecessor ran.

    Raises:
        NotAdoptedError: saying how to take it over.
    """
    if ran := ledger.unadopted(file.version for file in files):
        raise NotAdoptedError(
            f"the predecessor migrated this database: its table migrations has {', '.join(ran)}",
            Remedy("take that over, then go on: {}", ADOPT),
        )


def require_clear(ledger: Ledger, files: Collection[MigrationFile]) -> None:
    """Refuse where it is not clear what ran on the database.

    Raises:
        PlanRefusedError: saying what to do first.
    """
    require_ours(ledger)
    require_adopted(ledger, files)
    require_agreement(ledger, known_rows(files, {}, ledger))


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
    half: HalfDone, section: Section, path: Path, *, is_answered: bool = False
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
    if section.transactional or not (is_answered or _is_as_it_was_cut_off(half, section)):
        raise _changed_there(half, what.replace("in them", "there"), path)


def _is_as_it_was_cut_off(half: HalfDone, section: Section) -> bool:
    known = half.alone_checksum  # earlier versions kept none
    return known is None or section.checksum_of(half.done + 1) == known


def _changed_behind(half: HalfDone, what: str, path: Path) -> HalfDoneMigrationError:
    other = ROLLBACK if half.direction == "up" else MIGRATE
    return HalfDoneMigrationError(
        f"the first {half.done} statements of this {half.direction.upper()} section took effect "
        f"here, before it failed, and it {what}",
        Remedy("restore them, and it goes on behind them; or undo them: {}", other),
        place=display_path(path),
    )


def _changed_there(half: HalfDone, what: str, path: Path) -> HalfDoneMigrationError:
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
