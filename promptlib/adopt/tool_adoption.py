"""Take over a database that another tool migrated, by the files that were imported from it."""

from __future__ import annotations

from promptlib.adopt.adoption import Adoption
from promptlib.adopt.tool_history import version_numbers
from promptlib.core.errors import NothingToAdoptError, PlanRefusedError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line
from promptlib.files.origin import Origin, read_origin
from promptlib.ledger.state import LedgerRow
from promptlib.plan.refusals import (
    require_agreement,
    require_known,
    require_ours,
    require_writable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from promptlib.adopt.tool_history import ToolHistory
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.status import Status

_FLYWAY = "flyway"


def imported_origins(files: MigrationFiles) -> dict[str, Origin]:
    """Where the files came from that were imported, by our version."""
    found = {version: read_origin(files[version].up.source) for version in files}
    return {version: origin for version, origin in found.items() if origin}


def find_tool_adoption(found: Status, history: ToolHistory) -> Adoption:
    """What there is to take over.

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
    ran = [*_executed(files, origins, history)]
    if found.ledger.exists and {*ran} <= {*ours}:
        raise NothingToAdoptError(
            f"there is nothing to adopt: the ledger has all that {history.table} says"
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


def _executed(
    files: MigrationFiles, origins: Mapping[str, Origin], history: ToolHistory
) -> Iterator[str]:
    """Our versions of what ran, oldest first."""
    there = {each.version for each in history.ran}
    if history.is_newest:
        yield from _up_to(files, origins, history)
        return
    for version, origin in origins.items():
        if _is_below_baseline(origin, history) or there.issuperset(origin.versions):
            yield version
        elif not there.isdisjoint(origin.versions):
            raise _partly_ran(files, version, origin, there)


def _up_to(files: MigrationFiles, origins: Mapping[str, Origin], history: ToolHistory) -> list[str]:
    """All up to the only version that the tool keeps."""
    named = [each.version for each in history.ran]
    if not named:
        return []
    ours = [version for version, origin in origins.items() if named[0] in origin.versions]
    shown = printable_line(", ".join(named))
    if len(named) > 1:
        raise PlanRefusedError(
            f"{history.table} names {shown}: branches that were not merged",
            f"bring the database to one head with {history.tool} first",
        )
    if not ours:
        raise PlanRefusedError(
            f"{history.table} is at {shown}, and no file in {display_path(files.folder)} says that "
            "it was imported from that",
            f"import the newest migrations first: promptlib import {history.tool} DIR",
        )
    return [version for version in origins if version <= ours[0]]


def _is_below_baseline(origin: Origin, history: ToolHistory) -> bool:
    """Whether Flyway counts a migration as run because its baseline is newer."""
    if history.tool != _FLYWAY or not history.baseline:
        return False
    return version_numbers(origin.versions[-1]) <= version_numbers(history.baseline)


def _partly_ran(
    files: MigrationFiles, version: str, origin: Origin, there: Collection[str]
) -> PlanRefusedError:
    lacking = [each for each in origin.versions if each not in there]
    return PlanRefusedError(
        f"stands for {len(origin.versions)} migrations of {origin.tool}, of which "
        f"{printable_line(', '.join(lacking))} did not run here",
        f"run these with {origin.tool} first",
        place=display_path(files[version].path),
    )
