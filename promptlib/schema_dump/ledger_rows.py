"""The ledger as SQL that makes it in another database: its tables, and a row for all that ran.

When, how long and as whom they ran is left out: that is of one database, not of the schema. So are
the texts that ran: the files have them.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.repeatable import repeatable_version
from promptlib.ledger.tables import LedgerSql, Move
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptlib.ledger.repeatable import RepeatableRow
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.status import Status

_EVENTS = "version, direction, started_at, finished_at, outcome"
_NOW = "pg_catalog.now()"


def ledger_statements(found: Status) -> Iterator[str]:
    """Yield what makes the ledger say elsewhere what it says here.

    Args:
        found: the database and the files.
    """
    sql = LedgerSql(found.ledger.names)
    yield sql.create()
    yield sql.create_version()
    rows = recorded_checksums(found)
    if rows:
        names = {version: found.rows[version].name.replace("_", " ") for version in rows}
        yield _rows(sql, rows, names)
        yield (
            f"INSERT INTO {sql.events} ({_EVENTS})\n"
            f"SELECT id, 'up', {_NOW}, {_NOW}, 'stamped' FROM {sql.migrations} ORDER BY id;"
        )
    if found.ledger.repeatable:
        yield _repeatable_rows(sql, found.ledger.repeatable)
    for version in found.ledger.current:
        yield Move("", version).sql(sql.version)


def _repeatable_rows(sql: LedgerSql, rows: Mapping[str, RepeatableRow]) -> str:
    lines = (
        f"    ({quote_literal(repeatable_version(name))}, 'up', {_NOW}, {_NOW}, 'done',"
        f" {quote_literal(row.checksum)})"
        for name, row in sorted(rows.items())
    )
    columns = f"{_EVENTS}, statements_checksum"
    return f"INSERT INTO {sql.events} ({columns}) VALUES\n" + ",\n".join(lines) + ";"


def recorded_checksums(found: Status) -> dict[str, tuple[str, str]]:
    """The checksums of what ran, UP and DOWN, by version."""
    return {
        version: (row.checksum, _down_checksum(found, row))
        for version, row in sorted(found.ledger.ours.items())
    }


def _down_checksum(found: Status, row: LedgerRow) -> str:
    """That of the ledger; where an early version of promptlib kept none, the file's."""
    known = row.version in found.files
    return row.down or (found.files[row.version].down.checksum if known else "")


def _rows(sql: LedgerSql, rows: Mapping[str, tuple[str, str]], names: Mapping[str, str]) -> str:
    lines: Iterable[str] = (
        f"    ({', '.join(map(quote_literal, (version, names[version])))}, NULL,"
        f" '{up}', '{down}', '')"
        for version, (up, down) in rows.items()
    )
    columns = "id, name, executed_at, checksum, down_checksum, down_sql"
    return f"INSERT INTO {sql.migrations} ({columns}) VALUES\n" + ",\n".join(lines) + ";"
