"""Where a database stands, made up: files in a folder, and what its ledger would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
from promptlib.ledger.tables import ADDED, ADDED_TO_EVENTS, RECORDED
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import Status, compare_status

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n"
_COLUMNS = frozenset(("id", "name", "executed_at", "checksum", *ADDED))


def version(number: int) -> str:
    """The version of 14 digits that a number stands for; 0: base."""
    return f"202501010000{number:02}" if number else ""


def status(  # noqa: PLR0913 - each is a fact of its own
    folder: Path,
    files: str,
    ran: str,
    current: int = 0,
    *half: tuple[int, str],
    edited: str = "",
    foreign: str = "",
    beside: tuple[str, ...] = (),
    ran_as: str = "x",
    is_replica: bool = False,
) -> Status:
    """Where a database stands, by the last digits of versions.

    Args:
        folder: where the files are written.
        files: the migrations that have one.
        ran: those of which the ledger has a row.
        current: the current revision.
        half: sections that were cut off behind their first statement.
        edited: those of which another UP section ran.
        foreign: those whose row another program wrote.
        beside: what else alembic_version names.
        ran_as: the name of all that ran.
        is_replica: whether the server takes no writes.
    """
    for digit in files:
        (folder / f"{version(int(digit))}_x.sql").write_text(_TEXT)
    sources = MigrationFiles(folder)
    made = next(iter(sources.values()))
    rows = {
        version(int(digit)): LedgerRow(
            version(int(digit)),
            ran_as,
            "another" if digit in edited else made.up.checksum,
            None if digit in foreign else made.down.checksum,
        )
        for digit in ran
    }
    ledger = Ledger(
        schema="public",
        current=(*beside, *([version(current)] if current else [])),
        rows=rows,
        half_done=tuple(
            HalfDone(1, version(number), direction, "failed", 1, "", 1)
            for number, direction in half
        ),
        columns=_COLUMNS,
        has_version_table=True,
        events=RECORDED | {*ADDED_TO_EVENTS},
        is_replica=is_replica,
        has_deploys=True,
    )
    return compare_status(sources, ledger)
