"""Take over a database that the predecessor migrated, a service in Node: it says what ran there."""

from __future__ import annotations

from promptlib.adopt.adoption import Adoption
from promptlib.core.errors import NothingToAdoptError
from promptlib.core.light import TYPE_CHECKING
from promptlib.plan.refusals import (
    require_agreement,
    require_known,
    require_ours,
    require_writable,
)
from promptlib.plan.status import describe_place

if TYPE_CHECKING:
    from promptlib.plan.status import Status


def find_service_adoption(found: Status) -> Adoption:
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
        table=f"{known.schema}.{known.table}",
        tool="",
        ran=files.parse(ran),
        assumed=files.parse(assumed),
        gaps=files.parse(each for each in without if each not in assumed),
        kept=[row for row in rows.values() if row.is_foreign and row.version not in files],
        end=newest,
        times={},
    )


def _nothing(found: Status) -> str:
    table = f"{found.ledger.schema}.{found.ledger.table}"
    why = "" if found.ledger.columns else f"there is no table {table}, and "
    then = f"; promptlib migrate runs {len(found.waiting)} pending" if found.waiting else ""
    return f"there is nothing to adopt: {why}{describe_place(found)}{then}"
