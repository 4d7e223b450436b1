"""What another tool's table says of a database: which of its versions ran, and what went wrong."""

from __future__ import annotations

import re

from psycopg2 import errors

from promptlib.core.errors import LedgerError, NothingToAdoptError, PlanRefusedError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable_line
from promptlib.ledger.tool_tables import TOOL_TABLES
from promptlib.ledger.trust import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from psycopg2.extensions import cursor as Cursor

_PLAIN_TABLE = "r"
_FIND = f"""
    WITH RECURSIVE {ROLES}
    SELECT pg_catalog.format('%%I.%%I', nspname, relname), relname, relkind,
           pg_catalog.pg_get_userbyid(relowner),
           EXISTS (SELECT FROM trusted WHERE role OPERATOR(pg_catalog.=) relowner),
           (SELECT pg_catalog.min(pg_catalog.format('%%s, which belongs to %%I',
                       pg_catalog.format_type(t.oid, NULL), pg_catalog.pg_get_userbyid(typowner)))
              FROM pg_catalog.pg_attribute
              JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) atttypid
             WHERE attrelid OPERATOR(pg_catalog.=) c.oid
               AND NOT EXISTS (SELECT FROM trusted WHERE role OPERATOR(pg_catalog.=) typowner)),
           pg_catalog.row_security_active(c.oid),
           ARRAY(SELECT attname::pg_catalog.text FROM pg_catalog.pg_attribute
                  WHERE attrelid OPERATOR(pg_catalog.=) c.oid
                    AND attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) relnamespace
     WHERE (c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%(named)s)
            OR %(named)s IS NULL AND relname OPERATOR(pg_catalog.=) ANY (%(names)s)
               AND pg_catalog.pg_table_is_visible(c.oid))
     ORDER BY 1
"""
_NO_STRANGER = (
    "who is neither this user, nor a role of his, nor the database's owner, nor a superuser"
)
_OTHER_TABLE = "name the table that it shows: --table"
_AS_OWNER = "adopt as its owner, or as a member of that role"
_TYPES = "let its columns have types of the server's own"
_UNBOUND = "adopt as a user whom they do not bind"
_NUMBER = re.compile(r"\d+")


class RanElsewhere(NamedTuple):
    """A version that ran, as its tool calls it; and when, as ISO 8601 in UTC, if that is known."""

    version: str
    executed_at: str | None = None


class ToolHistory(NamedTuple):
    """What a tool's table says.

    Attributes:
        tool: whose it is.
        table: its name, quoted where it has to be.
        ran: the versions that ran, in the tool's order.
        is_newest: whether only the newest is kept: all before it ran as well.
        baseline: the version up to which all counts as run, whatever the rows say; or nothing.
    """

    tool: str
    table: str
    ran: tuple[RanElsewhere, ...]
    is_newest: bool = False
    baseline: str = ""


class _Row(NamedTuple):
    """A row of a tool's table; `kind` is what else it keeps."""

    version: str | None
    executed_at: str | None
    went_well: bool
    kind: str | None


class FoundTable(NamedTuple):
    """A table of a tool's, as the server describes it.

    Attributes:
        tool: whose it is.
        name: quoted where it has to be.
        query: that reads it.
        refusal: why it must not be read: what it says would be believed.
    """

    tool: str
    name: str
    query: str
    refusal: LedgerError | None = None


def find_tables(cursor: Cursor, named: str | None = None) -> list[FoundTable]:
    """The tables of tools that a database has, in the schemas of the search_path.

    Args:
        cursor: on any connection.
        named: the only one to look at, where it is not called as usual.

    Raises:
        LedgerError: where the one that was named is not there.
    """
    found: list[FoundTable] = []
    for table in _described(cursor, named):
        tools = [each for each in TOOL_TABLES if (named or each.name == table.plain_name)]
        found += [
            FoundTable(each.tool, table.name, each.query(table.name), _distrust(table))
            for each in tools
            if each.has(table.columns)
        ]
    if named and not found:
        raise LedgerError(
            f"there is no table {printable_line(named)} with the columns of a migration tool's",
            "name it as SQL does, with its schema where the search_path does not lead there",
        )
    return found


class _Described(NamedTuple):
    """What may be a tool's table."""

    name: str
    plain_name: str
    kind: str
    owner: str
    is_trusted: bool
    type_of_others: str | None
    hides_rows: bool
    columns: list[str]


def _described(cursor: Cursor, named: str | None) -> list[_Described]:
    """What may be a tool's table; nothing for a name that can be none."""
    names = sorted({each.name for each in TOOL_TABLES})
    try:
        cursor.execute(_FIND, {"named": named, "names": names})
    except (errors.SyntaxError, errors.InvalidName, errors.FeatureNotSupported):
        return []
    return [_Described(*row) for row in cursor.fetchall()]


