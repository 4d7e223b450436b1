"""Take over a database that another tool migrated: what that is, whether it is so, and the deed.

Which tool says what is in node_service.py and tool_adoption.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.adopt.schema_match import NOTHING_EXPECTED, compare_schema, expected_schema
from promptlib.core.errors import ChangedMeanwhileError, NothingToAdoptError, PromptlibError
from promptlib.core.logs import Log
from promptlib.ledger.tables import LedgerSql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        table: in which the tool remembers what ran.
        tool: whose it is, as it is named on the command line; empty: the predecessor's.
        ran: migrations of which that table says that they ran.
        assumed: those older than all of them: what they make was there before the predecessor.
        gaps: those in between that its table does not have.
        kept: rows of migrations that have no file here.
        end: the current revision after it, or nothing.
        times: when they ran, as ISO 8601 in UTC, as far as that is known and not in our table yet.
    """

    table: str
    tool: str
    ran: list[Migration]
    assumed: list[Migration]
    gaps: list[Migration]
    kept: list[LedgerRow]
    end: str
    times: Mapping[str, str | None]

    @property
    def taken(self) -> list[Migration]:
        """What counts as executed from then on, oldest first."""
        return [*self.assumed, *self.ran]


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
        raise _unchecked(error, adoption.table, late, place) from error
    return compare_schema(migrator.target, expected)


def _unchecked(
    error: PromptlibError, table: str, late: list[str], place: ScratchPlace
) -> PromptlibError:
    """The error for a database of which nobody knows whether it holds what ran on it."""
    notes = ["  so nobody knows whether the database holds what ran; nothing was changed"]
    if late:
        notes.append(f"  {table} has no row of {', '.join(late)}")
    if not place.is_for_trials:
        notes.append("  --embedded makes the scratch database on the embedded server")
    notes.append("  --no-compare adopts without: only you know then that the database holds it")
    return error.but(notes=(*error.notes, *notes))


def make_adoption(
    migrator: CommandMigrator,
    seen: Status,
    announced: Adoption,
    comparison: SchemaComparison | None,
    find: Callable[[Status], Adoption],
) -> bool:
    """Write what was announced, in one transaction, while no deploy runs.

    Args:
        migrator: of the database.
        seen: what was seen when it was announced.
        announced: what is taken over.
        comparison: of the database with what ran on it; None: nobody compared.
        find: looks again what there is to take over.

    Returns:
        False if somebody else did so meanwhile.

    Raises:
        ChangedMeanwhileError: when ledger or schema have changed since.
    """
    with migrator.locked(seen) as locked:
        try:
            adoption = find(locked.status)
        except NothingToAdoptError:
            return False
        same = not comparison or compare_schema(migrator.target, comparison.expected) == comparison
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
    for version, moment in adoption.times.items():
        if moment:
            cursor.execute(sql.dated(version, moment))
    cursor.execute(sql.moved(adoption.end))
