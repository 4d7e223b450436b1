"""Makes the ledger's tables where they are not."""

from __future__ import annotations

import psycopg2
from psycopg2 import errors

from promptlib.core.errors import LedgerError
from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.names import MIGRATIONS
from promptlib.ledger.tables import LedgerSql
from promptlib.ledger.trust import elsewhere, trusted_tables

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from promptlib.ledger.state import Ledger


def make_ledger(cursor: Cursor, found: Ledger) -> Ledger:
    """Make the tables where they are not.

    Args:
        cursor: on the connection of the deploy.
        found: what was read.

    Returns:
        what would be read then; `found` itself, where nothing was written.

    Raises:
        LedgerError: naming the tables, when they may not be made, or a stranger made them first.
    """
    tables = LedgerSql(found.names)
    sql = [] if found.has_schema else [tables.create_schema()]
    if not found.exists:
        sql.append(tables.create(extend=bool(found.columns or found.events)))
    if not found.has_version_table:
        sql.append(tables.create_version())
    try:
        for each in sql:
            cursor.execute(each)
        if sql:
            trusted_tables(cursor, found.names)  # a stranger may have been quicker
    except psycopg2.Error as error:
        if refused := _unmakeable(error, found):
            raise refused from error
        raise
    return found.with_tables() if sql else found


def _unmakeable(error: psycopg2.Error, found: Ledger) -> LedgerError | None:
    """Why the tables cannot be made, where that is a matter of rights or names."""
    remedy = next((remedy for kind, remedy in _UNMAKEABLE.items() if isinstance(error, kind)), "")
    if not remedy:
        return None
    schema = found.schema or "that the search_path names"
    what = f"the tables {', '.join(found.names.tables)} cannot be made in the schema {schema}"
    if not found.has_schema:
        what = f"the schema {schema} of the ledger, which is not there, cannot be made"
        if isinstance(error, errors.InsufficientPrivilege):
            remedy = "let who may: CREATE SCHEMA {schema} AUTHORIZATION the user in DATABASE_URL"
    said = error.diag.message_primary
    return LedgerError(f"{what}: {said}", remedy.replace("{schema}", schema))


_ANOTHER_SCHEMA = "create the schema, or name another one in version_table_schema"
_UNMAKEABLE: dict[type[psycopg2.Error], str] = {
    errors.InsufficientPrivilege: "GRANT CREATE ON SCHEMA {schema} to the user in DATABASE_URL, or "
    "let the owner deploy once",
    errors.InvalidSchemaName: _ANOTHER_SCHEMA,
    errors.ReservedName: "name another schema in version_table_schema",
    # A type, say, whose name a table would need.
    errors.DuplicateObject: elsewhere(MIGRATIONS),
}
