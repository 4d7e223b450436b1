"""Rows of migrations that a squashed one replaces count as that one's. Pure."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from promptlib.ledger.state import Ledger
    from promptlib.plan.reading import MigrationFiles


def absorb_replaced(files: MigrationFiles, ledger: Ledger) -> Ledger:
    """What the ledger would say if the migrations that have files were those that ran.

    Where something else ran than a file says that it replaces, its rows stay as they are.

    Args:
        files: the migrations, which have been read.
        ledger: what the database remembers.
    """
    for version in files.replaced:
        ledger = _absorb(files, ledger, version)
    return ledger


def _absorb(files: MigrationFiles, ledger: Ledger, version: str) -> Ledger:
    replaced, rows = files.replaced[version], {**ledger.rows}
    row, checksum = rows.get(version), files.checksums.get(version)
    if not row or row.is_foreign or not checksum:
        return ledger
    if row.checksum != checksum:
        if replaced.differing({each: ours.checksum for each, ours in ledger.ours.items()}):
            return ledger
        file = files[version]
        rows[version] = row._replace(
            name=file.name.replace("_", " "), checksum=checksum, down=file.down.checksum
        )
    for each in replaced.versions - {version}:
        if each not in files:
            rows.pop(each, None)
    return ledger._replace(rows=rows)
