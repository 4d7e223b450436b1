"""Steps that would make, alter or drop a table of the ledger are refused before anything runs."""

from __future__ import annotations

from promptlib.core.errors import LedgerError, PromptlibError, combine_errors
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.names import USUAL_SCHEMAS, ledger_words
from promptlib.ledger.protection import may_change_ledger, require_ledger_spared
from promptlib.ledger.repeatable import repeatable_version
from promptlib.ledger.tables import DOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptlib.ledger.names import LedgerNames
    from promptlib.plan.reading import MigrationFiles


def require_ledger_spared_by(
    files: MigrationFiles,
    steps: Iterable[tuple[str, str]],
    names: LedgerNames,
    schemas: Sequence[str] = USUAL_SCHEMAS,
) -> None:
    """Refuse steps that make, alter or drop a table of the ledger, before anything runs.

    Args:
        files: the migrations.
        steps: version and direction of each; what has no file is passed over. Before an UP runs
            its DOWN is looked at, too.
        names: of the ledger's tables.
        schemas: where names without a schema are looked up.

    Raises:
        LedgerError: naming file, line and column.
    """
    found: list[PromptlibError] = []
    repeatable = {repeatable_version(each.name): each for each in files.repeatable}
    words = ledger_words(names)
    for version, direction in steps:
        again = repeatable.get(version)
        file = None if again else files.get(version)
        if again:
            path, sections = str(again.path), [again.section]
        elif file:
            path, sections = file.where, [file.up, file.down][direction == DOWN :]
        else:
            continue
        if may_change_ledger(sections[0].source, words):
            try:
                require_ledger_spared(path, sections, names, schemas)
            except LedgerError as error:
                found.append(error)
    if found:
        raise combine_errors(found)
