"""What the ledger says once somebody has declared where a database stands."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.ledger.tables import DOWN, UP, LedgerSql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.plan.status import Status

_OUTCOME = "stamped"


class Declaration(NamedTuple):
    """Where a database stands from then on.

    Attributes:
        version: the current revision, or nothing.
        executed: migrations that count as executed, which did not.
        pending: migrations that count as pending, which did not.
    """

    version: str
    executed: list[str]
    pending: list[str]


def declare_version(status: Status, version: str) -> Declaration:
    """Everything up to a version counts as executed, and everything after it as pending."""
    rows = status.ledger.rows
    ours = {each for each, row in rows.items() if not row.is_foreign}
    # The predecessor's rows are foreign too, but their migrations are ours.
    known = {*ours, *status.files}
    return Declaration(
        version,
        [each for each in status.files if each <= version and each not in ours],
        [each for each in rows if each > version and each in known],
    )


def stamp_statements(status: Status, declared: Declaration) -> Iterator[str]:
    """The SQL that writes it: ledger and alembic_version; sections that were cut off are closed."""
    sql = LedgerSql(status.ledger.names)
    if declared.executed:
        yield sql.took_over(status.files.parse(declared.executed), _OUTCOME)
    if declared.pending:
        squashed = status.files.replaced
        replaced = (squashed[each].versions for each in declared.pending if each in squashed)
        yield sql.forgotten(sorted({*declared.pending}.union(*replaced)), _OUTCOME)
    for half in status.ledger.half_done:
        if half.version not in (*declared.executed, *declared.pending):
            direction = UP if half.version <= declared.version else DOWN
            yield sql.declared(half.version, direction, _OUTCOME)
    yield sql.moved(declared.version)
