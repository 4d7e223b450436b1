"""Take over a database that the predecessor migrated, a service in Node: it says what ran there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from promptlib.adopt.schema_match import NOTHING_EXPECTED, compare_schema, expected_schema
from promptlib.core.errors import PromptlibError, combine_errors
from promptlib.files.directory import parse_all
from promptlib.ledger.state import REPLICA
from promptlib.ledger.tables import LedgerSql
from promptlib.plan.locked import look
from promptlib.plan.states import known_rows, require_agreement, require_ours

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from promptlib.adopt.schema_match import SchemaComparison
    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.status import Standing
    from promptlib.postgres.target import Target

_log = logging.getLogger(__name__)
_OUTCOME = "adopted"
_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"


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


def find_adoption(found: Standing) -> Adoption | None:
    """What there is to take over, if anything.

    Raises:
        PromptlibError: where that is not clear, or cannot be written down.
    """
    known = found.ledger
    require_ours(known)
    ran = known.unadopted(file.version for file in found.files)
    if not ran and (known.current or not known.is_predecessors):
        return None
    if found.broken:
        raise combine_errors(found.broken)
    if known.is_replica:
        raise PromptlibError(*REPLICA)
    rows = known_rows(found.files, {}, known)
    require_agreement(known, rows)
    oldest, newest = (ran[0], ran[-1]) if ran else ("", "")
    without = [each for each in found.migrations if each not in rows and each < newest]
    assumed = [each for each in without if each < oldest and not known.current]
    return Adoption(
        [found.migrations[each] for each in ran],
        [found.migrations[each] for each in assumed],
        [found.migrations[each] for each in without if each not in assumed],
        [row for row in rows.values() if row.is_foreign and row.version not in found.migrations],
        newest,
    )


def check_adoption(
    project: Project, found: Standing, adoption: Adoption, *, embedded: bool
) -> SchemaComparison:
    """Find out whether the database holds what ran on it.

    Args:
        project: whose settings hold.
        found: the database and the files.
        adoption: what is to be taken over.
        embedded: whether to make the scratch database on the embedded server.

    Raises:
        PromptlibError: when there can be no such database, or a migration fails in it.
    """
    late = [each.version for each in adoption.gaps]
    upto = [file for file in found.files if file.version <= adoption.end]
    ran = parse_all(file for file in upto if file.version not in late)
    if not ran:
        return NOTHING_EXPECTED
    place = project.embedded() if embedded else found.target
    number = f"{len(ran)} migration{'s' * (len(ran) != 1)}"
    _log.info("running %s in a scratch database, to compare the schemas", number)
    try:
        expected = expected_schema(ran, place, found.target, project.settings)
    except PromptlibError as error:
        raise _unchecked(error, late, embedded=embedded) from error
    return compare_schema(found.target, expected)


def _unchecked(error: PromptlibError, late: list[str], *, embedded: bool) -> PromptlibError:
    """The error for a database of which nobody knows whether it holds what ran on it."""
    notes = ["  so nobody knows whether the database holds what ran; nothing was changed"]
    if late:
        notes.append(f"  the predecessor's table has no row of {', '.join(late)}")
    if not embedded:
        notes.append("  --embedded makes the scratch database on the embedded server")
    notes = [*error.notes, *notes]
    return PromptlibError(error.what, error.remedy, place=error.place, notes=notes)


def make_adoption(
    project: Project, target: Target, announced: Adoption, comparison: SchemaComparison
) -> bool:
    """Write what was announced, in one transaction, while no deploy runs.

    Returns:
        False if somebody else did so meanwhile.

    Raises:
        PromptlibError: when files, ledger or schema have changed since.
    """
    with look(project, target) as now:
        adoption = find_adoption(now.standing)
        if not adoption:
            return False
        same = compare_schema(target, comparison.expected) == comparison
        if adoption != announced or not same:
            raise PromptlibError(
                "files, ledger or schema have changed meanwhile, so nothing was adopted",
                "run it again",
            )
        with now.writing() as cursor:
            # Whoever reads the table, as pg_dump does, keeps it from being extended.
            cursor.execute(_LOCK_TIMEOUT, (project.settings.lock_timeout,))
            now.make_ledger(cursor)
            _write(cursor, now.standing, adoption)
    return True


def _write(cursor: Cursor, found: Standing, adoption: Adoption) -> None:
    written = LedgerSql(found.ledger.schema)
    if adoption.taken:
        cursor.execute(written.took_over(adoption.taken, _OUTCOME))
    if not found.ledger.has_version_table:
        cursor.execute(written.create_version())
    cursor.execute(written.moved(adoption.end))