def _distrust(table: _Described) -> LedgerError | None:
    """Why a table may say what somebody likes, or run functions of his; None: it does not."""
    name, why = printable_line(table.name), ""
    if table.kind != _PLAIN_TABLE:
        why, remedy = "is no table, so what it says may be anybody's", _OTHER_TABLE
    elif not table.is_trusted:
        why, remedy = f"belongs to {printable_line(table.owner)}, {_NO_STRANGER}", _AS_OWNER
    elif table.type_of_others:
        type_ = printable_line(table.type_of_others)
        why, remedy = f"rests on the type {type_}, so to read it may run functions of his", _TYPES
    elif table.hides_rows:
        why, remedy = "has policies, which may hide rows from this user", _UNBOUND
    return LedgerError(f"{name} {why}", remedy) if why else None


def read_history(cursor: Cursor, table: FoundTable) -> ToolHistory:
    """Read what a tool's table says.

    Raises:
        LedgerError: where that is not to be believed.
        PlanRefusedError: where its last migration failed, or is half done.
    """
    if table.refusal:
        raise table.refusal
    cursor.execute(table.query)
    rows = [_Row(*row) for row in cursor.fetchall()]
    _require_well(table, rows)
    ran, baseline = _READ.get(table.tool, _read_rows)(rows)
    is_newest = table.tool in ("golang-migrate", "alembic")
    return ToolHistory(table.tool, table.name, tuple(ran), is_newest, baseline)


def _require_well(table: FoundTable, rows: Iterable[_Row]) -> None:
    if failed := [str(row.version) for row in rows if not row.went_well]:
        raise PlanRefusedError(
            f"{printable_line(table.name)} says that {printable_line(', '.join(failed))} failed, "
            f"and nobody knows how far it came",
            f"mend that with {table.tool} first: what ran, and what its table says",
        )


_Read = tuple[list[RanElsewhere], str]


def _read_rows(rows: Sequence[_Row]) -> _Read:
    """A row for each that ran."""
    return [RanElsewhere(row.version, row.executed_at) for row in rows if row.version], ""


def _read_goose(rows: Sequence[_Row]) -> _Read:
    """The last row of each version counts; 0 is the table itself."""
    ran: dict[str, RanElsewhere] = {}
    for row in rows:
        version = str(row.version)
        ran.pop(version, None)
        if row.kind == "true" and version != "0":
            ran[version] = RanElsewhere(version, row.executed_at)
    return [*ran.values()], ""


def _read_flyway(rows: Sequence[_Row]) -> _Read:
    """Rows of repeatable migrations have no version; some take others back."""
    ran: dict[str, RanElsewhere] = {}
    baseline = ""
    for row in rows:
        if not row.version:
            continue
        kind = str(row.kind)
        if "BASELINE" in kind:
            baseline = row.version
        elif kind.startswith("UNDO") or kind == "DELETE":
            ran.pop(row.version, None)
        else:
            ran[row.version] = RanElsewhere(row.version, row.executed_at)
    return [*ran.values()], baseline


_READ: Mapping[str, Callable[[Sequence[_Row]], _Read]] = {
    "goose": _read_goose,
    "flyway": _read_flyway,
}


def choose_table(
    found: Sequence[FoundTable], known: Iterable[str], wanted: str | None
) -> FoundTable | None:
    """The table to take over: of the tool that was named, or that files were imported from.

    Args:
        found: the tables that are there.
        known: the tools that files say they were imported from.
        wanted: the tool that somebody named, or None.

    Returns:
        None, where no file was imported from a tool whose table is there.

    Raises:
        NothingToAdoptError: where the tool that was named left no table.
        PlanRefusedError: where several tools are meant.
    """
    tools = {wanted} if wanted else {*known}
    candidates = [each for each in found if each.tool in tools]
    if wanted and not candidates:
        there = ", ".join(sorted({f"{each.tool}'s {each.name}" for each in found}))
        raise NothingToAdoptError(
            f"there is nothing to adopt: {wanted} left no table in a schema of the search_path",
            f"there is {printable_line(there)}" if there else "name its table: --table",
        )
    if len({each.tool for each in candidates}) > 1:
        names = ", ".join(sorted({each.tool for each in candidates}))
        raise PlanRefusedError(f"several tools left a table: {names}", "say which: --from TOOL")
    if len(candidates) > 1:
        names = printable_line(", ".join(each.name for each in candidates))
        raise PlanRefusedError(f"several tables are there: {names}", "say which: --table NAME")
    return candidates[0] if candidates else None


def version_numbers(version: str) -> list[int]:
    """A version as tools with dots compare it."""
    found = [int(each) for each in _NUMBER.findall(version)]
    while len(found) > 1 and not found[-1]:
        found.pop()
    return found
