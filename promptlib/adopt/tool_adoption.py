"""Take over a database that another tool migrated, by the files that were imported from it."""

from __future__ import annotations

from promptlib.adopt.adoption import Adoption
from promptlib.core.errors import NothingToAdoptError
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.state import LedgerRow
from promptlib.plan.elsewhere import executed_elsewhere, imported_origins
from promptlib.plan.refusals import (
    require_agreement,
    require_known,
    require_ours,
    require_writable,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptlib.ledger.tool_history import ToolHistory
    from promptlib.plan.status import Status


def find_tool_adoption(
    found: Status, history: ToolHistory, undone: Collection[str] = ()
) -> Adoption:
    """What there is to take over.

    Args:
        found: the database and the files.
        history: what the tool's table says.
        undone: what a rollback took back here: the tool's table does not know of that.

    Raises:
        NothingToAdoptError: where the ledger has all that ran.
        PromptlibError: where it is not clear what ran, or that cannot be written down.
    """
    files, ours = found.files, found.ledger.ours
    files.require_readable()
    require_ours(found.ledger)
    require_writable(found.ledger)
    names_itself = history.tool == "alembic" and {*found.unknown} <= {
        each.version for each in history.ran
    }
    if not names_itself:
        require_known(found)
        require_agreement(found)
    origins = {
        version: origin
        for version, origin in imported_origins(files).items()
        if origin.tool == history.tool
    }
    ran = [each for each in executed_elsewhere(files, origins, history) if each not in undone]
    if found.ledger.exists and {*ran} <= {*ours}:
        raise NothingToAdoptError(
            f"there is nothing to adopt: the ledger knows of all that {history.table} says"
        )
    new = [version for version in ran if version not in ours]
    end = max([found.current, *ran])
    known = {each for origin in origins.values() for each in origin.versions}
    times = {each.version: each.executed_at for each in history.ran}
    return Adoption(
        table=history.table,
        tool=history.tool,
        ran=files.parse(new),
        assumed=[],
        gaps=files.parse(
            each for each in files if each < end and each not in ours and each not in ran
        ),
        kept=[
            LedgerRow(each.version, "", "", None)
            for each in history.ran
            if each.version not in known
        ],
        end=end,
        times={version: times.get(origins[version].versions[-1]) for version in new},
    )
