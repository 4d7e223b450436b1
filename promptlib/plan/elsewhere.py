"""What another tool ran of the migrations that were imported from it: nothing shall run twice."""

from __future__ import annotations

from promptlib.core.errors import NotAdoptedError, PlanRefusedError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line
from promptlib.core.remedies import ADOPT, Remedy
from promptlib.files.origin import Origin, read_origin
from promptlib.ledger.history import read_undone
from promptlib.ledger.tool_history import find_tables, read_history, version_numbers
from promptlib.ledger.tool_tables import TOOL_TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.tool_history import ToolHistory
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.status import Status

_FLYWAY = "flyway"


def imported_origins(files: MigrationFiles) -> dict[str, Origin]:
    """Where the files came from that were imported, by our version."""
    found = {version: read_origin(files[version].up.source) for version in files}
    return {version: origin for version, origin in found.items() if origin}


def imported_from(status: Status, tools: Collection[str]) -> str:
    """The one of some tools that migrations were imported from, or nothing.

    Args:
        status: the database and the files.
        tools: which; empty: those whose tables are there.
    """
    left = {each.tool for each in TOOL_TABLES if each.name in status.ledger.others}
    origins = (read_origin(status.files[each].up.source) for each in sorted(status.files.imported))
    return next((each.tool for each in origins if each and each.tool in (tools or left)), "")


def require_not_run_elsewhere(cursor: Cursor, status: Status, versions: Iterable[str]) -> None:
    """Refuse to run what a tool says that it ran here, which may go on beside us.

    Args:
        cursor: on any connection.
        status: the database and the files.
        versions: what is to run.

    Raises:
        PromptlibError: saying how to take it over; or where it is not clear what ran.
    """
    files = status.files
    fresh = files.imported.intersection(versions) - status.ledger.ours.keys()
    if not fresh:
        return
    origins = imported_origins(files)
    tools = {origins[each].tool for each in fresh & origins.keys()} - {"alembic"}  # ours, too
    undone = read_undone(cursor, status.ledger, fresh)
    for table in find_tables(cursor):
        if table.tool not in tools:
            continue
        its = {each: origin for each, origin in origins.items() if origin.tool == table.tool}
        ran = executed_elsewhere(files, its, read_history(cursor, table))
        if again := [each for each in ran if each in fresh - undone]:
            raise NotAdoptedError(
                f"{table.tool} has run {', '.join(again)} here, as {printable_line(table.name)} "
                "says",
                Remedy("take that over, then go on: {}", ADOPT),
            )


def executed_elsewhere(
    files: MigrationFiles, origins: Mapping[str, Origin], history: ToolHistory
) -> Iterator[str]:
    """Our versions of what ran, oldest first.

    Args:
        files: the migrations.
        origins: of those that were imported from that tool.
        history: what its table says.

    Raises:
        PlanRefusedError: where it is not clear what ran.
    """
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
