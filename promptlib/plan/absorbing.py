"""Rows of migrations that a squashed one replaces count as that one's. Pure."""

from __future__ import annotations

from promptlib.core.errors import MissingMigrationError, display_path
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from promptlib.core.errors import PlanRefusedError
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


def replaced_in_part(
    version: str, files: MigrationFiles, ledger: Ledger
) -> PlanRefusedError | None:
    """The error for a migration that another one replaces with what did not run here so."""
    ran = {each: row.checksum for each, row in ledger.ours.items()}
    for one, replaced in files.replaced.items():
        if version in replaced.versions and (rest := replaced.differing(ran)):
            place = display_path(files[one].path)
            lacking, edited = (
                [each for each in rest if (each in ran) is there] for there in (False, True)
            )
            told = [
                *([f"{', '.join(lacking)} did not run here"] * bool(lacking)),
                *([f"{', '.join(edited)} ran here as something else"] * bool(edited)),
            ]
            return MissingMigrationError(
                f"{place} replaces what ran here by more or something else: {'; '.join(told)}",
                "deploy from the files as they were before that, up to "
                f"{one}, with these as they are replaced; then go on",
            )
    return None
