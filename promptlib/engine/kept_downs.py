"""DOWN sections that the ledger keeps: found, read, shown, and run only where somebody agreed.

Whoever may write the ledger may have written them, and they run as whoever deploys.
"""

from __future__ import annotations

from promptlib.core.errors import (
    ChangedMeanwhileError,
    KeptDownError,
    LedgerError,
    LexicalError,
    MissingMigrationError,
    combine_errors,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable
from promptlib.core.remedies import REPAIR, CommandLine, Remedy
from promptlib.files.parser import parse_section
from promptlib.ledger.protection import require_ledger_spared
from promptlib.ledger.tables import EQUALS, LedgerSql
from promptlib.syntax.lexemes import quote_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.files.section import Section
    from promptlib.plan.status import Status

_RUN_KEPT = CommandLine("rollback", kept_down=True)


class KeptDown(NamedTuple):
    """A DOWN section of the ledger's.

    Attributes:
        version: of its migration.
        path: where its file is, or was.
        text: the marker and what stands behind it.
        section: what that means.
        is_edited: whether there is a file, with another DOWN section.
    """

    version: str
    path: Path
    text: str
    section: Section
    is_edited: bool

    @property
    def why(self) -> str:
        """Why it is not the file's that runs."""
        return _why(is_edited=self.is_edited)

    def lines(self) -> list[str]:
        """The text as it stands, in lines that show each character of it."""
        lines = self.text.rstrip("\n").split("\n")
        return ["  | " + printable(line, "\t") for line in lines]


def _is_kept(status: Status, version: str) -> bool:
    row = status.ledger.rows.get(version)
    if row is None or status.files.checksums.get(version) == row.checksum:
        return False
    # Where only UP was edited there is nothing to choose from: the file's runs.
    return version not in status.files or status.files[version].down.checksum != row.down


def find_kept_downs(cursor: Cursor, status: Status, versions: Iterable[str]) -> dict[str, KeptDown]:
    """Read the DOWN sections that come from the ledger, by version.

    Args:
        cursor: on any connection to the database; nothing is asked where there are none.
        status: the database and the files.
        versions: of the migrations that are taken back.

    Raises:
        MissingMigrationError: when the ledger keeps none.
        LedgerError: when what it keeps is none, or would drop the ledger.
    """
    kept = [version for version in versions if _is_kept(status, version)]
    if not kept:
        return {}
    table = LedgerSql(status.ledger.names).migrations
    cursor.execute(f"SELECT id, down_sql FROM {table} WHERE id {EQUALS} ANY ({quote_array(kept)})")
    texts = dict(cursor.fetchall())
    found = {version: _kept(status, version, texts.get(version), table) for version in kept}
    for each in found.values():
        names, schemas = status.ledger.names, status.ledger.path
        require_ledger_spared(each.path, [each.section], names, schemas)
    return found


def _kept(status: Status, version: str, text: str | None, table: str) -> KeptDown:
    is_edited = version in status.files
    path = status.files.path(version, status.ledger.rows[version].file_name)
    if not text:
        raise MissingMigrationError(
            f"{_why(is_edited=is_edited)}, and the ledger has no DOWN section of it",
            "restore it",
            place=display_path(path),
        )
    try:
        return KeptDown(version, path, text, parse_section(text), is_edited)
    except LexicalError as error:
        raise LedgerError(
            f"the DOWN section that the ledger keeps is not one of promptlib's: {error.what}",
            f"restore the file, or write its DOWN section into {table}",
            place=display_path(path),
        ) from None


def _why(*, is_edited: bool) -> str:
    return "is not what ran here, says the ledger" if is_edited else "is gone"


def describe_kept_downs(found: Iterable[KeptDown]) -> Iterator[str]:
    """Show what would run, line by line."""
    for each in found:
        place = display_path(each.path)
        yield f"{place}: {each.why}: running the DOWN section that the ledger keeps:"
        yield from each.lines()


def refuse_kept_downs(found: Iterable[KeptDown]) -> KeptDownError:
    """The error that shows what would run, and asks for somebody's word."""
    found = list(found)
    refused = combine_errors(map(_refusal, found))
    assert isinstance(refused, KeptDownError)
    refused.sections = {each.version: each.text for each in found}
    return refused


def _refusal(kept: KeptDown) -> KeptDownError:
    what = f"{kept.why}, and the ledger keeps this DOWN section of what ran"
    if kept.is_edited:
        what = f"{kept.why}, which keeps this DOWN section of what did"
        remedy = Remedy(
            "which DOWN section is right? the ledger's: {}; the file's: accept the file as it is, "
            "{}, then run it again",
            _RUN_KEPT,
            REPAIR,
        )
    else:
        remedy = Remedy("if that is right, run it: {}; or restore the file", _RUN_KEPT)
    return KeptDownError(what, remedy, place=display_path(kept.path), notes=kept.lines())


def require_agreed(
    found: Mapping[str, KeptDown], agreed: Mapping[str, str] | None, settings: Settings
) -> None:
    """Refuse DOWN sections of the ledger's that nobody has agreed to.

    Args:
        found: by version.
        agreed: the texts that somebody has seen and agreed to; None: nobody was asked.
        settings: of the deploy.

    Raises:
        KeptDownError: showing them.
        ChangedMeanwhileError: when they are others than those that somebody agreed to.
    """
    if agreed is None:
        if found and not settings.runs_kept_down:
            raise refuse_kept_downs(found.values())
    elif agreed != {version: each.text for version, each in found.items()}:
        raise ChangedMeanwhileError(
            "the DOWN sections that the ledger keeps have changed meanwhile, so none has run",
            "run it again",
        )
