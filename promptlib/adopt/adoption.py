"""Take over a database that the predecessor migrated, a service in Node: it says what ran there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.adopt.schema_match import NOTHING_EXPECTED, compare_schema, expected_schema
from promptlib.core.errors import ChangedMeanwhileError, NothingToAdoptError, PromptlibError
from promptlib.core.logs import Log
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.refusals import (
    require_agreement,
    require_known,
    require_ours,
    require_writable,
)
from promptlib.plan.status import describe_place

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from promptlib.adopt.schema_match import SchemaComparison
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.status import Status
    from promptlib.verify.place import ScratchPlace

_log = Log(__name__)
_OUTCOME = "adopted"


class Adoption(NamedTuple):
    """What is taken over.

    Attributes:
        ran: migrations of which the predecessor's table has a row.
        assumed: those older than all of them: what they make was there before the predecessor.
        gaps: those in between that its table does not have.
        kept: rows of migrations that have no file here.
        end: the current revision after it, or nothing.
    """

    ran: list[Migration]
    assumed: list[Migration]
    gaps: list[Migration]
    kept: list[LedgerRow]
    end: str

    @property
    def taken(self) -> list[Migration]:
        """What counts as executed from then on, oldest first."""
        return [*self.assumed, *self.ran]


def find_adoption(found: Status) -> Adoption:
    """What there is to take over.

    Raises:
        NothingToAdoptError: where that is nothing.
        PromptlibError: where it is not clear, or cannot be written down.
    """
    known, files = found.ledger, found.files
    require_ours(known)
    require_known(found)
    ran = [each for each in files if each in known.rows.keys() - known.ours.keys()]
    ran = ran if found.unadopted else []
    if not ran and (known.current or not known.is_predecessors):
        raise NothingToAdoptError(_nothing(found))
    files.require_readable()
    require_writable(known)
    require_agreement(found)
    rows = found.rows
    oldest, newest = (ran[0], ran[-1]) if ran else ("", "")
    without = [each for each in files if each not in rows and each < newest]
    assumed = [each for each in without if each < oldest and not known.current]
    return Adoption(
        ran=files.parse(ran),
        assumed=files.parse(assumed),
        gaps=files.parse(each for each in without if each not in assumed),
        kept=[row for row in rows.values() if row.is_foreign and row.version not in files],
        end=newest,
    )


def _nothing(found: Status) -> str:
    table = f"{found.ledger.schema}.{found.ledger.table}"
    why = "" if found.ledger.columns else f"there is no table {table}, and "
    then = f"; promptlib migrate runs {len(found.waiting)} pending" if found.waiting else ""
    return f"there is nothing to adopt: {why}{describe_place(found)}{then}"


def check_adoption(
    migrator: CommandMigrator, found: Status, adoption: Adoption, place: ScratchPlace
) -> SchemaComparison:
    """Find out whether the database holds what ran on it.

    Args:
        migrator: of the database.
        found: the database and the files.
        adoption: what is to be taken over.
        place: where to make a scratch database.

    Raises:
        PromptlibError: when there can be no such database, or a migration fails in it.
    """
    late = [each.version for each in adoption.gaps]
    versions = [each for each in found.files if each <= adoption.end and each not in late]
    if not versions:
        return NOTHING_EXPECTED
    number = f"{len(versions)} migration{'s' * (len(versions) != 1)}"
    _log.info("running %s in a scratch database, to compare the schemas", number)
    try:
        ran = found.files.parse(versions)
        expected = expected_schema(ran, place, migrator.target, migrator.settings)
    except PromptlibError as error:
        raise _unchecked(error, late, place) from error
    return compare_schema(migrator.target, expected)


def _unchecked(error: PromptlibError, late: list[str], place: ScratchPlace) -> PromptlibError:
    """The error for a database of which nobody knows whether it holds what ran on it."""
    notes = ["  so nobody knows whether the database holds what ran; nothing was changed"]
    if late:
        notes.append(f"  the predecessor's table has no row of {', '.join(late)}")
    if not place.is_for_trials:
        notes.append("  --embedded makes the scratch database on the embedded server")
    return error.but(notes=(*error.notes, *notes))


def make_adoption(
    migrator: CommandMigrator, seen: Status, announced: Adoption, comparison: SchemaComparison
) -> bool:
    """Write what was announced, in one transaction, while no deploy runs.

    Args:
        migrator: of the database.
        seen: what was seen when it was announced.
        announced: what is taken over.
        comparison: of the database with what ran on it.

    Returns:
        False if somebody else did so meanwhile.

    Raises:
        ChangedMeanwhileError: when ledger or schema have changed since.
    """
    with migrator.locked(seen) as locked:
        try:
            adoption = find_adoption(locked.status)
        except NothingToAdoptError:
            return False
        same = compare_schema(migrator.target, comparison.expected) == comparison
        if adoption != announced or not same:
            raise ChangedMeanwhileError(
                "files, ledger or schema have changed meanwhile, so nothing was adopted",
                "run it again",
            )
        # Whoever reads the table, as pg_dump does, keeps it from being extended.
        limit = migrator.settings.lock_timeout
        with locked.recording("adopt", adoption.end, limit) as cursor:
            _write(cursor, locked.status, adoption)
    return True


def _write(cursor: Cursor, found: Status, adoption: Adoption) -> None:
    sql = LedgerSql(found.ledger.names)
    if adoption.taken:
        cursor.execute(sql.took_over(adoption.taken, _OUTCOME))
    cursor.execute(sql.moved(adoption.end))
